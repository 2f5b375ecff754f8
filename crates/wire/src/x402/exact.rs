//! What a buyer sends for the scheme `exact` on an EVM chain, with an EIP-3009 token.

use crate::evm::{
    B256, Signature, SignatureError, TransferAuthorization, U256, parse_address, parse_amount,
};
use alloy_primitives::Address;
use serde_json::{Map, Value, json};

/// An authorization and its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExactEvmPayload {
    /// What is allowed.
    pub authorization: TransferAuthorization,
    /// By whom, not yet checked.
    pub signature: Signature,
}

/// Why a payload is not one of `exact` with EIP-3009.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// It belongs to another way of transfer (Permit2, a chain other than EVM).
    #[error("the payload has no authorization: only EIP-3009 authorizations are taken here")]
    NoAuthorization,
    /// A field is missing or has the wrong form.
    #[error("the field {0} of the payload is missing or has the wrong form")]
    Field(&'static str),
    /// The signature has no form.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl ExactEvmPayload {
    /// Reads the `payload` of a payment.
    pub fn parse(payload: &Map<String, Value>) -> Result<Self, PayloadError> {
        let fields = payload.get("authorization").and_then(Value::as_object);
        let fields = fields.ok_or(PayloadError::NoAuthorization)?;
        let text = payload.get("signature").and_then(Value::as_str);
        let signature = Signature::parse(text.ok_or(PayloadError::Field("signature"))?)?;
        let authorization = TransferAuthorization {
            from: address(fields, "from")?,
            to: address(fields, "to")?,
            value: number(fields, "value")?,
            valid_after: number(fields, "validAfter")?,
            valid_before: number(fields, "validBefore")?,
            nonce: nonce(fields)?,
        };
        Ok(Self { authorization, signature })
    }

    /// The `payload` of a payment.
    #[must_use]
    pub fn to_object(&self) -> Map<String, Value> {
        let TransferAuthorization { from, to, value, valid_after, valid_before, nonce } =
            self.authorization;
        let authorization = json!({
            "from": from.to_checksum(None),
            "to": to.to_checksum(None),
            "value": value.to_string(),
            "validAfter": valid_after.to_string(),
            "validBefore": valid_before.to_string(),
            "nonce": nonce.to_string(),
        });
        let mut payload = Map::new();
        payload.insert("signature".to_owned(), self.signature.to_string().into());
        payload.insert("authorization".to_owned(), authorization);
        payload
    }
}

fn address(fields: &Map<String, Value>, name: &'static str) -> Result<Address, PayloadError> {
    let text = fields.get(name).and_then(Value::as_str);
    text.and_then(|text| parse_address(text).ok()).ok_or(PayloadError::Field(name))
}

/// Digits in a string; some buyers of version 1 send numbers.
fn number(fields: &Map<String, Value>, name: &'static str) -> Result<U256, PayloadError> {
    let found = match fields.get(name) {
        Some(Value::String(text)) => parse_amount(text).ok(),
        Some(Value::Number(number)) => number.as_u64().map(U256::from),
        _ => None,
    };
    found.ok_or(PayloadError::Field(name))
}

fn nonce(fields: &Map<String, Value>) -> Result<B256, PayloadError> {
    let text = fields.get("nonce").and_then(Value::as_str);
    let digits = text.and_then(|text| text.strip_prefix("0x"));
    let mut bytes = [0; 32];
    digits
        .and_then(|digits| hex::decode_to_slice(digits, &mut bytes).ok())
        .ok_or(PayloadError::Field("nonce"))?;
    Ok(bytes.into())
}
