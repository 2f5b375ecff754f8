//! Who may do what: every endpoint of the directory, asked by everybody.

use super::hook::Hook;
use super::provider::{Provider, Stage};
use super::world::{Owner, World};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const HOST: &str = "mine.localhost";
const OTHER_HOST: &str = "theirs.localhost";
/// Of the same form as every token and key, and nobody's.
const NOBODYS: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const SECRET: &str = "the owner's own secret";
const OTHER_SECRET: &str = "another owner's secret";
/// Tags of the document that are no part of the directory.
const ELSEWHERE: [&str; 3] = ["accounts", "demo", "facilitator"];

/// Who asks, in the order of the table's codes: the owner last, who may destroy.
const ROLES: [Role; 5] = [Role::Anonymous, Role::Stranger, Role::Other, Role::Admin, Role::Owner];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Shows nothing.
    Anonymous,
    /// Shows a token that nobody gave out, and claims to be the owner.
    Stranger,
    /// Owns another domain and what is there.
    Other,
    /// Owns what is asked about.
    Owner,
    /// Shows the admin's secret.
    Admin,
}

/// How a caller shows who it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    /// Not at all: the endpoint asks everybody for money.
    Nothing,
    /// A bearer token, which the endpoint may look at or not.
    Bearer,
    /// `domain` and `verification_token` in the body.
    Claim,
    /// The owner's domain with the caller's own token in the body.
    Token,
    /// The secret of a webhook.
    Secret,
    /// The management key of a service, as a bearer.
    Key,
}

struct Row {
    method: Method,
    /// As the document writes it.
    path: &'static str,
    /// What is put in the place of its parameter.
    parameter: String,
    shows: Shows,
    body: Option<Value>,
    codes: [u16; 5],
}

/// What the owners have.
struct Estate {
    owner: Owner,
    other: Owner,
    listing: String,
    service: String,
    key: String,
    other_key: String,
    hook: String,
    hook_url: String,
    url: String,
    /// Something that can be listed for money.
    submission: Value,
    /// The name of a file that pages need.
    asset: String,
}

impl Estate {
    async fn build(world: &World, provider: &Provider, hook: &Hook) -> Self {
        let listing = world.list(provider, HOST).await;
        let other_listing = world.list(provider, OTHER_HOST).await;
        let (key, service) = manage(world, provider, &listing).await;
        let (other_key, _) = manage(world, provider, &other_listing).await;
        let body = json!({ "url": hook.url, "secret": SECRET });
        let registered = world.post("/api/v1/webhooks", body).await.expect(201);
        Self {
            owner: world.own(provider, HOST).await,
            other: world.own(provider, OTHER_HOST).await,
            listing,
            service,
            key,
            other_key,
            hook: registered["id"].as_str().unwrap().to_owned(),
            hook_url: hook.url.clone(),
            url: provider.url(HOST),
            submission: world.get("/api/schema").await.expect(200)["examples"][0].clone(),
            asset: asset(world).await,
        }
    }

    fn claim(&self, role: Role) -> Option<(&str, &str)> {
        match role {
            Role::Anonymous | Role::Admin => None,
            Role::Stranger => Some((HOST, NOBODYS)),
            Role::Other => Some((OTHER_HOST, &self.other.token)),
            Role::Owner => Some((HOST, &self.owner.token)),
        }
    }

    fn headers(&self, world: &World, role: Role, shows: Shows) -> Vec<(&'static str, String)> {
        let of_role = |stranger: &str, other: &str, owner: &str| match role {
            Role::Anonymous | Role::Admin => None,
            Role::Stranger => Some(stranger.to_owned()),
            Role::Other => Some(other.to_owned()),
            Role::Owner => Some(owner.to_owned()),
        };
        let bearer = |token: String| vec![("authorization", format!("Bearer {token}"))];
        if role == Role::Admin && shows != Shows::Nothing {
            return bearer(world.admin_secret.clone());
        }
        let (other, owner) = (&self.other.token, &self.owner.token);
        match shows {
            Shows::Nothing | Shows::Claim | Shows::Token => Vec::new(),
            Shows::Bearer => of_role(NOBODYS, other, owner).map(bearer).unwrap_or_default(),
            Shows::Key => {
                of_role(NOBODYS, &self.other_key, &self.key).map(bearer).unwrap_or_default()
            }
            Shows::Secret => {
                let secret = of_role(NOBODYS, OTHER_SECRET, SECRET);
                secret.map(|secret| ("x-webhook-secret", secret)).into_iter().collect()
            }
        }
    }

