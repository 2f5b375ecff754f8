use super::l402::{invoice, usual};
use super::{NOW, Row, check, row};
use crate::support::server::Reply;
use farebox_wire::mpp::{format_timestamp, jcs};
use serde_json::{Value, json};

const USDC: &str = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
const PAYEE: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";

fn lightning() -> Value {
    json!({ "amount": "5", "currency": "sat", "methodDetails": { "invoice": usual() } })
}

fn evm() -> Value {
    json!({ "amount": "10000", "currency": USDC, "recipient": PAYEE, "methodDetails": {
        "chainId": 8453, "credentialTypes": ["authorization"] } })
}

fn tempo() -> Value {
    json!({ "amount": "10000", "currency": "0x20c000000000000000000000b9537d11c60e8b50",
        "recipient": PAYEE, "methodDetails": { "chainId": 4217 } })
}

fn stripe() -> Value {
    json!({ "amount": "100", "currency": "usd", "methodDetails": {
        "networkId": "profile_1", "paymentMethodTypes": ["card"] } })
}

pub(super) fn line(method: &str, request: &str) -> String {
    let expires = format_timestamp(NOW + 300);
    format!(
        r#"Payment id="a1", realm="127.0.0.1", method="{method}", intent="charge", request="{request}", expires="{expires}""#
    )
}

fn challenge(method: &str, request: &Value) -> String {
    line(method, &jcs::encode(request).unwrap())
}

fn reply(line: impl Into<String>) -> Reply {
    Reply::new(402, "pay").header("www-authenticate", line)
}

fn with(method: &str, mut request: Value, change: impl FnOnce(&mut Value)) -> Reply {
    change(&mut request);
    reply(challenge(method, &request))
}

/// The usual challenge, its header changed.
fn edited(from: &str, to: &str) -> Reply {
    let line = challenge("lightning", &lightning());
    assert!(line.contains(from), "{from}");
    reply(line.replace(from, to))
}

fn header_rows() -> Vec<Row> {
    let expires = format!(", expires=\"{}\"", format_timestamp(NOW + 300));
    let unix = format!("expires=\"{}\"", NOW + 300);
    let (request, old) = (jcs::encode(&lightning()).unwrap(), format_timestamp(NOW - 1));
    let spaced = format!("{:#}", lightning());
    vec![
        row("no id", edited("id=\"a1\"", "id=\"\""), &[], &["id_missing"]),
        row("no realm", edited("realm=\"127.0.0.1\", ", ""), &[], &["realm_missing"]),
        row("no method", edited("method=\"lightning\", ", ""), &[], &["method_missing"]),
        row("no intent", edited("intent=\"charge\", ", ""), &[], &["intent_missing"]),
        row("no request", edited(&request, ""), &[], &["request_missing"]),
        row("another realm", edited("127.0.0.1", "api.example.com"), &["MPP"], &["realm_differs"]),
        row("no expiry", edited(&expires, ""), &["MPP"], &["expires_missing"]),
        row("expiry in seconds", edited(&expires[2..], &unix), &["MPP"], &["expires_unix"]),
        row("no time", edited(&expires[2..], "expires=\"soon\""), &[], &["expires_invalid"]),
        row("expired", edited(&format_timestamp(NOW + 300), &old), &[], &["challenge_expired"]),
        row("two ids", edited("id=\"a1\"", "id=\"a1\", ID=\"a2\""), &[], &["duplicate_parameter"]),
        row(
            "an open quote",
            edited(&expires, expires.trim_end_matches('"')),
            &[],
            &["header_syntax"],
        ),
        row("a capital", edited("\"lightning\"", "\"Lightning\""), &[], &["method_case"]),
        row("no such method", with("doge", evm(), |_| {}), &[], &["unsupported_method"]),
        row("no such intent", edited("\"charge\"", "\"gift\""), &[], INTENT),
        row("not base64", edited(&request, "@@"), &[], &["request_not_base64url"]),
        row("not JSON", edited(&request, "dGVzdA"), &[], &["request_not_json"]),
        row("a list", edited(&request, "W10"), &[], &["request_not_object"]),
        row("spaces", edited(&request, &base64_url(&spaced)), &["MPP"], &["request_not_canonical"]),
        row("a bare digest", edited("id=", "digest=\"sha-256=x\", id="), &[], DIGEST),
    ]
}

const INTENT: &[&str] = &["unsupported_intent"];
const DIGEST: &[&str] = &["digest_form", "digest_mismatch"];

