//! No address that a stranger names leads the server to a place that is not public.

use super::world::{Answer, LOCAL, World};
use http::Method;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use url::form_urlencoded;

/// Counts who connects to a private address of this machine.
struct Trap {
    port: u16,
    caught: Arc<AtomicUsize>,
}

impl Trap {
    /// On `127.0.0.2`, and where the machine has it on `::1`, at the same port.
    fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.2:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let caught = Arc::<AtomicUsize>::default();
        let more = TcpListener::bind(("::1", port)).into_iter();
        let more = more.chain(TcpListener::bind(("127.0.0.1", port)));
        for listener in std::iter::once(listener).chain(more) {
            let caught = Arc::clone(&caught);
            std::thread::spawn(move || {
                for _ in listener.incoming() {
                    caught.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        Self { port, caught }
    }

    fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/", self.port)
    }
}

/// Hosts that are this machine or a private network, in every way of writing them.
const PRIVATE: [&str; 22] = [
    "127.0.0.2",
    "127.2",
    "2130706434",
    "0x7f000002",
    "0x7f.0.0.2",
    "0177.0.0.2",
    "%31%32%37.0.0.2",
    "127。0。0。2",
    "１２７.0.0.2",
    "127.0.0.2.",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.2]",
    "[::ffff:7f00:2]",
    "[::127.0.0.2]",
    "[64:ff9b::127.0.0.2]",
    "[64:ff9b:1::7f00:2]",
    "[2002:7f00:2::1]",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "10.0.0.1",
];

/// Names that lead to this machine, or that no public DNS knows.
const NAMES: [&str; 5] =
    ["localhost", "LOCALHOST.", "api.localhost", "metadata.google.internal", "printer.local"];

/// What is no address to fetch at all.
const MALFORMED: [&str; 5] = [
    "file:///etc/passwd",
    "gopher://127.0.0.2/",
    "ftp://example.com/",
    "http://example.com@127.0.0.2/",
    "//127.0.0.2/",
];

#[tokio::test(flavor = "multi_thread")]
async fn private_places_are_refused_wherever_they_are_named() {
    for database in farebox_testing::databases() {
        let (world, trap) = (World::public_on(database), Trap::set());
        for host in PRIVATE {
            let url = trap.url(host);
            for (path, body) in fetching(&url) {
                assert_refused(world.post(path, body).await, "address_refused", path, &url);
            }
            assert_not_taken(&world, &url).await;
            assert_not_listed(&world, &url).await;
            let claim = world.post("/api/v1/claim", json!({ "domain": host })).await;
            assert_eq!(claim.refused(400), "invalid_domain", "{host}");
        }
        for host in NAMES {
            let url = trap.url(host);
            for (path, body) in fetching(&url) {
                assert_refused(world.post(path, body).await, "host_refused", path, &url);
            }
            assert_not_taken(&world, &url).await;
            assert_not_listed(&world, &url).await;
            let claim = world.post("/api/v1/claim", json!({ "domain": host })).await;
            assert_eq!(claim.refused(400), "invalid_domain", "{host}");
        }
        for url in MALFORMED {
            for (path, body) in fetching(url) {
                let refused = world.post(path, body).await.expect(400);
                assert_eq!(refused["error"]["parameters"], json!(["url"]), "{path} {url}");
            }
            assert_not_taken(&world, url).await;
            assert_not_listed(&world, url).await;
        }
        assert_eq!(trap.caught.load(Ordering::SeqCst), 0, "nobody came");
    }
}

/// Requests whose answer depends on what is at the address.
fn fetching(url: &str) -> [(&'static str, Value); 2] {
    let registration = json!({ "url": url, "name": "Trap", "protocol": "L402" });
    [("/api/v1/register", registration), ("/api/v1/validate", json!({ "url": url }))]
}

#[track_caller]
fn assert_refused(answer: Answer, code: &str, path: &str, url: &str) {
    let refused = answer.refused(422);
    assert_eq!(refused, code, "{path} {url}");
}

/// Not as a webhook either, and not by the admin's own import.
async fn assert_not_taken(world: &World, url: &str) {
    let secret = "0123456789abcdef";
    let hook = json!({ "url": url.replacen("http:", "https:", 1), "secret": secret });
    let refused = world.post("/api/v1/webhooks", hook).await.expect(400);
    assert_eq!(refused["error"]["parameters"], json!(["url"]), "{url}");
    let from: String = form_urlencoded::byte_serialize(url.as_bytes()).collect();
    let import = format!("/admin/api/import?format=jsonl&from={from}");
    let refused = world.as_admin(Method::POST, &import, None).await;
    assert!(matches!(refused.status, 400 | 502), "{url}: {}", refused.text);
    assert_ne!(refused.json["error"]["code"], Value::Null, "{url}");
}

/// Nobody is asked to pay for a listing of it, wherever in a submission it stands.
async fn assert_not_listed(world: &World, url: &str) {
    let public = "https://api.example.com/";
    let whole = submission(public);
    for pointer in
        ["/endpoints/0/url", "/endpoints/0/consumption/player_url", "/docs_url", "/health_url"]
    {
        let mut body = whole.clone();
        *body.pointer_mut(pointer).unwrap() = url.into();
        let refused = world.post("/api/submit", body).await.expect(400);
        assert_eq!(refused["error"]["code"], "invalid_submission", "{url}");
        assert_eq!(refused["error"]["parameters"], json!([pointer]), "{url}");
    }
    // It is the address that is refused: the submission as such would be sold.
    let offered = world.post("/api/submit", whole).await.refused(503);
    assert_eq!(offered, "payments_not_configured");
}

/// A submission with this URL wherever one can stand.
pub fn submission(url: &str) -> Value {
    json!({
        "name": "Trap",
        "description": "Leads somewhere.",
        "docs_url": url,
        "health_url": url,
        "endpoints": [{
            "url": url,
            "pricing": { "amount": 1, "currency": "sats" },
            "consumption": { "type": "browser", "player_url": url },
        }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_allowed_the_trap_catches() {
    let (world, trap) = (World::allowing_on(LOCAL, farebox_testing::sqlite()), Trap::set());
    for host in ["127.0.0.2", "localhost"] {
        let before = trap.caught.load(Ordering::SeqCst);
        world.post("/api/v1/validate", json!({ "url": trap.url(host) })).await.expect(200);
        assert!(trap.caught.load(Ordering::SeqCst) > before, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_and_a_name_lead_nowhere_private() {
    for database in farebox_testing::databases() {
        // The first address of this machine is allowed, all others are private.
        let world = World::allowing_on("[\"127.0.0.1\"]", database);
        let trap = Trap::set();
        for status in [301, 302, 303, 307, 308] {
            let url = redirecting(status, trap.url("127.0.0.2")).await;
            let seen = world.post("/api/v1/validate", json!({ "url": url })).await;
            assert_ne!(seen.status, 503, "{}", seen.text);
            let body = json!({ "url": url, "name": "Trap", "protocol": "L402" });
            let taken = world.post("/api/v1/register", body).await;
            assert_eq!(taken.status, 422, "{status}: {}", taken.text);
            let hook = json!({ "url": url, "secret": "0123456789abcdef" });
            world.post("/api/v1/webhooks", hook).await.expect(201);
            // What is submitted is looked at when it is listed, and as above.
            let offered = world.post("/api/submit", submission(&url)).await.refused(503);
            assert_eq!(offered, "payments_not_configured");
        }
        // One of its addresses is allowed, the other is not.
        for (path, body) in fetching(&trap.url("localhost")) {
            assert_refused(world.post(path, body).await, "address_refused", path, "localhost");
        }
        let claim = json!({ "domain": "localhost" });
        world.post("/api/v1/claim", claim.clone()).await.expect(201);
        assert_eq!(world.post("/api/v1/claim/verify", claim).await.refused(422), "ssrf_blocked");
        // The webhooks above are asked in the meantime.
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(trap.caught.load(Ordering::SeqCst), 0, "nobody came");
    }
}

/// A server at the first address that sends everybody on.
async fn redirecting(status: u16, to: String) -> String {
    let status = http::StatusCode::from_u16(status).unwrap();
    let answer = move || async move { (status, [(http::header::LOCATION, to)]) };
    let app = axum::Router::new().fallback(answer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}
