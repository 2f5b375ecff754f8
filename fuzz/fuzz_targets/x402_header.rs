//! Values of the x402 headers as they come.
#![no_main]

use farebox_wire::x402::{Payment, PaymentRequired, SettleResponse, decode_header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &str| {
    let read = decode_header(value);
    let is_read = PaymentRequired::parse_header(value).is_ok()
        || Payment::parse_header(value).is_ok()
        || SettleResponse::parse_header(value).is_ok();
    assert!(read.is_ok() || !is_read);
});
