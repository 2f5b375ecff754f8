//! `stripe/charge`

use super::super::{FaultCode, request::Request};
use crate::evm::U256;
use crate::mpp::methods::stripe::StripeCharge;
use serde_json::Value;

/// Cents that a card payment has at least, in the currencies that have cents.
const AMOUNT_MIN: u64 = 50;

pub(super) fn examine(request: &mut Request<'_>, is_charge: bool) {
    request.positive_amount();
    match request.found.currency.clone() {
        None => request.sink.add(FaultCode::CurrencyMissing),
        Some(name) if name.len() != 3 || !name.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            request.sink.add_found(FaultCode::CurrencyInvalid, &name);
        }
        Some(_) => {}
    }
    let account = request.detail("networkId").and_then(Value::as_str).unwrap_or_default();
    request.sink.add_if(account.is_empty(), FaultCode::AccountMissing);
    let types = request.detail("paymentMethodTypes").and_then(Value::as_array);
    request.sink.add_if(types.is_none_or(Vec::is_empty), FaultCode::PaymentTypesMissing);
    let is_small = request
        .found
        .amount
        .is_some_and(|amount| !amount.is_zero() && amount < U256::from(AMOUNT_MIN));
    request.sink.add_if(is_small, FaultCode::AmountBelowMinimum);
    if is_charge {
        request.strict(StripeCharge::decode(request.text));
    } else if request.found.intent == "session" {
        request.sink.add_found(FaultCode::IntentUnknown, &request.found.intent.clone());
    }
}
