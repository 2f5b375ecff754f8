//! A seller that is paid in tokens, with a chain of its own: a list of nonces that were used.

use super::server::{Reply, Seen};
use farebox_wire::evm::{B256, TransferAuthorization};
use farebox_wire::x402::{
    Payer, Payment, PaymentRequired, PaymentRequiredV1, PaymentRequirements, RequirementsV1,
    SettleResponse, Timing, verify_exact,
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

pub const USDC: &str = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
pub const PAYEE: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";

/// Seconds since 1970.
pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The accounts' money: what was moved, once for each nonce.
#[derive(Clone, Default)]
pub struct Chain {
    moved: Arc<Mutex<HashMap<B256, TransferAuthorization>>>,
}

impl Chain {
    /// Moves the money, unless its nonce is used.
    pub fn settle(&self, authorization: TransferAuthorization) -> bool {
        self.moved.lock().unwrap().insert(authorization.nonce, authorization).is_none()
    }

    /// How many payments were made.
    pub fn count(&self) -> usize {
        self.moved.lock().unwrap().len()
    }

    /// Units in all.
    pub fn total(&self) -> u64 {
        self.moved.lock().unwrap().values().map(|moved| moved.value.to::<u64>()).sum()
    }
}

/// Ten thousand units of USDC on Base Sepolia, a cent.
pub fn requirements() -> Value {
    json!({
        "scheme": "exact", "network": "eip155:84532", "amount": "10000", "asset": USDC,
        "payTo": PAYEE, "maxTimeoutSeconds": 60, "extra": {"name": "USDC", "version": "2"},
    })
}

/// The headers of a 402 of version 2 that asks for any of these.
pub fn asks_v2(accepts: &[Value]) -> Reply {
    let accepts = accepts.iter().map(|own| serde_json::from_value(own.clone()).unwrap());
    let mut required = PaymentRequired { accepts: accepts.collect(), ..PaymentRequired::default() };
    required.error = Some("Payment required".into());
    required.extensions = Some(Map::from_iter([("x".to_owned(), json!({"info": {"a": 1}}))]));
    Reply::new(402, "{}").header("payment-required", required.to_header())
}

/// The body of a 402 of version 1.
pub fn asks_v1(accepts: &[Value]) -> Reply {
    let accepts = accepts.iter().map(of_v1);
    let required = PaymentRequiredV1 { accepts: accepts.collect(), ..PaymentRequiredV1::default() };
    Reply::new(402, serde_json::to_vec(&required).unwrap())
}

fn of_v1(requirements: &Value) -> RequirementsV1 {
    let own: PaymentRequirements = serde_json::from_value(requirements.clone()).unwrap();
    own.to_v1("http://seller/x", "", "").unwrap()
}

/// The payment of a request, if it is good for what is asked for.
pub fn verified(seen: &Seen, requirements: &Value) -> Option<TransferAuthorization> {
    let header = payment_header(seen)?;
    let payment = Payment::parse_header(header).unwrap();
    let own: PaymentRequirements = serde_json::from_value(requirements.clone()).unwrap();
    let timing = Timing { now_s: now_s(), margin_s: 0, validity_max_s: Some(3_600) };
    let verified = verify_exact(&payment, &own, timing, Payer::Account);
    Some(verified.unwrap().authorization)
}

/// The payment that a request carries.
pub fn payment_header(seen: &Seen) -> Option<&str> {
    seen.header("payment-signature").or_else(|| seen.header("x-payment"))
}

/// The receipt of a payment.
pub fn receipt(authorization: &TransferAuthorization) -> SettleResponse {
    SettleResponse {
        success: true,
        transaction: format!("0x{}", "ab".repeat(32)),
        network: "eip155:84532".into(),
        payer: Some(authorization.from.to_string()),
        ..SettleResponse::default()
    }
}

/// A seller of version 2 that settles and answers.
pub fn sell(seen: &Seen, chain: &Chain) -> Reply {
    let asked = requirements();
    let Some(authorization) = verified(seen, &asked) else { return asks_v2(&[asked]) };
    if !chain.settle(authorization) {
        return refuse("invalid_exact_evm_nonce_already_used");
    }
    Reply::ok("sold").header("payment-response", receipt(&authorization).to_header())
}

/// A 402 that says why the payment is no good.
pub fn refuse(code: &str) -> Reply {
    let receipt = SettleResponse { error_reason: Some(code.into()), ..SettleResponse::default() };
    asks_v2(&[requirements()]).header("payment-response", receipt.to_header())
}
