//! What the endpoints answer: a 402 that a wallet of the main network could pay.

use crate::Failed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use farebox_wire::l402::{Identifier, challenge_header};
use farebox_wire::lightning::PaymentHash;
use farebox_wire::macaroon::Macaroon;
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const HASH: [u8; 32] = [0xab; 32];
const BODY: &str = "{\"error\":\"payment required\"}";

/// The whole answer, as it goes over the wire.
pub fn answer() -> Result<Vec<u8>, Failed> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let (secp, key) = (Secp256k1::signing_only(), SecretKey::from_slice(&[7; 32])?);
    let invoice = InvoiceBuilder::new(Currency::Bitcoin)
        .description("one call".to_owned())
        .payment_hash(sha256::Hash::from_byte_array(HASH))
        .payment_secret(PaymentSecret([1; 32]))
        .duration_since_epoch(now)
        .min_final_cltv_expiry_delta(144)
        .expiry_time(Duration::from_secs(24 * 3_600))
        .amount_milli_satoshis(5_000)
        .build_signed(|message| secp.sign_ecdsa_recoverable(message, &key));
    let invoice = invoice.map_err(|error| format!("no invoice: {error:?}"))?.to_string();
    let identifier = Identifier { payment_hash: PaymentHash::new(HASH), token_id: [2; 32] };
    let token = Macaroon::issue(b"key", None, identifier.encode()).encode_v2();
    let challenge = challenge_header(&STANDARD.encode(token), &invoice);
    let len = BODY.len();
    let head = format!(
        "HTTP/1.1 402 Payment Required\r\nwww-authenticate: {challenge}\r\n\
         content-type: application/json\r\ncache-control: no-store\r\ncontent-length: {len}\r\n\
         connection: close\r\n\r\n{BODY}"
    );
    Ok(head.into_bytes())
}