    fn body(&self, role: Role, row: &Row) -> Option<Value> {
        let mut body = row.body.clone()?;
        if let (Shows::Claim | Shows::Token, Some((domain, token))) = (row.shows, self.claim(role))
        {
            body["domain"] = if row.shows == Shows::Token { HOST } else { domain }.into();
            body["verification_token"] = token.into();
        }
        Some(body)
    }
}

async fn asset(world: &World) -> String {
    let page = world.get("/").await.text;
    let (_, asset) = page.split_once("/assets/").unwrap();
    asset.split(['"', '\'']).next().unwrap().to_owned()
}

/// Takes over the service of a listing; returns its key and its id.
async fn manage(world: &World, provider: &Provider, listing: &str) -> (String, String) {
    let shown = world.get(&format!("/api/v1/services/{listing}")).await.expect(200);
    let service = shown["service_id"].as_str().unwrap().to_owned();
    let path = format!("/api/claim/{service}");
    let challenge = world.post(&path, json!({})).await.expect(201);
    provider.publish(challenge["challenge_hash"].as_str().unwrap());
    let token = json!({ "claim_token": challenge["claim_token"] });
    let managed = world.post(&format!("{path}/verify"), token).await.expect(200);
    (managed["management_key"].as_str().unwrap().to_owned(), service)
}

/// What each may do; what destroys comes last.
fn table(estate: &Estate, question: i64) -> Vec<Row> {
    use Shows::{Bearer, Claim, Key, Nothing, Secret, Token};
    let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
    let (patch, delete) = (Method::PATCH, Method::DELETE);
    let (listing, service, hook) = (&estate.listing, &estate.service, &estate.hook);
    let row = |method: &Method, path, parameter: &str, shows, body, codes| Row {
        method: method.clone(),
        path,
        parameter: parameter.to_owned(),
        shows,
        body,
        codes,
    };
    let open = |path, parameter: &str| row(&get, path, parameter, Bearer, None, [200; 5]);
    let asked = |path, parameter: &str, body, code| {
        row(&post, path, parameter, Bearer, Some(body), [code; 5])
    };
    let admins = |method, path, parameter: &str, body| {
        row(method, path, parameter, Bearer, body, [401, 401, 401, 200, 401])
    };
    let registration = json!({ "url": estate.url, "name": "Weather", "protocol": "L402" });
    let new_hook = json!({ "url": estate.hook_url, "secret": SECRET });
    let domain = json!({ "domain": HOST });
    let badge = format!("{listing}.svg");
    let ids = json!({ "ids": [listing] });
    let decision = Some(json!({ "decision": "reject" }));
    let probing = Some(json!({ "probe_status": "probeable" }));
    vec![
        open("/", ""),
        open("/service/{id}", listing),
        open("/assets/{name}", &estate.asset),
        open("/badge/{name}", &badge),
        open("/metrics", ""),
        open("/feed.xml", ""),
        open("/llms.txt", ""),
        open("/api-docs.md", ""),
        open("/openapi.json", ""),
        open("/api/v1/openapi.json", ""),
        open("/.well-known/ai-plugin.json", ""),
        open("/.well-known/l402-directory.json", ""),
        open("/.well-known/l402-services", ""),
        open("/.well-known/x402", ""),
        open("/api", ""),
        open("/api/health", ""),
        open("/api/schema", ""),
        open("/api/services", ""),
        open("/api/services/{service_id}", service),
        open("/api/services/{service_id}/status", service),
        open("/api/v1/categories", ""),
        open("/api/v1/changes", ""),
        open("/api/v1/health", ""),
        open("/api/v1/services", ""),
        open("/api/v1/services/{id}", listing),
        row(&get, "/api/v1/export.csv", "", Nothing, None, [402; 5]),
        row(&get, "/api/report/{service_id}", service, Nothing, None, [402; 5]),
        row(&post, "/api/submit", "", Nothing, Some(estate.submission.clone()), [402; 5]),
        asked("/api/v1/register", "", registration, 201),
        asked("/api/v1/validate", "", json!({ "url": estate.url }), 200),
        asked("/api/v1/services/{id}/recheck", listing, json!({}), 200),
        asked("/api/v1/services/{id}/appeal", listing, json!({ "message": "No." }), 202),
        asked("/api/v1/webhooks", "", new_hook, 201),
        // Who owns it already need not claim it, and nobody else can.
        asked("/api/v1/claim", "", domain.clone(), 409),
        asked("/api/v1/claim/verify", "", domain, 409),
        asked("/api/claim/{service_id}", service, json!({}), 409),
        row(
            &post,
            "/api/claim/{service_id}/verify",
            service,
            Bearer,
            Some(json!({})),
            [401, 409, 409, 409, 409],
        ),
        row(&get, "/api/v1/webhooks/{id}", hook, Secret, None, [401, 403, 403, 401, 200]),
        admins(&get, "/admin/api/audit", "", None),
        admins(&get, "/admin/api/listings", "", None),
        admins(&get, "/admin/api/review", "", None),
        admins(&post, "/admin/api/review/{id}", &question.to_string(), decision),
        admins(&post, "/api/v1/admin/services/{id}/probe-status", listing, probing),
        row(
            &patch,
            "/api/v1/services/{id}",
            listing,
            Claim,
            Some(json!({ "name": "Mine" })),
            [400, 403, 403, 400, 200],
        ),
        row(
            &put,
            "/api/services/{service_id}",
            service,
            Key,
            Some(json!({ "description": "Mine" })),
            [401, 403, 403, 403, 200],
        ),
        row(&delete, "/api/v1/webhooks/{id}", hook, Secret, None, [401, 403, 403, 401, 200]),
        row(
            &delete,
            "/api/v1/services/{id}",
            listing,
            Claim,
            Some(json!({})),
            [400, 403, 403, 400, 200],
        ),
        // Another owner's request is answered, and skips what is not theirs.
        row(&post, "/api/v1/services/bulk-delete", "", Claim, Some(ids), [400, 403, 200, 400, 200]),
        row(&post, "/api/v1/claim/revoke", "", Token, Some(json!({})), [400, 403, 403, 400, 200]),
        admins(&post, "/api/v1/admin/domains/{domain}/reset", HOST, None),
    ]
}

