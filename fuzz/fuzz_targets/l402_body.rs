//! The JSON body of a 402.
#![no_main]

use farebox_wire::l402::body_challenge;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(found) = body_challenge(data) {
        let texts = [found.macaroon, found.token, found.invoice, found.payment_url];
        let texts = texts.iter().flatten();
        assert!(texts.flat_map(|text| text.bytes()).all(|byte| byte.is_ascii_graphic()));
    }
});
