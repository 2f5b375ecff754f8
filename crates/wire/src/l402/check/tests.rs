use super::*;
use crate::l402::{Identifier, challenge_header};
use crate::lightning::PaymentHash;
use crate::macaroon::Macaroon;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use proptest::prelude::*;
use std::time::Duration;

const HASH: [u8; 32] = [0xab; 32];
const NOW: u64 = 1_700_000_000;

fn invoice(currency: Currency, amount_msat: Option<u64>) -> String {
    let builder = InvoiceBuilder::new(currency)
        .description("a price".to_owned())
        .payment_hash(sha256::Hash::from_byte_array(HASH))
        .payment_secret(PaymentSecret([1; 32]))
        .duration_since_epoch(Duration::from_secs(NOW))
        .min_final_cltv_expiry_delta(144)
        .expiry_time(Duration::from_secs(600));
    let builder = match amount_msat {
        Some(amount_msat) => builder.amount_milli_satoshis(amount_msat),
        None => builder,
    };
    let (secp, key) = (Secp256k1::signing_only(), SecretKey::from_slice(&[7; 32]).unwrap());
    builder.build_signed(|message| secp.sign_ecdsa_recoverable(message, &key)).unwrap().to_string()
}

fn usual() -> String {
    invoice(Currency::Bitcoin, Some(5_000))
}

fn token_for(hash: [u8; 32]) -> String {
    let identifier = Identifier { payment_hash: PaymentHash::new(hash), token_id: [2; 32] };
    STANDARD.encode(Macaroon::issue(b"key", None, identifier.encode()).encode_v2())
}

fn token() -> String {
    token_for(HASH)
}

fn check_at(lines: &[&str], body: &str, now: u64) -> Check {
    let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
    check(Answer { lines: &lines, body: body.as_bytes() }, Some(Network::Bitcoin), now)
}

fn codes(lines: &[&str], body: &str) -> Vec<&'static str> {
    check_at(lines, body, NOW + 1).faults.iter().map(Fault::code).collect()
}

