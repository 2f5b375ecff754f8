//! Core Lightning's REST plugin: a POST for each command, 201 when it succeeds.

use super::node::Payment;
use super::{Node, serve};
use crate::bench::SECRET;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use farebox_wallet::{Direction, FailureKind, InvoiceStatus, PaymentStatus, RecordState};
use farebox_wire::bolt11::Invoice;
use farebox_wire::lightning::PaymentHash;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const NOW: Duration = Duration::ZERO;

#[derive(Clone)]
struct Plugin {
    node: Node,
    labels: Arc<Mutex<HashSet<String>>>,
    /// Settlements that were told twice, where the script says so.
    repeated: Arc<Mutex<HashSet<u64>>>,
}

/// Serves; returns the address and the wallet's URL.
pub async fn open(node: Node) -> (SocketAddr, String) {
    let script = node.script.clone();
    let plugin = Plugin { node, labels: Arc::default(), repeated: Arc::default() };
    let router = Router::new().route("/v1/{command}", post(run)).with_state(plugin);
    let at = serve(router, script, |request| request.uri().path() == "/v1/xpay").await;
    (at, format!("cln:http://{at}?rune={SECRET}"))
}

async fn run(
    State(plugin): State<Plugin>,
    Path(command): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if headers.get("rune").is_none_or(|rune| rune != SECRET) {
        let body = json!({"code": 1501, "message": "Not authorized: Invalid rune"});
        return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    }
    let node = &plugin.node;
    let result = match command.as_str() {
        "getinfo" => Ok(json!({"id": node.id(), "network": "regtest"})),
        "listfunds" => Ok(funds(node).await),
        "invoice" => plugin.invoice(&body).await,
        "listinvoices" => Ok(invoices(node, &body).await),
        "waitanyinvoice" => plugin.wait_any(&body).await,
        "wait" => Ok(wait(node, &body).await),
        "xpay" => xpay(node, &body).await,
        "listpays" => Ok(pays(node, &body).await),
        _ => panic!("the command {command:?}"),
    };
    match result {
        Ok(result) => (StatusCode::CREATED, Json(result)).into_response(),
        Err((code, message)) => {
            let body = json!({"code": code, "message": message});
            (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
        }
    }
}

type Outcome = Result<Value, (i64, String)>;

async fn funds(node: &Node) -> Value {
    let msat = node.balance_msat().await;
    let channel = |state: &str, msat: u64| json!({"state": state, "our_amount_msat": msat});
    json!({"outputs": [], "channels": [
        channel("CHANNELD_NORMAL", msat),
        channel("ONCHAIN", 1_000_000),
    ]})
}

impl Plugin {
    async fn invoice(&self, body: &Value) -> Outcome {
        let label = body["label"].as_str().unwrap();
        if !self.labels.lock().unwrap().insert(label.to_owned()) {
            return Err((900, "Duplicate label".into()));
        }
        let (msat, expiry) = (body["amount_msat"].as_u64().unwrap(), body["expiry"].as_u64());
        let text = body["description"].as_str().unwrap();
        let expiry = u32::try_from(expiry.unwrap()).unwrap();
        let created = self.node.invoice(msat, text, expiry).await;
        Ok(json!({"bolt11": created.bolt11, "payment_hash": created.payment_hash}))
    }
}

fn hash(body: &Value) -> PaymentHash {
    body["payment_hash"].as_str().unwrap().parse().unwrap()
}

async fn invoices(node: &Node, body: &Value) -> Value {
    if body["payment_hash"].is_string() {
        let invoice = invoice(node, hash(body), 0).await;
        return json!({"invoices": invoice.into_iter().collect::<Vec<_>>()});
    }
    // Numbers are given to invoices when they are paid, and to those that expire.
    assert_eq!(body["index"], "updated");
    let mut rows = Vec::new();
    for (index, hash) in node.settled(body["start"].as_u64().unwrap() - 1, NOW).await {
        rows.push(json!({"payment_hash": "00".repeat(32), "status": "expired"}));
        rows.extend(invoice(node, hash, index).await);
    }
    json!({"invoices": rows})
}

async fn invoice(node: &Node, hash: PaymentHash, index: u64) -> Option<Value> {
    let status = node.look_up(hash).await;
    let records = node.records(Direction::Received).await;
    let record = records.iter().find(|record| record.payment_hash == hash);
    match status {
        InvoiceStatus::Open => Some(json!({"payment_hash": hash, "status": "unpaid"})),
        InvoiceStatus::Expired => Some(json!({"payment_hash": hash, "status": "expired"})),
        InvoiceStatus::Settled { amount } => Some(json!({
            "payment_hash": hash, "status": "paid", "pay_index": index,
            "amount_received_msat": amount, "paid_at": record.unwrap().at,
            "description": record.unwrap().description,
        })),
        InvoiceStatus::Unknown => None,
    }
}

impl Plugin {
    async fn wait_any(&self, body: &Value) -> Outcome {
        let last = body["lastpay_index"].as_u64().unwrap();
        let wait = Duration::from_secs(body["timeout"].as_u64().unwrap());
        let repeats = self.node.script.plan().settlements_twice && last > 0;
        let from =
            if repeats && self.repeated.lock().unwrap().insert(last) { last - 1 } else { last };
        let settled = self.node.settled(from, wait).await;
        match settled.first() {
            Some((index, hash)) => Ok(invoice(&self.node, *hash, *index).await.unwrap()),
            None => Err((904, "Timed out while waiting for invoice to be paid".into())),
        }
    }
}

/// The latest numbers.
async fn wait(node: &Node, body: &Value) -> Value {
    assert_eq!(body["nextvalue"], 0);
    let subsystem = body["subsystem"].as_str().unwrap();
    let (index, latest) = match subsystem {
        "invoices" => ("updated", node.settled(0, NOW).await.len()),
        "sendpays" => ("created", node.records(Direction::Sent).await.len()),
        other => panic!("{other}"),
    };
    assert_eq!(body["indexname"], index);
    json!({"subsystem": subsystem, index: latest})
}

async fn xpay(node: &Node, body: &Value) -> Outcome {
    assert!(body["retry_for"].as_u64().unwrap() >= 1);
    let limit = body["maxfee"].as_u64().unwrap();
    let bolt11 = body["invstring"].as_str().unwrap();
    let amount = Invoice::decode(bolt11).unwrap().amount;
    match node.pay(bolt11, Some(limit)).await {
        Payment::FailedInSuccess => Ok(json!({"error": {"code": 205, "message": "no route"}})),
        Payment::Paid(preimage) => Ok(json!({
            "payment_preimage": preimage.reveal_hex(), "failed_parts": 0, "successful_parts": 1,
            "amount_msat": amount,
            "amount_sent_msat": amount.unwrap().get() + node.fee_msat(),
        })),
        Payment::AlreadyPaid => Err((219, "Already paid this invoice successfully".into())),
        Payment::InTransition => Err((200, "Already pending payment".into())),
        Payment::Failed(_, reason) if reason.contains("expired") => {
            Err((207, "Invoice expired".into()))
        }
        Payment::Failed(FailureKind::NoRoute | FailureKind::InsufficientBalance, reason) => {
            Err((205, reason))
        }
        Payment::Failed(FailureKind::Refused, reason) => Err((203, reason)),
        Payment::Failed(FailureKind::Other, reason) => Err((209, reason)),
    }
}

/// An attempt that failed stays in the list beside the one that did not.
async fn pays(node: &Node, body: &Value) -> Value {
    if body["index"].is_string() {
        return latest_pays(node, body).await;
    }
    let hash = hash(body);
    let failed = json!({"payment_hash": hash, "status": "failed"});
    let rows = match node.status(hash).await {
        PaymentStatus::NeverTried => vec![],
        PaymentStatus::Failed { .. } => vec![failed],
        PaymentStatus::Pending => {
            vec![failed.clone(), json!({"payment_hash": hash, "status": "pending"}), failed]
        }
        PaymentStatus::Paid { preimage, fee } => vec![
            json!({
                "payment_hash": hash, "status": "complete", "preimage": preimage.reveal_hex(),
                "amount_msat": 1_000, "amount_sent_msat": 1_000 + fee.get(),
            }),
            failed,
        ],
    };
    json!({"pays": rows})
}

/// The payments from a number on, oldest first.
async fn latest_pays(node: &Node, body: &Value) -> Value {
    assert_eq!((&body["index"], &body["start"]), (&"created".into(), &1.into()));
    let records = node.records(Direction::Sent).await.into_iter().rev();
    let rows = records.map(|record| {
        let (status, fee) = match record.state {
            RecordState::Paid => ("complete", node.fee_msat()),
            RecordState::Pending => ("pending", 0),
            RecordState::Failed => ("failed", 0),
        };
        json!({
            "payment_hash": record.payment_hash, "status": status, "created_at": record.at,
            "bolt11": node.bolt11(record.payment_hash), "amount_msat": record.amount,
            "amount_sent_msat": record.amount.get() + fee,
        })
    });
    json!({"pays": rows.collect::<Vec<_>>()})
}
