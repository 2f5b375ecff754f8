//! Core Lightning's REST plugin: a POST for each command, 201 when it succeeds.

use super::node::Payment;
use super::{Node, serve};
use crate::bench::SECRET;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use farebox_wallet::{FailureKind, InvoiceStatus, PaymentStatus, Receiver};
use farebox_wire::bolt11::Invoice;
use farebox_wire::lightning::PaymentHash;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone)]
struct Plugin {
    node: Node,
    labels: Arc<Mutex<HashSet<String>>>,
}

/// Serves and returns the wallet's URL with `rune`.
pub async fn open(node: Node, rune: &str) -> String {
    let script = node.script.clone();
    let plugin = Plugin { node, labels: Arc::default() };
    let router = Router::new().route("/v1/{command}", post(run)).with_state(plugin);
    let address = serve(router, script, |request| request.uri().path() == "/v1/xpay");
    format!("cln:http://{}?rune={rune}", address.await)
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
        "getinfo" => Ok(json!({"network": "regtest"})),
        "listfunds" => Ok(funds(node).await),
        "invoice" => plugin.invoice(&body).await,
        "listinvoices" => Ok(invoices(node, &body).await),
        "waitanyinvoice" => wait_any(node, &body).await,
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
    let invoice = invoice(node, hash(body), 0).await;
    json!({"invoices": invoice.into_iter().collect::<Vec<_>>()})
}

async fn invoice(node: &Node, hash: PaymentHash, index: u64) -> Option<Value> {
    match node.wallet.lookup(hash).await.unwrap() {
        InvoiceStatus::Open => Some(json!({"payment_hash": hash, "status": "unpaid"})),
        InvoiceStatus::Expired => Some(json!({"payment_hash": hash, "status": "expired"})),
        InvoiceStatus::Settled { amount } => Some(json!({
            "payment_hash": hash, "status": "paid", "pay_index": index,
            "amount_received_msat": amount,
        })),
        InvoiceStatus::Unknown => None,
    }
}

async fn wait_any(node: &Node, body: &Value) -> Outcome {
    let last = body["lastpay_index"].as_u64().unwrap();
    let wait = Duration::from_secs(body["timeout"].as_u64().unwrap());
    let settled = node.settled(last, wait).await;
    match settled.first() {
        Some((index, hash)) => Ok(invoice(node, *hash, *index).await.unwrap()),
        None => Err((904, "Timed out while waiting for invoice to be paid".into())),
    }
}

async fn xpay(node: &Node, body: &Value) -> Outcome {
    assert!(body["retry_for"].as_u64().unwrap() >= 1);
    let limit = body["maxfee"].as_u64().unwrap();
    node.script.fee_limit_msat.store(limit, Ordering::SeqCst);
    let bolt11 = body["invstring"].as_str().unwrap();
    let amount = Invoice::decode(bolt11).unwrap().amount;
    match node.pay(bolt11).await {
        Payment::Paid(preimage) => Ok(json!({
            "payment_preimage": preimage.reveal_hex(), "failed_parts": 0, "successful_parts": 1,
            "amount_msat": amount, "amount_sent_msat": amount,
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
    let hash = hash(body);
    let failed = json!({"payment_hash": hash, "status": "failed"});
    let rows = match node.status(hash).await {
        PaymentStatus::NeverTried => vec![],
        PaymentStatus::Failed { .. } => vec![failed],
        PaymentStatus::Pending => {
            vec![failed.clone(), json!({"payment_hash": hash, "status": "pending"}), failed]
        }
        PaymentStatus::Paid { preimage, .. } => vec![
            json!({"payment_hash": hash, "status": "complete", "preimage": preimage.reveal_hex()}),
            failed,
        ],
    };
    json!({"pays": rows})
}
