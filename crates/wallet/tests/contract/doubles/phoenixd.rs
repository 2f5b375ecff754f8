//! phoenixd: the play network's own API, and what that one does not do: lie, charge fees, take a
//! fee limit, tell settlements on a socket.

use super::{Node, rewrite, serve, socket};
use crate::bench::SECRET;
use crate::script::{NO_LIMIT, Plan};
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use farebox_play::phoenixd_api::{ApiPasswords, router};
use farebox_wire::bolt11::Invoice;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use url::form_urlencoded;

/// Serves; returns the address and the wallet's URL.
pub async fn open(node: Node) -> (SocketAddr, String) {
    let passwords = ApiPasswords { full: SECRET.into(), limited: "l".into() };
    let script = node.script.clone();
    let router = router(node.wallet.clone(), passwords);
    let router = router.layer(from_fn(move |request: Request, next: Next| {
        let node = node.clone();
        async move { through(node, request, next).await }
    }));
    let at = serve(router, script, |request| request.uri().path() == "/payinvoice").await;
    (at, format!("phoenixd:http://:{SECRET}@{at}"))
}

type Form = HashMap<String, String>;

/// The fields of a form.
async fn form(request: Request) -> (Request, Form) {
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    let fields = form_urlencoded::parse(&bytes).into_owned().collect();
    (Request::from_parts(head, Body::from(bytes)), fields)
}

async fn through(node: Node, request: Request, next: Next) -> Response {
    let plan = node.script.plan();
    match request.uri().path() {
        "/websocket" if is_authorized(&request) => {
            let message = json!({
                "type": "payment_received", "timestamp": 1, "amountSat": 1, "paymentHash": "",
            });
            return socket::open(node, request, message);
        }
        "/websocket" => return StatusCode::UNAUTHORIZED.into_response(),
        "/payinvoice" if is_authorized(&request) => return pay(&node, request, next).await,
        "/createinvoice" if plan.wrong_amount => {
            let (request, fields) = form(request).await;
            return next.run(dearer(request, fields)).await;
        }
        _ => {}
    }
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    rewrite(response, |body| change(&plan, &path, body)).await
}

fn is_authorized(request: &Request) -> bool {
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!(":{SECRET}")));
    request.headers().get(header::AUTHORIZATION).is_some_and(|sent| *sent == basic)
}

fn dearer(request: Request, mut fields: Form) -> Request {
    let sats: u64 = fields["amountSat"].parse().unwrap();
    fields.insert("amountSat".into(), (sats + 1).to_string());
    let (mut head, _) = request.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    let mut form = form_urlencoded::Serializer::new(String::new());
    Request::from_parts(head, Body::from(form.extend_pairs(fields).finish()))
}

/// `POST /payinvoice`: failures are a 200 too.
async fn pay(node: &Node, request: Request, next: Next) -> Response {
    let plan = node.script.plan();
    let (request, fields) = form(request).await;
    let limit = fields.get("maxFeeMsat").map(|limit| limit.parse().unwrap());
    node.script.fee_limit_msat.store(limit.unwrap_or(NO_LIMIT), Ordering::SeqCst);
    assert_eq!(limit.is_some(), plan.takes_fee_limit, "a limit where it binds, and only there");
    let hash = Invoice::decode(&fields["invoice"]).unwrap().payment_hash;
    let failed = |reason: &str| {
        let body = json!({
            "type": "payment_failed", "paymentHash": hash.to_string(), "reason": reason,
        });
        Json(body).into_response()
    };
    if plan.already_paid {
        return failed("this invoice has already been paid");
    }
    if plan.fails_in_success {
        return failed("the recipient was offline or did not have enough liquidity");
    }
    if limit.is_some_and(|limit| limit < plan.fee_msat) {
        return failed("routing fees are above the limit");
    }
    let response = next.run(request).await;
    rewrite(response, |body| {
        if body["paymentPreimage"].is_string() {
            body["routingFeeSat"] = (plan.fee_msat / 1_000).into();
            if plan.takes_fee_limit {
                body["routingFeeMsat"] = plan.fee_msat.into();
            }
        }
    })
    .await
}

fn change(plan: &Plan, path: &str, body: &mut Value) {
    if path == "/getinfo" && plan.takes_fee_limit {
        body["extensions"] = json!(["feeLimit", "holdInvoices"]);
    }
    match body {
        Value::Array(rows) => {
            rows.iter_mut().for_each(|row| change_payment(plan, row));
            if plan.settlements_twice && path == "/payments/incoming" {
                *rows = rows.iter().flat_map(|row| [row.clone(), row.clone()]).collect();
            }
        }
        row => change_payment(plan, row),
    }
}

/// A payment of a list or alone. What was sent counts with its fees.
fn change_payment(plan: &Plan, row: &mut Value) {
    if row["type"] == "outgoing_payment" && row["isPaid"] == true {
        row["fees"] = plan.fee_msat.into();
        row["sent"] = (row["sent"].as_u64().unwrap() + plan.fee_msat / 1_000).into();
    }
    if row["type"] == "incoming_payment" && plan.holds_incoming {
        row["isHeld"] = true.into();
    }
    if row["type"] == "incoming_payment" && row["isPaid"] == true && plan.settles_short {
        row["receivedSat"] = (row["receivedSat"].as_u64().unwrap() - 1).into();
    }
}