/// Every operation of the document that is a part of the directory.
async fn documented(world: &World) -> BTreeSet<String> {
    let document = world.get("/openapi.json").await.expect(200);
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            if !ELSEWHERE.contains(&tag) {
                found.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_knows_who_asks() {
    for database in farebox_testing::databases() {
        let world = World::on(database);
        let (provider, hook) = (Provider::open(Stage::L402).await, Hook::open().await);
        let estate = Estate::build(&world, &provider, &hook).await;
        let appeal = format!("/api/v1/services/{}/appeal", estate.listing);
        world.post(&appeal, json!({ "message": "Please." })).await.expect(202);
        let question = world.questions(&estate.listing).await[0]["id"].as_i64().unwrap();
        let table = table(&estate, question);
        let listed = table.iter().map(|row| format!("{} {}", row.method, row.path)).collect();
        assert_eq!(documented(&world).await, listed, "the document and the table differ");
        let mut wrong = Vec::new();
        for row in &table {
            for (role, expected) in ROLES.into_iter().zip(row.codes) {
                let path = fill(row.path, &row.parameter);
                let headers = estate.headers(&world, role, row.shows);
                let headers: Vec<_> =
                    headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let body = estate.body(role, row);
                let answer = world.send(row.method.clone(), &path, &headers, body.as_ref()).await;
                if answer.status != expected {
                    let text: String = answer.text.chars().take(300).collect();
                    let found = answer.status;
                    wrong.push(format!(
                        "{} {path} {role:?}: {found}, not {expected}: {text}",
                        row.method
                    ));
                }
                if row.path.ends_with("bulk-delete") && role == Role::Other {
                    assert_eq!(answer.json["deleted"], json!([]), "{}", answer.text);
                    assert_eq!(answer.json["skipped"], json!([estate.listing]), "{}", answer.text);
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// The path with its parameter in place.
fn fill(path: &str, parameter: &str) -> String {
    match (path.find('{'), path.find('}')) {
        (Some(from), Some(to)) => format!("{}{parameter}{}", &path[..from], &path[to + 1..]),
        _ => path.to_owned(),
    }
}
