//! What each payment method asks for, as JSON.
#![no_main]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use farebox_wire::mpp::methods::{
    evm::EvmCharge, lightning::LightningCharge, stripe::StripeCharge, tempo::TempoCharge,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let request = URL_SAFE_NO_PAD.encode(data);
    if let Ok(Ok(again)) = LightningCharge::decode(&request).map(|charge| charge.encode()) {
        assert!(LightningCharge::decode(&again).is_ok());
    }
    if let Ok(charge) = EvmCharge::decode(&request)
        && let Ok(again) = charge.encode()
    {
        assert_eq!(EvmCharge::decode(&again), Ok(charge));
    }
    if let Ok(charge) = TempoCharge::decode(&request)
        && let Ok(again) = charge.encode()
    {
        assert_eq!(TempoCharge::decode(&again), Ok(charge));
    }
    if let Ok(charge) = StripeCharge::decode(&request)
        && let Ok(again) = charge.encode()
    {
        assert_eq!(StripeCharge::decode(&again), Ok(charge));
    }
});
