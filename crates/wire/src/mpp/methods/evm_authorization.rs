//! The payload of `evm/charge` that is supported: a signed EIP-3009 transfer, tied to its
//! challenge by its nonce.

use super::{
    PayloadError, address,
    evm::{CredentialType, EvmCharge},
    hex_word, payload_type, read_payload,
};
use crate::evm::{B256, Signature, TransferAuthorization, U256, keccak256, parse_amount};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Value, json};

/// A transfer and the payer's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvmPayload {
    /// What was signed.
    pub authorization: TransferAuthorization,
    /// By whom: the account that pays, for the token to check.
    pub signature: Signature,
}

/// How the nonce follows from a challenge's id and realm. Both ways are in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NonceForm {
    /// The hash of the JSON array of both: what newer clients and servers use.
    #[default]
    JsonArray,
    /// The hash of both one after the other, as the draft says.
    Concatenation,
}

/// An authorization that pays something else than the charge. Its signature and its times are for
/// the settlement to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationMismatch {
    /// It pays someone else.
    #[error("the authorization pays another recipient than the challenge names")]
    Recipient,
    /// It pays more or less.
    #[error("the authorization pays another amount than the challenge asks for")]
    Value,
    /// It answers another challenge.
    #[error("the authorization's nonce is not that of the challenge")]
    Nonce,
}

impl NonceForm {
    /// The nonce for a challenge.
    #[must_use]
    pub fn nonce(self, challenge_id: &str, realm: &str) -> B256 {
        match self {
            Self::JsonArray => keccak256(json!([challenge_id, realm]).to_string()),
            Self::Concatenation => keccak256([challenge_id, realm].concat()),
        }
    }
}

impl EvmCharge {
    /// Checks that an authorization pays this charge for this challenge, and says in which form.
    ///
    /// # Errors
    /// When it pays something else.
    pub fn check_authorization(
        &self,
        authorization: &TransferAuthorization,
        challenge_id: &str,
        realm: &str,
    ) -> Result<NonceForm, AuthorizationMismatch> {
        if authorization.to != self.recipient {
            return Err(AuthorizationMismatch::Recipient);
        }
        if authorization.value != self.amount {
            return Err(AuthorizationMismatch::Value);
        }
        [NonceForm::JsonArray, NonceForm::Concatenation]
            .into_iter()
            .find(|form| form.nonce(challenge_id, realm) == authorization.nonce)
            .ok_or(AuthorizationMismatch::Nonce)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    from: String,
    to: String,
    #[serde(deserialize_with = "integer")]
    value: U256,
    #[serde(deserialize_with = "integer")]
    valid_after: U256,
    #[serde(deserialize_with = "integer")]
    valid_before: U256,
    nonce: String,
    signature: String,
}

/// Digits, or a number. What was meant is what was signed, so both are safe to read.
fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<U256, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => parse_amount(&text).map_err(D::Error::custom),
        Value::Number(number) => {
            number.as_u64().map(U256::from).ok_or_else(|| D::Error::custom("not a whole number"))
        }
        _ => Err(D::Error::custom("not a number")),
    }
}

impl EvmPayload {
    /// Reads the payload of a credential.
    ///
    /// # Errors
    /// [`PayloadError::UnsupportedType`] for the other ways to pay that the method has.
    pub fn read(payload: &Value) -> Result<Self, PayloadError> {
        let supported = CredentialType::Authorization.name();
        let found = payload_type(payload);
        if found != supported {
            return Err(PayloadError::UnsupportedType { found, supported });
        }
        let wire: Wire = read_payload(payload)?;
        let account = |text: &str, name| {
            address(text, name)
                .map_err(|_| PayloadError::Invalid(format!("'{name}' is no address")))
        };
        let authorization = TransferAuthorization {
            from: account(&wire.from, "from")?,
            to: account(&wire.to, "to")?,
            value: wire.value,
            valid_after: wire.valid_after,
            valid_before: wire.valid_before,
            nonce: hex_word(&wire.nonce, "nonce")?,
        };
        let signature = Signature::parse(&wire.signature)
            .map_err(|error| PayloadError::Invalid(error.to_string()))?;
        Ok(Self { authorization, signature })
    }

    /// The payload of a credential.
    #[must_use]
    pub fn payload(&self) -> Value {
        let signed = &self.authorization;
        json!({
            "type": CredentialType::Authorization.name(),
            "from": signed.from.to_string(),
            "to": signed.to.to_string(),
            "value": signed.value.to_string(),
            "validAfter": signed.valid_after.to_string(),
            "validBefore": signed.valid_before.to_string(),
            "nonce": signed.nonce.to_string(),
            "signature": self.signature.to_string(),
        })
    }
}