#[test]
fn the_form_that_is_written_here_has_no_fault() {
    let line = challenge_header(&token(), &usual());
    let found = check_at(&[&line, r#"Payment id="x", method="evm""#], "", NOW + 1);
    assert_eq!(found.faults, []);
    assert_eq!(found.token_form, Some(TokenForm::V2Tlv));
    assert_eq!(found.invoice.as_ref().and_then(|i| i.amount).map(|a| a.get()), Some(5_000));
    assert!(found.is_payable() && found.is_strict());
    let folded = format!(r#"{line}, Payment id="x""#);
    assert_eq!(codes(&[&folded], ""), [""; 0]);
}

#[test]
fn what_cannot_be_paid_is_named() {
    let (mac, inv) = (token(), usual());
    let with = |mac: &str, inv: &str| challenge_header(mac, inv);
    let other = token_for([9; 32]);
    for (line, body, expected) in [
        ("Basic realm=x".to_owned(), "{}", "challenge_missing"),
        (format!(r#"L402 macaroon="{mac}", token="{mac}""#), "", "invoice_missing"),
        (format!(r#"L402 invoice="{inv}""#), "", "token_missing"),
        ("L402".to_owned(), "", "token_missing"),
        (with("a b", &inv), "", "token_unusable"),
        (with("id:1", &inv), "", "token_unusable"),
        (with(&mac, "lnbc1"), "", "invoice_unreadable"),
        (with(&mac, "lndcr2500u1pwgj7tnpp5"), "", "invoice_unreadable"),
        (with(&mac, &invoice(Currency::Regtest, Some(1))), "", "invoice_network"),
        (with(&mac, &invoice(Currency::Bitcoin, None)), "", "invoice_amountless"),
        (with(&other, &inv), "", "payment_hash_mismatch"),
        (format!("L402 macaroon={}", "A".repeat(LINE_LEN_MAX)), "", "line_too_long"),
    ] {
        let found = check_at(&[&line], body, NOW + 1);
        let codes: Vec<_> = found.faults.iter().map(Fault::code).collect();
        assert!(codes.contains(&expected), "{expected}: {codes:?}");
        assert!(!found.is_payable(), "{expected}");
    }
    let late = check_at(&[&with(&mac, &inv)], "", NOW + 600);
    assert_eq!(late.faults, [Fault::Expired { at: NOW + 600 }]);
}

#[test]
fn an_invoice_that_cannot_be_read_still_says_its_network() {
    let codes = |inv: &str| codes(&[&challenge_header(&token(), inv)], "");
    let (unreadable, network) = ("invoice_unreadable", "invoice_network");
    assert_eq!(codes("lnbcrt1fake"), [unreadable, network]);
    assert_eq!(codes("LNTBS1fake"), [unreadable, network]);
    let foreign = "invoice_foreign_network";
    assert_eq!(codes("lndcr2500u1pwgj7tnpp5"), [unreadable, foreign]);
    assert_eq!(codes("lnbc20u1…"), [unreadable], "it is there, whatever is in it");
    assert_eq!(codes("lnurl1dp68"), [unreadable]);
}

#[test]
fn what_strict_clients_refuse_is_named_and_payable() {
    let (mac, inv) = (token(), usual());
    let lines = |line: String| vec![line];
    let macaroon = Macaroon::decode(&mac).unwrap().0;
    let hex_token = hex::encode(macaroon.encode_v2());
    let longer = STANDARD.encode(macaroon.with_caveat("a=bc").encode_v2());
    assert!(longer.ends_with('='));
    let l402 = challenge_header(&mac, &inv);
    let body = format!(r#"{{"macaroon":"{mac}","invoice":"{inv}","price_sats":5}}"#);
    for (expected, lines, body) in [
        ("challenge_in_body_only", vec![], &*body),
        ("token_in_body_only", lines(format!(r#"L402 invoice="{inv}""#)), &body),
        ("invoice_in_body_only", lines(format!(r#"L402 macaroon="{mac}", token="{mac}""#)), &body),
        ("legacy_scheme", lines(l402.replacen("L402", "LSAT", 1)), ""),
        ("challenge_not_first", vec!["Payment id=x".to_owned(), l402.clone()], ""),
        ("challenge_not_first", lines(format!("Payment id=x, {l402}")), ""),
        ("scheme_case", lines(l402.replacen("L402", "l402", 1)), ""),
        (
            "parameter_order",
            lines(format!(r#"L402 invoice="{inv}", macaroon="{mac}", token="{mac}""#)),
            "",
        ),
        ("separators", lines(l402.replace(", ", ",")), ""),
        ("separators", lines(l402.replace(", ", " ")), ""),
        ("unquoted", lines(format!("L402 macaroon={mac}, invoice={inv}, token={mac}")), ""),
        ("duplicate_parameter", lines(format!(r#"{l402}, token="{mac}""#)), ""),
        (
            "macaroon_parameter_missing",
            lines(format!(r#"L402 version="0", token="{mac}", invoice="{inv}""#)),
            "",
        ),
        ("tokens_differ", lines(l402.replace(" token=\"", " token=\"x")), ""),
        ("invoice_case", lines(challenge_header(&mac, &inv.to_uppercase())), ""),
        ("token_base64", lines(challenge_header(&hex_token, &inv)), ""),
        ("token_base64", lines(challenge_header(longer.trim_end_matches('='), &inv)), ""),
        ("token_form", lines(challenge_header("eyJpZCI6MX0=", &inv)), ""),
        ("body_differs", lines(l402.clone()), r#"{"macaroon":"x","invoice":"lnbc1"}"#),
    ] {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let found = check_at(&lines, body, NOW + 1);
        let codes: Vec<_> = found.faults.iter().map(Fault::code).collect();
        assert!(codes.contains(&expected), "{expected}: {codes:?}");
        assert!(found.is_payable() && !found.is_strict(), "{expected}: {codes:?}");
    }
}

#[test]
fn advice_does_not_make_an_offer_worse() {
    let (mac, inv) = (token(), usual());
    assert_eq!(
        codes(&[&format!(r#"L402 macaroon="{mac}", invoice="{inv}""#)], ""),
        ["token_parameter_missing"]
    );
    let line = challenge_header(&mac, &inv);
    assert_eq!(
        codes(&[&line], r#"{"payment_url":"https://a.example","price_sats":6}"#),
        ["price_differs"]
    );
    let soon = check_at(&[&line], "", NOW + 590);
    assert_eq!(soon.faults, [Fault::ExpiresSoon { left_s: 10 }]);
    assert!(soon.is_strict());
    let unknown = STANDARD.encode(Macaroon::issue(b"key", None, b"id".to_vec()).encode_v2());
    assert_eq!(codes(&[&challenge_header(&unknown, &inv)], ""), ["token_without_payment_hash"]);
    let hash = STANDARD.encode(Macaroon::issue(b"key", None, vec![9; 32]).encode_v2());
    assert_eq!(codes(&[&challenge_header(&hash, &inv)], ""), ["identifier_differs"]);
}

#[test]
fn a_macaroon_with_bytes_after_it_is_named() {
    let mut bytes = STANDARD.decode(token()).unwrap();
    bytes.push(0);
    let line = challenge_header(&STANDARD.encode(bytes), &usual());
    let found = check_at(&[&line], "", NOW + 1);
    assert_eq!(found.faults, [Fault::Macaroon(crate::macaroon::DecodeError::TrailingBytes)]);
}

#[test]
fn what_matters_most_is_said_first() {
    let found = check_at(&["l402 token=AGI"], "", NOW);
    assert!(found.faults.is_sorted_by_key(Fault::severity));
    assert!(found.faults.len() > 4);
    assert!(found.faults.iter().all(|fault| !fault.fix().is_empty() && !fault.code().is_empty()));
}

proptest! {
    #[test]
    fn arbitrary_answers_never_panic(line in "\\PC{0,200}", body in "\\PC{0,200}") {
        let _ = check_at(&[&line, &format!("L402 {line}")], &body, NOW);
    }
}
