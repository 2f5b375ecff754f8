//! Who may do what: every endpoint of the directory, asked by everybody.

mod estate;
mod table;

use super::hook::Hook;
use super::provider::{Provider, Stage};
use super::world::World;
use estate::Estate;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use table::table;

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
