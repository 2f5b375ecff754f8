//! A seller's terms, a buyer's key, and what they make together.

use farebox_wire::{
    evm::{B256, EvmKey},
    x402::*,
};
use serde_json::{Map, Value, json};

pub const NOW_S: u64 = 1_790_000_000;
pub const PAYEE: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";
pub const BASE_USDC: &str = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
pub const TIMING: Timing = Timing { now_s: NOW_S, margin_s: 6, validity_max_s: Some(3_600) };

pub fn key() -> EvmKey {
    EvmKey::new([7; 32]).unwrap()
}

pub fn inputs(key: &EvmKey) -> SignInputs<'_> {
    SignInputs { key, nonce: B256::repeat_byte(9), now_s: NOW_S }
}

pub fn offer() -> Value {
    json!({
        "scheme": "exact", "network": "eip155:8453", "amount": "10000", "asset": BASE_USDC,
        "payTo": PAYEE, "maxTimeoutSeconds": 60, "extra": {"name": "USD Coin", "version": "2"},
    })
}

pub fn offer_v1() -> Value {
    json!({
        "scheme": "exact", "network": "base", "maxAmountRequired": "10000", "asset": BASE_USDC,
        "resource": "https://api.example.com/paid", "description": "", "mimeType": "",
        "payTo": PAYEE, "maxTimeoutSeconds": 60, "extra": {"name": "USD Coin", "version": "2"},
    })
}

pub fn requirements() -> PaymentRequirements {
    serde_json::from_value(offer()).unwrap()
}

pub fn requirements_v1() -> RequirementsV1 {
    serde_json::from_value(offer_v1()).unwrap()
}

pub fn required() -> PaymentRequired {
    PaymentRequired {
        accepts: vec![requirements()],
        resource: Some(ResourceInfo {
            url: "https://api.example.com/paid".to_owned(),
            ..ResourceInfo::default()
        }),
        ..PaymentRequired::default()
    }
}

pub fn paid_v2() -> Payment {
    pay_v2(&required(), &requirements(), &inputs(&key())).unwrap()
}

pub fn paid_v1() -> Payment {
    pay_v1(&requirements_v1(), &inputs(&key())).unwrap()
}

pub fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// A payment with its JSON changed.
pub fn changed(payment: &Payment, change: impl FnOnce(&mut Value)) -> Payment {
    let mut json = serde_json::to_value(payment).unwrap();
    change(&mut json);
    Payment::from_object(object(json)).unwrap()
}
