use super::*;
use crate::l402::{Identifier, challenge_header};
use crate::macaroon::Macaroon;
use crate::mpp::{self, jcs};
use crate::probe::{classify, field_of};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Value, json};

/// BOLT 11, "Please send $3 for a cup of coffee to the same peer, within one minute".
const COFFEE: &str = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";
const TERMS: Terms = Terms { now_s: 1_496_314_660, accepts_test_money: false };
const PAYEE: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";
const USDC: &str = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";

fn token(identifier: Vec<u8>) -> Vec<u8> {
    Macaroon::issue(b"key", None, identifier).encode_v2()
}

fn identifier() -> Vec<u8> {
    let hash = "0001020304050607080900010203040506070809000102030405060708090102";
    Identifier { payment_hash: hash.parse().unwrap(), token_id: [0xfb; 32] }.encode()
}

fn l402() -> String {
    challenge_header(&STANDARD.encode(token(identifier())), COFFEE)
}

fn payment(method: &str, request: &Value) -> String {
    let request = jcs::encode(request).unwrap();
    let expires = mpp::format_timestamp(TERMS.now_s + 50);
    format!(
        r#"Payment id="{method}", realm="api.example.com", method="{method}", intent="charge", request="{request}", expires="{expires}""#
    )
}

fn lightning() -> String {
    let invoice = json!({ "invoice": COFFEE });
    payment(
        "lightning",
        &json!({ "amount": "250000", "currency": "sat", "methodDetails": invoice }),
    )
}

fn evm(types: &[&str]) -> String {
    let details = json!({ "chainId": 8_453, "credentialTypes": types });
    let request =
        json!({ "amount": "1", "currency": USDC, "recipient": PAYEE, "methodDetails": details });
    payment("evm", &request)
}

fn x402_header() -> String {
    let url = json!({ "url": "https://api.example.com/paid" });
    let accepts = [json!({
        "scheme": "exact", "network": "eip155:8453", "amount": "10000", "asset": USDC,
        "payTo": PAYEE, "maxTimeoutSeconds": 60, "extra": { "name": "USD Coin", "version": "2" },
    })];
    STANDARD.encode(json!({ "x402Version": 2, "resource": url, "accepts": accepts }).to_string())
}

fn x402_body(amount: &str) -> String {
    json!({ "x402Version": 1, "error": "pay", "accepts": [{
        "scheme": "exact", "network": "base", "maxAmountRequired": amount, "asset": USDC,
        "resource": "https://api.example.com/paid", "description": "", "mimeType": "",
        "payTo": PAYEE, "maxTimeoutSeconds": 60, "extra": { "name": "USD Coin", "version": "2" },
    }] })
    .to_string()
}

/// The codes of why each family cannot pay, empty where it can.
fn verdicts(status: u16, headers: &[(&str, String)], body: &str) -> [&'static str; 6] {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into()));
    let answer = RecordedAnswer {
        method: "GET".into(),
        url: "https://api.example.com/paid".into(),
        status,
        headers: headers.collect(),
        body: body.into(),
        ..RecordedAnswer::default()
    };
    let report = classify(&answer, TERMS);
    let found = families(&answer, &report, TERMS);
    let codes = found.iter().map(|own| {
        assert_eq!(own.can_pay, own.reason.is_none());
        if let Some(reason) = &own.reason {
            assert!(!reason.fix.is_empty() && !reason.message.is_empty(), "{reason:?}");
        }
        own.reason.as_ref().map_or("", |reason| reason.code)
    });
    codes.collect::<Vec<_>>().try_into().unwrap()
}

fn challenge(line: String) -> Vec<(&'static str, String)> {
    vec![("www-authenticate", line)]
}

#[test]
fn an_answer_that_offers_everything_is_paid_by_everybody() {
    let headers = [
        ("www-authenticate", l402()),
        ("www-authenticate", lightning()),
        ("www-authenticate", evm(&["authorization"])),
        ("payment-required", x402_header()),
    ];
    assert_eq!(verdicts(402, &headers, &x402_body("10000")), [""; 6]);
}

#[test]
fn each_family_is_told_what_it_misses() {
    const L402: &str = "rail_not_offered";
    let offered = |line: String| verdicts(402, &challenge(line), "");
    assert_eq!(offered(l402()), ["", "", L402, L402, L402, L402]);
    assert_eq!(offered(lightning())[4..], ["method_not_offered", ""]);
    assert_eq!(offered(evm(&["authorization"]))[4..], ["", "method_not_offered"]);
    assert_eq!(offered(evm(&["hash"]))[4], "no_authorization");
    let header = [("payment-required", x402_header())];
    assert_eq!(verdicts(402, &header, "")[2..4], ["v1_body_missing", ""]);
    assert_eq!(verdicts(402, &[], &x402_body("10000"))[2..4], ["", "header_missing"]);
    let both = verdicts(402, &header, &x402_body("20000"));
    assert_eq!(both[2..4], ["terms_conflict", "terms_conflict"]);
    let broken = [("payment-required", "@@@".to_owned())];
    assert_eq!(verdicts(402, &broken, "")[3], "header_undecodable");
}

#[test]
fn one_form_of_l402_is_told_from_all_that_can_be_read() {
    let of = |line: String| {
        let found = verdicts(402, &challenge(line), "");
        (found[0], found[1])
    };
    assert_eq!(of(l402().replace(", ", " ")), ("separators", ""));
    assert_eq!(of(l402().replace("macaroon=", "x=")), ("macaroon_parameter_missing", ""));
    assert_eq!(of(format!("{}, {}", lightning(), l402())), ("challenge_not_first", ""));
    let other = |bytes: &[u8]| challenge_header(&STANDARD.encode(bytes), COFFEE);
    assert_eq!(of(other(&token(identifier()[2..34].to_vec()))), ("token_identifier", ""));
    assert_eq!(of(other(b"{\"payment_hash\":\"00\"}")).0, "token_form");
    let padded = Macaroon::issue(b"key", Some("ab"), identifier()).encode_v2();
    let padded = URL_SAFE.encode(padded);
    assert!(padded.contains('=') && padded.contains(['-', '_']), "{padded}");
    assert_eq!(of(challenge_header(&padded, COFFEE)), ("token_base64", ""));
    let bare = padded.trim_end_matches('=');
    assert_eq!(of(challenge_header(bare, COFFEE)), ("", ""));
    let expired = l402().replace("invoice=\"lnbc", "invoice=\"lnxx");
    assert_eq!(of(expired), ("invoice_unreadable", "invoice_unreadable"));
}

#[test]
fn what_is_no_402_is_paid_by_nobody() {
    assert_eq!(verdicts(200, &challenge(l402()), ""), ["free"; 6]);
    assert_eq!(verdicts(422, &[], "{}"), ["needs_input"; 6]);
}

#[test]
fn faults_name_the_field_that_they_are_about() {
    for (rail, code, field) in [
        (Some(Rail::X402), "amount_not_atomic", "amount"),
        (Some(Rail::X402), "payto_zero", "payTo"),
        (Some(Rail::X402), "header_undecodable", "PAYMENT-REQUIRED"),
        (Some(Rail::L402), "invoice_expired", "invoice"),
        (Some(Rail::L402), "challenge_not_first", "WWW-Authenticate"),
        (Some(Rail::Mpp), "invoice_missing", "request.methodDetails.invoice"),
        (Some(Rail::Mpp), "header_unsupported", "header"),
        (None, "cache_control_missing", "Cache-Control"),
    ] {
        assert_eq!(field_of(rail, code), field, "{code}");
    }
}
