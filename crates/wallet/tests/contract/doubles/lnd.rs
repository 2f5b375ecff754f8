//! LND's REST proxy. Integers are texts, bytes are base64, streams are a line for each message.

use super::node::Payment;
use super::{Node, serve};
use crate::bench::SECRET;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use farebox_wallet::{Direction, FailureKind, InvoiceStatus, PaymentStatus, RecordState};
use farebox_wire::lightning::PaymentHash;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

type Fields = Query<HashMap<String, String>>;

/// Serves; returns the address and the wallet's URL.
pub async fn open(node: Node) -> (SocketAddr, String) {
    let script = node.script.clone();
    let is_payment = |request: &Request| request.uri().path() == "/v2/router/send";
    let at = serve(router(node), script, is_payment).await;
    (at, format!("lnd:http://{at}?macaroon={}", hex::encode(SECRET)))
}

pub fn router(node: Node) -> Router {
    Router::new()
        .route("/v1/getinfo", get(info))
        .route("/v1/balance/channels", get(balance))
        .route("/v1/invoices", post(create).get(list))
        .route("/v1/invoices/subscribe", get(subscribe))
        .route("/v1/invoice/{hash}", get(look_up))
        .route("/v1/payments", get(payments))
        .route("/v2/router/send", post(send))
        .route("/v2/router/track/{hash}", get(track))
        .fallback(async || error(404, 5, "Not Found"))
        .layer(from_fn(authorize))
        .with_state(node)
}

async fn authorize(request: Request, next: Next) -> Response {
    let macaroon = request.headers().get("grpc-metadata-macaroon").map(|value| value.as_bytes());
    if macaroon == Some(hex::encode(SECRET).as_bytes()) {
        return next.run(request).await;
    }
    let text = "verification failed: signature mismatch after caveat verification";
    error(500, 2, text)
}

fn error(status: u16, code: u32, message: &str) -> Response {
    let body = json!({"code": code, "message": message, "details": []});
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

async fn info(State(node): State<Node>) -> Json<Value> {
    Json(json!({"identity_pubkey": node.id(), "chains": [{"network": "regtest"}]}))
}

async fn balance(State(node): State<Node>) -> Json<Value> {
    let msat = node.balance_msat().await;
    let amount = json!({"sat": (msat / 1_000).to_string(), "msat": msat.to_string()});
    Json(json!({"balance": "0", "local_balance": amount}))
}

async fn create(State(node): State<Node>, Json(body): Json<Value>) -> Json<Value> {
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    let msat = text("value_msat").parse().unwrap();
    let created = node.invoice(msat, &text("memo"), text("expiry").parse().unwrap()).await;
    Json(json!({
        "r_hash": BASE64_STANDARD.encode(created.payment_hash.as_bytes()),
        "payment_request": created.bolt11,
        "add_index": node.invoices().len().to_string(),
    }))
}

async fn look_up(State(node): State<Node>, Path(hash): Path<PaymentHash>) -> Response {
    match invoice(&node, hash).await {
        Some(invoice) => Json(invoice).into_response(),
        None => error(404, 5, "unable to locate invoice"),
    }
}

async fn invoice(node: &Node, hash: PaymentHash) -> Option<Value> {
    let (state, msat) = match node.look_up(hash).await {
        InvoiceStatus::Open => ("OPEN", 0),
        InvoiceStatus::Expired => ("CANCELED", 0),
        InvoiceStatus::Settled { amount } => ("SETTLED", amount.get()),
        InvoiceStatus::Unknown => return None,
    };
    let settled = node.settled(0, Duration::ZERO).await;
    let index = settled.iter().find(|(_, settled)| *settled == hash).map_or(0, |(index, _)| *index);
    let records = node.records(Direction::Received).await;
    let record = records.iter().find(|record| record.payment_hash == hash);
    let (date, memo) =
        record.map_or((0, String::new()), |record| (record.at, record.description.clone()));
    Some(json!({
        "memo": memo,
        "settle_date": date.to_string(),
        "r_hash": BASE64_STANDARD.encode(hash.as_bytes()),
        "state": state,
        "amt_paid_msat": msat.to_string(),
        "settle_index": index.to_string(),
    }))
}

/// A page of invoices, oldest first; two to a page, so that there are several.
async fn list(State(node): State<Node>, Query(query): Fields) -> Json<Value> {
    let offset: usize = query["index_offset"].parse().unwrap();
    assert_eq!(query["num_max_invoices"], "1000");
    let made = node.invoices();
    let from = match query.get("reversed").map(String::as_str) {
        Some("true") if offset == 0 => made.len().saturating_sub(2),
        // The offset itself is left out.
        Some("true") => offset.saturating_sub(3),
        _ => offset,
    };
    let end = if query.contains_key("reversed") && offset > 0 { offset - 1 } else { from + 2 };
    let mut page = Vec::new();
    for created in made.iter().take(end).skip(from) {
        page.extend(invoice(&node, created.payment_hash).await);
    }
    let (first, last) = ((from + 1).to_string(), (from + page.len()).to_string());
    Json(json!({"invoices": page, "first_index_offset": first, "last_index_offset": last}))
}

/// Everything after an index, but nothing that is past after index zero; then what comes.
async fn subscribe(State(node): State<Node>, Query(query): Fields) -> Response {
    let index: u64 = query["settle_index"].parse().unwrap();
    let past = node.settled(0, Duration::ZERO).await.len() as u64;
    let from = if index == 0 { past } else { index };
    let stream = futures_util::stream::unfold((node, from), async |(node, from)| {
        let settled = node.settled(from, Duration::from_secs(3_600)).await;
        let mut lines = String::new();
        for (_, hash) in &settled {
            let line = json!({"result": invoice(&node, *hash).await.unwrap()});
            let times = if node.script.plan().settlements_twice { 2 } else { 1 };
            lines.push_str(&format!("{line}\n").repeat(times));
        }
        let next = settled.last().map_or(from, |(index, _)| *index);
        Some((Ok::<_, Infallible>(Bytes::from(lines)), (node, next)))
    });
    Body::from_stream(stream).into_response()
}

async fn send(State(node): State<Node>, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).unwrap();
    assert!(body["timeout_seconds"].as_u64().unwrap() >= 1);
    assert_eq!(body["no_inflight_updates"], true);
    let limit = body["fee_limit_msat"].as_str().unwrap().parse().unwrap();
    let bolt11 = body["payment_request"].as_str().unwrap();
    let hash = farebox_wire::bolt11::Invoice::decode(bolt11).unwrap().payment_hash;
    let fee = node.fee_msat();
    match node.pay(bolt11, Some(limit)).await {
        Payment::FailedInSuccess => {
            let error = json!({"code": 2, "message": "no route", "details": []});
            stream(&json!({"error": error}))
        }
        Payment::Paid(preimage) => {
            line(&payment(hash, fee, "SUCCEEDED", Some(&preimage.reveal_hex()), "NONE"))
        }
        Payment::AlreadyPaid => error(409, 6, "invoice is already paid"),
        Payment::InTransition => error(409, 6, "payment is in transition"),
        Payment::Failed(_, reason) if reason.contains("expired") => {
            error(500, 2, "invoice expired. Valid until 2026-01-01 00:00:00 +0000 UTC")
        }
        Payment::Failed(kind, _) => line(&payment(hash, 0, "FAILED", None, failure(kind))),
    }
}

