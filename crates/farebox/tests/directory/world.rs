//! A server, and requests to it.

use super::common::{Demo, farebox};
use super::provider::Provider;
use farebox_net::{ClientOptions, http_client};
use farebox_testing::TestDatabase;
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// The networks of this machine, where providers are.
pub const LOCAL: &str = "[\"127.0.0.0/8\", \"::1/128\"]";
/// How long something that happens beside the requests may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct World {
    pub url: String,
    pub admin_secret: String,
    http: reqwest::Client,
    _server: Server,
    _folder: tempfile::TempDir,
    // Dropped after the server that uses it.
    _database: TestDatabase,
}

#[expect(dead_code, reason = "they end when they go")]
enum Server {
    Demo(Demo),
    Plain(Plain),
}

/// A server without play money, and with nothing listed.
struct Plain(Child);

impl Plain {
    /// With its address.
    fn start(data: &Path, variables: &[(&str, &str)]) -> (Self, String) {
        let mut command = farebox();
        command.envs(variables.iter().copied()).args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
        ]);
        let command = command.arg(data).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let pages = lines.find_map(|line| Some(line.strip_prefix("  pages")?.trim().to_owned()));
        let url = pages.expect("the server did not start").trim_end_matches('/').to_owned();
        assert!(lines.any(|line| line.contains("No wallet is set")));
        (Self(child), url)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json
    }

    /// The code of an error.
    #[track_caller]
    pub fn refused(self, status: u16) -> String {
        self.expect(status)["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// What a claim of a domain gave its owner.
pub struct Owner {
    pub domain: String,
    pub token: String,
}

impl Owner {
    /// A body with these fields and the owner's credentials.
    pub fn body(&self, fields: Value) -> Value {
        let mut body = fields;
        body["domain"] = self.domain.as_str().into();
        body["verification_token"] = self.token.as_str().into();
        body
    }
}

pub fn http() -> reqwest::Client {
    let options = ClientOptions {
        user_agent: "farebox-test".to_owned(),
        connect_timeout: Duration::from_secs(10),
        read_timeout: Duration::from_secs(60),
        insecure_tls: false,
        certificate: None,
        system_proxy: false,
    };
    http_client(&options).unwrap()
}

impl World {
    /// A demo on this database that counts no requests; providers may be on this machine.
    pub fn on(database: TestDatabase) -> Self {
        Self::start(database, LOCAL, |folder, variables| {
            let demo = Demo::start_in(folder, &[], variables);
            let url = demo.url.clone();
            (Server::Demo(demo), url, "demo/admin.secret")
        })
    }

    /// A server that reaches public addresses alone.
    pub fn public_on(database: TestDatabase) -> Self {
        Self::allowing_on("[]", database)
    }

    /// A server that reaches public addresses and these.
    pub fn allowing_on(addresses: &str, database: TestDatabase) -> Self {
        Self::start(database, addresses, |folder, variables| {
            let (server, url) = Plain::start(folder, variables);
            (Server::Plain(server), url, "admin.secret")
        })
    }

    /// The same, which asks this name server.
    pub fn resolving_on(addresses: &str, name_server: SocketAddr, database: TestDatabase) -> Self {
        let name_server = name_server.to_string();
        Self::start(database, addresses, |folder, variables| {
            let resolving = [("FAREBOX_DIRECTORY__NAME_SERVER", name_server.as_str())];
            let variables: Vec<_> = variables.iter().copied().chain(resolving).collect();
            let (server, url) = Plain::start(folder, &variables);
            (Server::Plain(server), url, "admin.secret")
        })
    }

    /// A server that counts requests.
    pub fn counting_on(database: TestDatabase) -> Self {
        Self::start(database, "[]", |folder, variables| {
            let limits = [("FAREBOX_LIMITS__ENABLED", "true")];
            let variables: Vec<_> = variables.iter().copied().chain(limits).collect();
            let (server, url) = Plain::start(folder, &variables);
            (Server::Plain(server), url, "admin.secret")
        })
    }

    fn start(
        database: TestDatabase,
        addresses: &str,
        start: impl FnOnce(&Path, &[(&str, &str)]) -> (Server, String, &'static str),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut variables = vec![
            ("FAREBOX_LIMITS__ENABLED", "false"),
            ("FAREBOX_DIRECTORY__ALLOW_ADDRESSES", addresses),
        ];
        variables.extend(database.postgres_url().map(|url| ("FAREBOX_STORE__POSTGRES", url)));
        let (server, url, secret) = start(folder.path(), &variables);
        let admin_secret = std::fs::read_to_string(folder.path().join(secret)).unwrap();
        let admin_secret = admin_secret.trim().to_owned();
        Self {
            url,
            admin_secret,
            http: http(),
            _server: server,
            _folder: folder,
            _database: database,
        }
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Answer { status, headers, text, json }
    }

    /// The same without headers, with parts of its own.
    pub async fn send_to(&self, method: Method, path: String, body: Value) -> Answer {
        self.send(method, &path, &[], Some(&body)).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(&body)).await
    }

    pub async fn as_admin(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {}", self.admin_secret);
        self.send(method, path, &[("authorization", &bearer)], body).await
    }

    /// Open questions to the admin about a listing.
    pub async fn questions(&self, listing_id: &str) -> Vec<Value> {
        let queue = self.as_admin(Method::GET, "/admin/api/review?limit=200", None).await;
        let items = queue.expect(200)["items"].as_array().unwrap().clone();
        items.into_iter().filter(|item| item["listing_id"] == listing_id).collect()
    }

    /// The admin says yes.
    pub async fn approve(&self, question: &Value) -> Value {
        let path = format!("/admin/api/review/{}", question["id"]);
        self.as_admin(Method::POST, &path, Some(&json!({ "decision": "approve" })))
            .await
            .expect(200)
    }

    /// Registers a provider's API at a host, has it approved, and returns its id.
    pub async fn list(&self, provider: &Provider, host: &str) -> String {
        let body = json!({ "url": provider.url(host), "name": "Weather", "protocol": "L402" });
        let listed = self.post("/api/v1/register", body).await.expect(201);
        let id = listed["id"].as_str().unwrap().to_owned();
        for question in self.questions(&id).await {
            self.approve(&question).await;
        }
        id
    }

    /// Claims a host and proves it by the file.
    pub async fn own(&self, provider: &Provider, host: &str) -> Owner {
        let claim = self.post("/api/v1/claim", json!({ "domain": host })).await.expect(201);
        provider.publish(claim["verification_hash"].as_str().unwrap());
        self.post("/api/v1/claim/verify", json!({ "domain": host })).await.expect(200);
        let token = claim["verification_token"].as_str().unwrap().to_owned();
        Owner { domain: host.to_owned(), token }
    }
}

/// Asks until there is something.
pub async fn wait_for<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
