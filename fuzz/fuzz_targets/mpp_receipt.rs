//! Receipts, as JSON, and the header that says what a client can pay with.
#![no_main]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use farebox_wire::mpp::accept::AcceptPayment;
use farebox_wire::mpp::{PayerSource, Receipt, parse_timestamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(receipt) = Receipt::parse(&URL_SAFE_NO_PAD.encode(text))
        && let Ok(written) = receipt.render()
    {
        let again = Receipt::parse(&written).expect("what is written is read");
        assert_eq!(again.paid_at(), receipt.paid_at());
    }
    if let Ok(accept) = AcceptPayment::parse(text) {
        let again = AcceptPayment::parse(&accept.to_string()).expect("what is written is read");
        assert_eq!(again.weight("lightning", "charge"), accept.weight("lightning", "charge"));
    }
    let _ = (parse_timestamp(text), text.parse::<PayerSource>());
});
