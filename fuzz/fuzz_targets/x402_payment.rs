//! A payment of either version, as JSON, verified against what it says it accepted.
#![no_main]

use base64::{Engine, engine::general_purpose::STANDARD};
use farebox_wire::evm::U256;
use farebox_wire::x402::{
    ExactTerms, FacilitatorRequest, HEADER_LEN_MAX, Payer, Payment, Timing, verify_exact,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(payment) = Payment::parse_header(&STANDARD.encode(data)) {
        let (_, written) = payment.to_header();
        if written.len() <= HEADER_LEN_MAX {
            assert_eq!(Payment::parse_header(&written), Ok(payment.clone()));
        }
        let _ = payment.exact_evm();
        if let Payment::V2(inner) = &payment {
            let timing = Timing { now_s: 1_700_000_000, margin_s: 0, validity_max_s: None };
            let verified = verify_exact(&payment, &inner.accepted, timing, Payer::Contract);
            if let Ok(verified) = verified {
                let terms = ExactTerms::from_v2(&inner.accepted).expect("it was verified");
                assert_eq!(verified.authorization.to, terms.pay_to);
                assert_eq!(verified.authorization.value, terms.amount);
                assert!(verified.authorization.value > U256::ZERO);
            }
        }
    }
    let _ = FacilitatorRequest::parse(data);
});