fn base64_url(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

fn lightning_rows() -> Vec<Row> {
    let details = |name: &'static str, value: Value| {
        with("lightning", lightning(), move |request| request["methodDetails"][name] = value)
    };
    vec![
        row("lightning", with("lightning", lightning(), |_| {}), &["MPP"], &[]),
        row("no invoice", details("invoice", Value::Null), &[], &["invoice_missing"]),
        row("an example's invoice", details("invoice", json!("lnbc1u1p...")), &[], PLACEHOLDER),
        row(
            "a torn invoice",
            details("invoice", json!(&usual()[..90])),
            &[],
            &["invoice_unreadable"],
        ),
        row(
            "an open amount",
            details("invoice", json!(invoice(None, 0))),
            &[],
            &["invoice_amountless"],
        ),
        row(
            "an old invoice",
            details("invoice", json!(invoice(Some(5_000), 700))),
            &[],
            OLD_INVOICE,
        ),
        row("another hash", details("paymentHash", json!("00".repeat(32))), &[], HASH),
        row("another network", details("network", json!("regtest")), &[], &["network_mismatch"]),
        row(
            "another amount",
            with("lightning", lightning(), |r| r["amount"] = json!("6")),
            &[],
            &["amount_mismatch"],
        ),
        row(
            "an invoice in the open",
            reply(challenge("lightning", &json!({ "invoice": usual() }))),
            &["MPP"],
            &["invoice_not_in_details", "amount_only_in_invoice"],
        ),
    ]
}

const PLACEHOLDER: &[&str] = &["invoice_placeholder"];
const OLD_INVOICE: &[&str] = &["invoice_expired", "outlives_invoice"];
const HASH: &[&str] = &["payment_hash_mismatch"];

fn chain_rows() -> Vec<Row> {
    vec![
        row("evm", with("evm", evm(), |_| {}), &["MPP"], &[]),
        row("an unknown token", with("evm", evm(), |r| r["currency"] = json!(PAYEE)), &[], TOKEN),
        row(
            "no address",
            with("evm", evm(), |r| r["recipient"] = json!("me")),
            &[],
            &["recipient_invalid"],
        ),
        row(
            "only hashes",
            with("evm", evm(), |r| r["methodDetails"]["credentialTypes"] = json!(["hash"])),
            &["MPP"],
            &["no_authorization"],
        ),
        row(
            "unknown types",
            with("evm", evm(), |r| r["methodDetails"]["credentialTypes"] = json!(["x"])),
            &[],
            &["credential_types_unknown"],
        ),
        row("no chain", with("evm", evm(), |r| r["methodDetails"] = json!({})), &[], NO_CHAIN),
        row("tempo", with("tempo", tempo(), |_| {}), &["MPP"], &[]),
        row(
            "an open chain",
            with("tempo", tempo(), |r| r["methodDetails"] = json!({})),
            &["MPP"],
            &["chain_open"],
        ),
        row(
            "no chain of Tempo's",
            with("tempo", tempo(), |r| r["methodDetails"]["chainId"] = json!(1)),
            &[],
            &["chain_unknown"],
        ),
        row(
            "unknown modes",
            with("tempo", tempo(), |r| r["methodDetails"]["supportedModes"] = json!(["carry"])),
            &[],
            &["modes_unknown"],
        ),
        row(
            "a fraction",
            with("tempo", tempo(), |r| r["amount"] = json!("0.01")),
            &[],
            &["amount_not_atomic"],
        ),
        row("stripe", with("stripe", stripe(), |_| {}), &["MPP"], &[]),
        row(
            "a few cents",
            with("stripe", stripe(), |r| r["amount"] = json!("5")),
            &["MPP"],
            &["amount_below_minimum"],
        ),
        row(
            "no account",
            with("stripe", stripe(), |r| r["methodDetails"]["networkId"] = json!("")),
            &[],
            &["account_missing"],
        ),
    ]
}

const TOKEN: &[&str] = &["token_unknown", "recipient_is_token"];
const NO_CHAIN: &[&str] = &["chain_missing"];

#[tokio::test]
async fn headers_of_mpp_are_judged() {
    check(header_rows()).await;
}

#[tokio::test]
async fn lightning_charges_are_judged() {
    check(lightning_rows()).await;
}

#[tokio::test]
async fn charges_on_chains_and_cards_are_judged() {
    check(chain_rows()).await;
}

#[tokio::test]
async fn several_challenges_are_judged_together() {
    let (evm, lightning) = (challenge("evm", &evm()), challenge("lightning", &lightning()));
    let two = reply(evm.clone()).header("www-authenticate", lightning.replace("a1", "a2"));
    let one_id = reply(lightning.clone()).header("www-authenticate", evm.clone());
    let joined = reply(format!("Bearer realm=\"x\", {lightning}"));
    check(vec![
        row("lightning behind", two, &["MPP"], &["lightning_not_first", "several_challenges"]),
        row("one id", one_id, &[], &["id_shared"]),
        row("behind another on a line", joined, &["MPP"], &["challenge_joined"]),
    ])
    .await;
}
