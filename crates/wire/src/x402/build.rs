//! The buyer's side: a signed payment for one way to pay.

use super::{
    ExactEvmPayload, ExactTerms, Payment, PaymentPayload, PaymentPayloadV1, PaymentRequired,
    PaymentRequirements, RequirementsV1, TermsError, VersionTag,
};
use crate::evm::{B256, EvmKey, TransferAuthorization, U256};
use serde_json::Map;

/// A signature of ours is never good for longer than this, whatever the seller asks.
pub const VALIDITY_MAX_S: u64 = 3_600;
/// How far back version 1 starts the time of an authorization, for clocks that differ.
const V1_BACKDATE_S: u64 = 600;

/// What a signature is made with.
#[derive(Debug)]
pub struct SignInputs<'a> {
    /// The payer.
    pub key: &'a EvmKey,
    /// 32 random bytes that this payer has not used before with this token.
    pub nonce: B256,
    /// Now, in seconds since 1970.
    pub now_s: u64,
}

/// Signs a payment of version 2 for `option`, which is one of `required.accepts`. The challenge's
/// resource and extensions are sent back as they came.
///
/// Whether the price, the token and the seller are acceptable is the caller's decision, made on
/// [`ExactTerms`] before.
pub fn pay_v2(
    required: &PaymentRequired,
    option: &PaymentRequirements,
    inputs: &SignInputs<'_>,
) -> Result<Payment, TermsError> {
    let terms = ExactTerms::from_v2(option)?;
    Ok(Payment::V2(Box::new(PaymentPayload {
        x402_version: VersionTag,
        resource: required.resource.clone(),
        accepted: option.clone(),
        payload: signed(&terms, inputs, 0).to_object(),
        extensions: required.extensions.clone(),
        other: Map::new(),
    })))
}

/// Signs a payment of version 1.
pub fn pay_v1(option: &RequirementsV1, inputs: &SignInputs<'_>) -> Result<Payment, TermsError> {
    let terms = ExactTerms::from_v1(option)?;
    let valid_after_s = inputs.now_s.saturating_sub(V1_BACKDATE_S);
    Ok(Payment::V1(PaymentPayloadV1 {
        x402_version: VersionTag,
        scheme: option.scheme.clone(),
        network: option.network.clone(),
        payload: signed(&terms, inputs, valid_after_s).to_object(),
        other: Map::new(),
    }))
}

fn signed(terms: &ExactTerms, inputs: &SignInputs<'_>, valid_after_s: u64) -> ExactEvmPayload {
    let validity_s = terms.max_timeout_s.min(VALIDITY_MAX_S);
    let authorization = TransferAuthorization {
        from: inputs.key.address(),
        to: terms.pay_to,
        value: terms.amount,
        valid_after: U256::from(valid_after_s),
        valid_before: U256::from(inputs.now_s.saturating_add(validity_s)),
        nonce: inputs.nonce,
    };
    ExactEvmPayload { authorization, signature: authorization.sign(&terms.domain, inputs.key) }
}
