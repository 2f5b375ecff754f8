//! What a seller asks for, as JSON: the header of version 2, the body of version 1, and the probe.
#![no_main]

use base64::{Engine, engine::general_purpose::STANDARD};
use farebox_wire::x402::{
    ExactTerms, HEADER_LEN_MAX, PAYMENT_REQUIRED, PaymentRequired, PaymentRequiredV1, ProbeAnswer,
    check,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let header = STANDARD.encode(data);
    if let Ok(read) = PaymentRequired::parse_header(&header) {
        for option in &read.accepts {
            let _ = ExactTerms::from_v2(option);
        }
        let written = read.to_header();
        if written.len() <= HEADER_LEN_MAX {
            assert_eq!(PaymentRequired::parse_header(&written), Ok(read));
        }
    }
    if let Ok(read) = PaymentRequiredV1::parse_body(data) {
        let written = serde_json::to_vec(&read).unwrap();
        assert_eq!(PaymentRequiredV1::parse_body(&written), Ok(read));
    }
    for headers in [&[(PAYMENT_REQUIRED, header.as_str())][..], &[]] {
        let request_url = "https://seller.example/a";
        let _ = check(&ProbeAnswer { status: 402, headers, body: data, request_url });
    }
});
