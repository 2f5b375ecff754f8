//! What each may do.

use super::estate::{Estate, HOST, SECRET};
use super::{Row, Shows};
use http::Method;
use serde_json::{Value, json};

/// The whole table; what destroys comes last.
pub fn table(estate: &Estate, question: i64) -> Vec<Row> {
    let parts = [read_by_all(estate), asked_by_all(estate), of_the_admin(estate, question)];
    let mut rows: Vec<Row> = parts.into_iter().flatten().collect();
    rows.extend(of_owners(estate));
    rows.push(admins(Method::POST, "/api/v1/admin/domains/{domain}/reset", HOST, None));
    rows
}

fn row(
    method: Method,
    path: &'static str,
    parameter: &str,
    shows: Shows,
    body: Option<Value>,
    codes: [u16; 5],
) -> Row {
    Row { method, path, parameter: parameter.to_owned(), shows, body, codes }
}

fn admins(method: Method, path: &'static str, parameter: &str, body: Option<Value>) -> Row {
    row(method, path, parameter, Shows::Bearer, body, [401, 401, 401, 200, 401])
}

fn read_by_all(estate: &Estate) -> Vec<Row> {
    let badge = format!("{}.svg", estate.listing);
    let open = [
        ("/", ""),
        ("/service/{id}", estate.listing.as_str()),
        ("/assets/{name}", &estate.asset),
        ("/badge/{name}", &badge),
        ("/metrics", ""),
        ("/feed.xml", ""),
        ("/llms.txt", ""),
        ("/api-docs.md", ""),
        ("/openapi.json", ""),
        ("/api/v1/openapi.json", ""),
        ("/.well-known/ai-plugin.json", ""),
        ("/.well-known/l402-directory.json", ""),
        ("/.well-known/l402-services", ""),
        ("/.well-known/x402", ""),
        ("/api", ""),
        ("/api/health", ""),
        ("/api/schema", ""),
        ("/api/services", ""),
        ("/api/services/{service_id}", &estate.service),
        ("/api/services/{service_id}/status", &estate.service),
        ("/api/v1/categories", ""),
        ("/api/v1/changes", ""),
        ("/api/v1/health", ""),
        ("/api/v1/opportunities", ""),
        ("/api/v1/services", ""),
        ("/api/v1/services/{id}", &estate.listing),
        ("/api/v1/services/{id}/history", &estate.listing),
    ];
    let get = |(path, parameter): (&'static str, &str)| {
        row(Method::GET, path, parameter, Shows::Bearer, None, [200; 5])
    };
    open.into_iter().map(get).collect()
}

fn asked_by_all(estate: &Estate) -> Vec<Row> {
    let (listing, service) = (&estate.listing, &estate.service);
    let sold = |method, path, parameter: &str, body| {
        row(method, path, parameter, Shows::Nothing, body, [402; 5])
    };
    let asked = |path, parameter: &str, body, code| {
        row(Method::POST, path, parameter, Shows::Bearer, Some(body), [code; 5])
    };
    let registration = json!({ "url": estate.url, "name": "Weather", "protocol": "L402" });
    let hook = json!({ "url": estate.hook_url, "secret": SECRET });
    let domain = json!({ "domain": HOST });
    let managed = "/api/claim/{service_id}/verify";
    vec![
        sold(Method::GET, "/api/v1/export.csv", "", None),
        sold(Method::GET, "/api/report/{service_id}", service, None),
        sold(Method::POST, "/api/submit", "", Some(estate.submission.clone())),
        asked("/api/v1/register", "", registration, 201),
        asked("/api/v1/validate", "", json!({ "url": estate.url }), 200),
        asked("/api/v1/services/{id}/recheck", listing, json!({}), 200),
        asked("/api/v1/services/{id}/appeal", listing, json!({ "message": "No." }), 202),
        asked("/api/v1/webhooks", "", hook, 201),
        // Who owns it already need not claim it, and nobody else can.
        asked("/api/v1/claim", "", domain.clone(), 409),
        asked("/api/v1/claim/verify", "", domain, 409),
        asked("/api/claim/{service_id}", service, json!({}), 409),
        Row { codes: [401, 409, 409, 409, 409], ..asked(managed, service, json!({}), 409) },
    ]
}

fn of_the_admin(estate: &Estate, question: i64) -> Vec<Row> {
    let (listing, question) = (&estate.listing, question.to_string());
    let decision = Some(json!({ "decision": "reject" }));
    let probing = Some(json!({ "probe_status": "probeable" }));
    let import = admins(Method::POST, "/admin/api/import", "", Some(json!({})));
    vec![
        admins(Method::GET, "/admin/api/audit", "", None),
        admins(Method::GET, "/admin/api/listings", "", None),
        admins(Method::GET, "/admin/api/review", "", None),
        admins(Method::POST, "/admin/api/review/{id}", &question, decision),
        admins(Method::POST, "/api/v1/admin/services/{id}/probe-status", listing, probing),
        // What is sent is no list.
        Row { codes: [401, 401, 401, 422, 401], ..import },
    ]
}

fn of_owners(estate: &Estate) -> Vec<Row> {
    let (listing, service, hook) = (&estate.listing, &estate.service, &estate.hook);
    let hooks = |method| {
        let codes = [401, 403, 403, 401, 200];
        row(method, "/api/v1/webhooks/{id}", hook, Shows::Secret, None, codes)
    };
    let claimed = |method, path, parameter: &str, body| {
        row(method, path, parameter, Shows::Claim, Some(body), [400, 403, 403, 400, 200])
    };
    let bulk =
        claimed(Method::POST, "/api/v1/services/bulk-delete", "", json!({ "ids": [listing] }));
    let revoke = claimed(Method::POST, "/api/v1/claim/revoke", "", json!({}));
    let update = Some(json!({ "description": "Mine" }));
    let (path, keys) = ("/api/services/{service_id}", [401, 403, 403, 403, 200]);
    vec![
        hooks(Method::GET),
        claimed(Method::PATCH, "/api/v1/services/{id}", listing, json!({ "name": "Mine" })),
        row(Method::PUT, path, service, Shows::Key, update, keys),
        hooks(Method::DELETE),
        claimed(Method::DELETE, "/api/v1/services/{id}", listing, json!({})),
        // Another owner's request is answered, and skips what is not theirs.
        Row { codes: [400, 403, 200, 400, 200], ..bulk },
        Row { shows: Shows::Token, ..revoke },
    ]
}
