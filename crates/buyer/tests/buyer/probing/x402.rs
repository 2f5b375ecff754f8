use super::{Row, check, row};
use crate::support::server::Reply;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const USDC: &str = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";

fn entry() -> Value {
    json!({
        "scheme": "exact", "network": "eip155:8453", "amount": "10000", "asset": USDC,
        "payTo": "0x209693Bc6afc0C5328bA36FaF03C514EF312287C", "maxTimeoutSeconds": 60,
        "extra": { "name": "USD Coin", "version": "2" },
    })
}

pub(super) fn header(required: &Value) -> String {
    STANDARD.encode(required.to_string())
}

/// A challenge of version 2 whose only entry was changed.
pub(super) fn required(change: impl FnOnce(&mut Value)) -> Value {
    let mut entry = entry();
    change(&mut entry);
    json!({ "x402Version": 2, "accepts": [entry] })
}

fn with(change: impl FnOnce(&mut Value)) -> Reply {
    Reply::new(402, "{}").header("PAYMENT-REQUIRED", header(&required(change)))
}

fn v1() -> String {
    let mut entry = entry();
    let fields = entry.as_object_mut().unwrap();
    fields.insert("network".into(), "base".into());
    fields.insert("maxAmountRequired".into(), "10000".into());
    fields.insert("resource".into(), "http://127.0.0.1/paid".into());
    fields.insert("description".into(), "".into());
    fields.insert("mimeType".into(), "application/json".into());
    fields.remove("amount");
    json!({ "x402Version": 1, "error": "pay", "accepts": [entry] }).to_string()
}

fn rows() -> Vec<Row> {
    vec![
        row("version 2", with(|_| {}), &["x402"], &[]),
        row("version 1", Reply::new(402, v1()), &["x402"], &["v1_body"]),
        row(
            "version 2 in the body",
            Reply::new(402, required(|_| {}).to_string()),
            &["x402"],
            &["v2_in_body"],
        ),
        row(
            "not base64",
            Reply::new(402, "{}").header("PAYMENT-REQUIRED", "@@@"),
            &[],
            &["header_undecodable"],
        ),
        row(
            "another name of the header",
            Reply::new(402, "{}").header("X-PAYMENT-REQUIRED", header(&required(|_| {}))),
            &[],
            &["header_name_nonstandard"],
        ),
        row("a fraction", with(|e| e["amount"] = json!("0.01")), &[], &["amount_not_atomic"]),
        row("a number", with(|e| e["amount"] = json!(10_000)), &[], &["amount_not_string"]),
        row("nothing to pay", with(|e| e["amount"] = json!("0")), &[], &["amount_zero"]),
        row(
            "a template's payee",
            with(|e| e["payTo"] = json!("YOUR_WALLET_ADDRESS")),
            &[],
            &["payto_placeholder"],
        ),
        row("the token as payee", with(|e| e["payTo"] = json!(USDC)), &[], &["payto_is_asset"]),
        row(
            "a wrong name of the token",
            with(|e| e["extra"]["name"] = json!("USDC")),
            &[],
            &["domain_name_wrong"],
        ),
        row(
            "a name of version 1",
            with(|e| e["network"] = json!("base")),
            &[],
            &["network_name_wrong_for_version"],
        ),
        row("no time", with(|e| e["maxTimeoutSeconds"] = json!(0)), &[], &["timeout_invalid"]),
        row(
            "a short time",
            with(|e| e["maxTimeoutSeconds"] = json!(5)),
            &["x402"],
            &["timeout_short"],
        ),
        row(
            "nothing in the list",
            Reply::new(402, "{}")
                .header("PAYMENT-REQUIRED", header(&json!({"x402Version": 2, "accepts": []}))),
            &[],
            &["accepts_empty"],
        ),
    ]
}

#[tokio::test]
async fn x402_offers_are_judged() {
    check(rows()).await;
}
