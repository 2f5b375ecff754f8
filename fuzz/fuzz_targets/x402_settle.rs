//! A facilitator's answers and a listing of resources, as JSON.
#![no_main]

use base64::{Engine, engine::general_purpose::STANDARD};
use farebox_wire::x402::{DiscoveryPage, HEADER_LEN_MAX, SettleResponse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(read) = SettleResponse::parse_header(&STANDARD.encode(data)) {
        let written = read.to_header();
        if written.len() <= HEADER_LEN_MAX {
            assert_eq!(SettleResponse::parse_header(&written), Ok(read));
        }
    }
    let _ = DiscoveryPage::parse(data, 64 * 1_024);
});
