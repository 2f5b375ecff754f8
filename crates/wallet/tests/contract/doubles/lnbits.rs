//! LNbits 1.6: what its server answers, its habit of answering without a key included.

use super::node::Payment;
use super::{Node, serve, socket};
use crate::bench::SECRET;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use farebox_wallet::{Direction, InvoiceStatus, PaymentStatus, RecordState};
use farebox_wire::bolt11::Invoice;
use farebox_wire::lightning::PaymentHash;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

/// The time of the first settlement, in milliseconds since 1970; the next is a second later.
const FIRST_MS: i64 = 1_795_000_000_000;

/// Serves; returns the address and the wallet's URL.
pub async fn open(node: Node) -> (SocketAddr, String) {
    let script = node.script.clone();
    let router = Router::new()
        .route("/api/v1/wallet", get(wallet))
        .route("/api/v1/payments", post(payments).get(list))
        .route("/api/v1/payments/{hash}", get(look_up))
        .route("/api/v1/ws/{key}", get(listen))
        .with_state(node);
    let at = serve(router, script, |request| request.method() == Method::POST).await;
    (at, format!("lnbits:http://{at}?key={SECRET}&network=regtest"))
}

/// Whoever has a key of the wallet may listen; others hear nothing.
async fn listen(State(node): State<Node>, Path(key): Path<String>, request: Request) -> Response {
    assert_eq!(key, SECRET);
    socket::open(node, request, json!({"wallet_balance": 1, "payment": {}}))
}

fn is_key(headers: &HeaderMap) -> bool {
    headers.get("x-api-key").is_some_and(|key| key == SECRET)
}

