use super::{NOW, Row, check, row};
use crate::support::server::Reply;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use farebox_wire::l402::{Identifier, challenge_header};
use farebox_wire::lightning::PaymentHash;
use farebox_wire::macaroon::Macaroon;
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use std::time::Duration;

const HASH: [u8; 32] = [0xab; 32];

/// A signed invoice, made so many seconds before now.
pub(super) fn invoice(amount_msat: Option<u64>, age_s: u64) -> String {
    let builder = InvoiceBuilder::new(Currency::Bitcoin)
        .description("a price".to_owned())
        .payment_hash(sha256::Hash::from_byte_array(HASH))
        .payment_secret(PaymentSecret([1; 32]))
        .duration_since_epoch(Duration::from_secs(NOW - age_s))
        .min_final_cltv_expiry_delta(144)
        .expiry_time(Duration::from_secs(600));
    let builder = match amount_msat {
        Some(amount_msat) => builder.amount_milli_satoshis(amount_msat),
        None => builder,
    };
    let (secp, key) = (Secp256k1::signing_only(), SecretKey::from_slice(&[7; 32]).unwrap());
    builder.build_signed(|message| secp.sign_ecdsa_recoverable(message, &key)).unwrap().to_string()
}

pub(super) fn usual() -> String {
    invoice(Some(5_000), 0)
}

fn token_for(hash: [u8; 32]) -> String {
    let identifier = Identifier { payment_hash: PaymentHash::new(hash), token_id: [2; 32] };
    STANDARD.encode(Macaroon::issue(b"key", None, identifier.encode()).encode_v2())
}

fn token() -> String {
    token_for(HASH)
}

pub(super) fn line() -> String {
    challenge_header(&token(), &usual())
}

fn reply(line: impl Into<String>) -> Reply {
    Reply::new(402, "pay").header("www-authenticate", line)
}

fn with_invoice(invoice: &str) -> Reply {
    reply(challenge_header(&token(), invoice))
}

fn rows() -> Vec<Row> {
    let (token, usual) = (token(), usual());
    let body = format!(r#"{{"macaroon":"{token}","invoice":"{usual}"}}"#);
    vec![
        row("the usual form", reply(line()), &["L402"], &[]),
        row("the old name", reply(line().replace("L402", "LSAT")), &["L402"], &["legacy_scheme"]),
        row(
            "invoice first",
            reply(format!(r#"L402 invoice="{usual}", macaroon="{token}""#)),
            &["L402"],
            &["parameter_order"],
        ),
        row(
            "unquoted",
            reply(format!("L402 macaroon={token}, invoice={usual}")),
            &["L402"],
            &["unquoted"],
        ),
        row(
            "body alone",
            Reply::new(402, body).header("content-type", "application/json"),
            &["L402"],
            &["challenge_in_body_only"],
        ),
        row("no invoice", reply(format!(r#"L402 macaroon="{token}""#)), &[], &["invoice_missing"]),
        row("no token", reply(format!(r#"L402 invoice="{usual}""#)), &[], &["token_missing"]),
        row("torn invoice", with_invoice(&usual[..60]), &[], &["invoice_unreadable"]),
        row("no amount", with_invoice(&invoice(None, 0)), &[], &["invoice_amountless"]),
        row("expired", with_invoice(&invoice(Some(1), 601)), &[], &["invoice_expired"]),
        row(
            "expires soon",
            with_invoice(&invoice(Some(1_000), 570)),
            &["L402"],
            &["invoice_expires_soon"],
        ),
        row(
            "token of another payment",
            reply(challenge_header(&token_for([0xcd; 32]), &usual)),
            &[],
            &["payment_hash_mismatch"],
        ),
        row(
            "JSON token",
            reply(challenge_header(&STANDARD.encode(r#"{"hash":"00"}"#), &usual)),
            &["L402"],
            &["token_form"],
        ),
        row(
            "price in the body",
            Reply::new(402, format!(r#"{{"macaroon":"{token}","price_sats":7}}"#))
                .header("www-authenticate", line()),
            &["L402"],
            &["price_differs"],
        ),
    ]
}

#[tokio::test]
async fn l402_offers_are_judged() {
    check(rows()).await;
}
