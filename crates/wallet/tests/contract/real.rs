//! The real LNbits that `tests/interop/lnbits/run` starts, and a gateway in front of it that does
//! wrong what a script says. Everything that goes right is LNbits' own doing.

use crate::bench::{Backend, Bench, FUNDS, LIMITS, Place, client, order, sat};
use crate::doubles::{rewrite, serve};
use crate::line::Line;
use crate::script::Script;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use farebox_net::prepare_tls;
use farebox_store::rusqlite::{Connection, params};
use farebox_wallet::{InvoiceStatus, PayOutcome};
use futures_util::StreamExt;
use reqwest::Client;
use serde_json::{Value, json};
use std::env;
use std::time::Duration;

const BODY_LEN_MAX: usize = 1 << 20;

#[derive(Clone)]
struct Gateway {
    client: Client,
    server: String,
    script: Script,
}

/// Where LNbits answers, as `http://HOST:PORT`.
pub fn server() -> String {
    env::var("LNBITS_SERVER").expect("LNBITS_SERVER: run tests/interop/lnbits/run")
}

/// A new wallet with `sats`: reached directly, and through a gateway that follows `script`.
pub async fn open(name: &str, sats: u64, script: &Script) -> (Place, Place, Line) {
    prepare_tls();
    let (client, server) = (Client::new(), server());
    let request = client.post(format!("{server}/api/v1/account"));
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .body(json!({ "name": name }).to_string());
    let answer = request.send().await.unwrap().text().await.unwrap();
    let account: Value = serde_json::from_str(&answer).unwrap();
    let text = |name: &str| account[name].as_str().unwrap().to_owned();
    if sats > 0 {
        credit(&text("id"), sats);
    }
    let secret = text("adminkey");
    let place =
        |at: &str| Place { url: format!("lnbits:{at}?key={secret}"), secret: secret.clone() };
    let gateway = Gateway { client, server: server.clone(), script: script.clone() };
    let router = Router::new().fallback(forward).with_state(gateway);
    let line = Line::to(serve(router, script.clone(), is_payment).await).await;
    (place(&server), place(&format!("http://{}", line.address)), line)
}

fn is_payment(request: &Request) -> bool {
    request.method() == Method::POST
}

/// Fake funds: a payment received an hour ago.
fn credit(wallet: &str, sats: u64) {
    let path = env::var("LNBITS_DATABASE").expect("LNBITS_DATABASE");
    let database = Connection::open(path).unwrap();
    database.busy_timeout(Duration::from_secs(60)).unwrap();
    let rows = database.execute(
        "INSERT INTO apipayments (checking_id, payment_hash, wallet_id, amount, fee, bolt11, \
         status, memo, extra, labels, time, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, 0, \
         'lnbc1', 'success', 'credit', '{}', '[]', unixepoch() - 3600, unixepoch() - 3600, \
         unixepoch() - 3600)",
        params![format!("credit-{wallet}"), "cc".repeat(32), wallet, sats * 1_000],
    );
    assert_eq!(rows, Ok(1));
}

async fn forward(State(gateway): State<Gateway>, request: Request) -> Response {
    let plan = gateway.script.plan();
    let (head, body) = request.into_parts();
    let mut body = to_bytes(body, BODY_LEN_MAX).await.unwrap();
    if head.method == Method::POST {
        let mut wanted: Value = serde_json::from_slice(&body).unwrap();
        let pays = wanted["out"] == true;
        if pays && plan.already_paid {
            let answer = json!({"detail": "Internal invoice already paid.", "status": "failed"});
            return (StatusCode::from_u16(520).unwrap(), Json(answer)).into_response();
        }
        if !pays && plan.wrong_amount {
            wanted["amount"] = (wanted["amount"].as_u64().unwrap() + 1).into();
            body = wanted.to_string().into();
        }
    }
    let url = format!("{}{}", gateway.server, head.uri);
    let mut asked = gateway.client.request(head.method, url).body(body);
    for name in ["x-api-key", "content-type"] {
        if let Some(value) = head.headers.get(name) {
            asked = asked.header(name, value);
        }
    }
    let answer = asked.send().await.unwrap();
    let status = answer.status();
    let body = answer.bytes().await.unwrap();
    let response = Response::builder().status(status).body(Body::from(body)).unwrap();
    rewrite(response, |body| {
        if plan.wrong_preimage {
            lie(body);
        }
        if plan.settlements_twice
            && let Value::Array(rows) = body
        {
            *rows = rows.iter().flat_map(|row| [row.clone(), row.clone()]).collect();
        }
        if plan.settles_short && body["details"]["amount"].is_i64() {
            let arrived = body["details"]["amount"].as_i64().unwrap() - 1_000;
            body["details"]["amount"] = arrived.into();
        }
    })
    .await
}

/// Replaces every preimage.
fn lie(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == "preimage" && field.is_string() {
                    *field = "0".repeat(64).into();
                } else {
                    lie(field);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(lie),
        _ => {}
    }
}

#[tokio::test]
#[ignore = "tests/interop/lnbits/run starts the server"]
async fn a_wallet_that_pays_itself_has_an_invoice_and_a_payment() {
    let bench = Bench::open(Backend::RealLnbits).await;
    let created = bench.buyer.create(order(5)).await.unwrap();
    let outcome = bench.buyer.pay(&created.bolt11, LIMITS).await.unwrap();
    assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
    let settled = InvoiceStatus::Settled { amount: sat(5) };
    assert_eq!(bench.buyer.lookup(created.payment_hash).await, Ok(settled));
    assert_eq!(bench.funds().await, sat(FUNDS));
}

#[tokio::test]
#[ignore = "tests/interop/lnbits/run starts the server"]
async fn the_server_tells_of_payments_on_the_socket_that_farebox_listens_to() {
    let script = Script::default();
    let (_, at, line) = open("seller", 0, &script).await;
    let key = &at.secret;
    let url = format!("{}/api/v1/ws/{key}", server().replace("http://", "ws://"));
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let bench = Bench::open(Backend::RealLnbits).await;
    let created = client(&at).create(order(5)).await.unwrap();
    bench.pay_directly(&created).await;
    let told = tokio::time::timeout(Duration::from_secs(60), socket.next()).await.unwrap();
    let text = told.unwrap().unwrap().into_text().unwrap();
    assert!(text.contains(&created.payment_hash.to_string()), "{text}");
    line.cut().await;
}