fn error(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

fn no_wallet() -> Response {
    error(404, json!({"detail": "Wallet not found."}))
}

async fn wallet(State(node): State<Node>, headers: HeaderMap) -> Response {
    if !is_key(&headers) {
        return no_wallet();
    }
    Json(json!({"name": "play", "balance": node.balance_msat().await})).into_response()
}

async fn payments(
    State(node): State<Node>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if !is_key(&headers) {
        return no_wallet();
    }
    if body["out"] == true {
        return pay(&node, body["bolt11"].as_str().unwrap()).await;
    }
    let (sats, expiry) = (body["amount"].as_u64().unwrap(), body["expiry"].as_u64().unwrap());
    assert_eq!(body["unit"], "sat");
    let text = body["memo"].as_str().unwrap();
    let created = node.invoice(sats * 1_000, text, u32::try_from(expiry).unwrap()).await;
    let row = json!({
        "checking_id": created.payment_hash, "payment_hash": created.payment_hash,
        "bolt11": created.bolt11, "amount": sats * 1_000, "fee": 0, "status": "pending",
        "preimage": "0".repeat(64),
    });
    (StatusCode::CREATED, Json(row)).into_response()
}

async fn pay(node: &Node, bolt11: &str) -> Response {
    let invoice = Invoice::decode(bolt11).unwrap();
    let failed =
        |detail: &str, status: &str| error(520, json!({"detail": detail, "status": status}));
    match node.pay(bolt11, None).await {
        Payment::FailedInSuccess => {
            let row = outgoing(invoice.payment_hash, 0, "failed");
            (StatusCode::CREATED, Json(row)).into_response()
        }
        Payment::Paid(preimage) => {
            let mut row = outgoing(invoice.payment_hash, node.fee_msat(), "success");
            row["preimage"] = preimage.reveal_hex().into();
            (StatusCode::CREATED, Json(row)).into_response()
        }
        Payment::AlreadyPaid => failed("Internal invoice already paid.", "failed"),
        Payment::InTransition => failed("Payment is still pending.", "pending"),
        Payment::Failed(_, reason) if reason.contains("enough") => {
            failed("Insufficient balance.", "failed")
        }
        Payment::Failed(_, reason) => failed(&format!("Payment failed: {reason}"), "failed"),
    }
}

fn outgoing(hash: PaymentHash, fee_msat: u64, status: &str) -> Value {
    let fee = -i64::try_from(fee_msat).unwrap();
    json!({
        "checking_id": format!("internal_{hash}"), "payment_hash": hash, "amount": -1_000,
        "fee": fee, "status": status, "preimage": null,
    })
}

/// Answers whoever asks; details are for the wallet's own key.
async fn look_up(
    State(node): State<Node>,
    headers: HeaderMap,
    Path(hash): Path<PaymentHash>,
) -> Response {
    let (paid, status, mut details) = match node.status(hash).await {
        PaymentStatus::Paid { preimage, fee } => {
            let mut row = outgoing(hash, fee.get(), "success");
            row["preimage"] = preimage.reveal_hex().into();
            (true, "success", row)
        }
        PaymentStatus::Pending => (false, "pending", outgoing(hash, 0, "pending")),
        PaymentStatus::Failed { .. } => (false, "failed", outgoing(hash, 0, "failed")),
        PaymentStatus::NeverTried => match node.look_up(hash).await {
            InvoiceStatus::Unknown => {
                return error(404, json!({"detail": "Payment does not exist."}));
            }
            status => incoming(hash, status),
        },
    };
    details["status"] = status.into();
    let preimage = details["preimage"].clone();
    let mut body = json!({"paid": paid, "preimage": preimage});
    if is_key(&headers) {
        body["details"] = details;
    }
    Json(body).into_response()
}

fn incoming(hash: PaymentHash, status: InvoiceStatus) -> (bool, &'static str, Value) {
    let row = |msat: u64| json!({"checking_id": hash, "payment_hash": hash, "amount": msat});
    match status {
        InvoiceStatus::Settled { amount } => (true, "success", row(amount.get())),
        InvoiceStatus::Expired => (false, "failed", row(1_000)),
        InvoiceStatus::Open | InvoiceStatus::Unknown => (false, "pending", row(1_000)),
    }
}

/// What was received, the latest first; a settlement has the time of its number.
async fn list(
    State(node): State<Node>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if !is_key(&headers) {
        return no_wallet();
    }
    if query.get("amount[lt]").is_some_and(|bound| bound == "0") {
        return sent(&node, &query).await;
    }
    assert_eq!(query["amount[gt]"], "0");
    if let Some(id) = query.get("checking_id") {
        let hash = id.parse().unwrap();
        return match node.look_up(hash).await {
            InvoiceStatus::Unknown => Json(json!([])).into_response(),
            status => Json(json!([incoming(hash, status).2])).into_response(),
        };
    }
    assert_eq!((&*query["sortby"], &*query["direction"]), ("updated_at", "desc"));
    assert_eq!(query["status"], "success");
    let number = |name: &str| query.get(name).map_or(0, |text| text.parse::<usize>().unwrap());
    let settled = node.settled(0, Duration::ZERO).await;
    let records = node.records(Direction::Received).await;
    let rows = settled.into_iter().rev().map(|(index, hash)| {
        let record = records.iter().find(|record| record.payment_hash == hash).unwrap();
        let at_ms = FIRST_MS + i64::try_from(index).unwrap() * 1_000;
        let at = Timestamp::from_millisecond(at_ms).unwrap();
        json!({
            "checking_id": hash, "payment_hash": hash, "amount": record.amount, "fee": 0,
            "status": "success", "preimage": null, "updated_at": at.to_string(),
            "memo": record.description,
        })
    });
    let times = if node.script.plan().settlements_twice { 2 } else { 1 };
    let rows = rows.flat_map(|row| std::iter::repeat_n(row, times));
    Json(rows.skip(number("offset")).take(number("limit")).collect::<Vec<_>>()).into_response()
}

/// What was sent, the latest first, but for payments that failed.
async fn sent(node: &Node, query: &HashMap<String, String>) -> Response {
    assert_eq!((&*query["sortby"], &*query["direction"]), ("updated_at", "desc"));
    let records = node.records(Direction::Sent).await.into_iter();
    let rows = records.filter(|record| record.state != RecordState::Failed).map(|record| {
        let (status, fee) = match record.state {
            RecordState::Paid => ("success", node.fee_msat()),
            RecordState::Pending | RecordState::Failed => ("pending", 0),
        };
        let mut row = outgoing(record.payment_hash, fee, status);
        let at = Timestamp::from_second(i64::try_from(record.at).unwrap()).unwrap();
        row["amount"] = (-i64::try_from(record.amount.get()).unwrap()).into();
        row["updated_at"] = at.to_string().into();
        row["memo"] = record.description.into();
        row
    });
    Json(rows.take(query["limit"].parse().unwrap()).collect::<Vec<_>>()).into_response()
}