const fn failure(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::InsufficientBalance => "INSUFFICIENT_BALANCE",
        FailureKind::NoRoute => "NO_ROUTE",
        FailureKind::Refused => "INCORRECT_PAYMENT_DETAILS",
        FailureKind::Other => "ERROR",
    }
}

async fn track(
    State(node): State<Node>,
    Path(name): Path<String>,
    Query(query): Fields,
) -> Response {
    let bytes: [u8; 32] = BASE64_URL_SAFE.decode(name).unwrap().try_into().unwrap();
    let hash = PaymentHash::new(bytes);
    match node.status(hash).await {
        PaymentStatus::NeverTried => error(404, 5, "payment isn't initiated"),
        PaymentStatus::Pending if query["no_inflight_updates"] == "true" => {
            std::future::pending().await
        }
        PaymentStatus::Pending => line(&payment(hash, 0, "IN_FLIGHT", None, "NONE")),
        PaymentStatus::Failed { .. } => line(&payment(hash, 0, "FAILED", None, "ERROR")),
        PaymentStatus::Paid { preimage, fee } => {
            line(&payment(hash, fee.get(), "SUCCEEDED", Some(&preimage.reveal_hex()), "NONE"))
        }
    }
}

fn payment(
    hash: PaymentHash,
    fee_msat: u64,
    status: &str,
    preimage: Option<&str>,
    reason: &str,
) -> Value {
    json!({
        "payment_hash": hash.to_string(),
        "status": status,
        "payment_preimage": preimage.unwrap_or(&"0".repeat(64)),
        "fee_msat": fee_msat.to_string(),
        "failure_reason": format!("FAILURE_REASON_{reason}"),
    })
}

/// The payments made, the oldest of the latest first.
async fn payments(State(node): State<Node>, Query(query): Fields) -> Json<Value> {
    assert_eq!((&*query["reversed"], &*query["include_incomplete"]), ("true", "true"));
    let mut records = node.records(Direction::Sent).await;
    records.truncate(query["max_payments"].parse().unwrap());
    let rows = records.into_iter().rev().map(|record| {
        let (status, fee) = match record.state {
            RecordState::Paid => ("SUCCEEDED", node.fee_msat()),
            RecordState::Pending => ("IN_FLIGHT", 0),
            RecordState::Failed => ("FAILED", 0),
        };
        let mut row = payment(record.payment_hash, fee, status, None, "NONE");
        row["value_msat"] = record.amount.get().to_string().into();
        row["creation_time_ns"] = (record.at * 1_000_000_000).to_string().into();
        row["payment_request"] = node.bolt11(record.payment_hash).into();
        row
    });
    Json(json!({"payments": rows.collect::<Vec<_>>()}))
}

fn line(result: &Value) -> Response {
    stream(&json!({"result": result}))
}

/// One message of a stream that stays open.
fn stream(message: &Value) -> Response {
    let text = Bytes::from(format!("{message}\n"));
    let first = futures_util::stream::iter([Ok::<_, Infallible>(text)]);
    let stream = futures_util::StreamExt::chain(first, futures_util::stream::pending());
    Body::from_stream(stream).into_response()
}
