//! The payload of `evm/charge` that is supported: a signed EIP-3009 transfer, tied to its
//! challenge by its nonce.

use super::{
    PayloadError,
    evm::{CredentialType, EvmCharge},
    read_payload,
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Value, json};

/// Signatures of accounts that are contracts are longer than 65 bytes, but not than this.
const SIGNATURE_LEN_MAX: usize = 4 * 1_024;

/// A signed transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Who pays.
    pub from: Address,
    /// Who is paid.
    pub to: Address,
    /// In the token's base units.
    pub value: U256,
    /// Valid after this second since 1970.
    pub valid_after: U256,
    /// Valid before this second since 1970.
    pub valid_before: U256,
    /// Used once by each payer, by the token's own word.
    pub nonce: B256,
    /// Over all of this, the chain and the token.
    pub signature: Bytes,
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
        authorization: &Authorization,
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
    from: Address,
    to: Address,
    #[serde(deserialize_with = "integer")]
    value: U256,
    #[serde(deserialize_with = "integer")]
    valid_after: U256,
    #[serde(deserialize_with = "integer")]
    valid_before: U256,
    nonce: B256,
    signature: Bytes,
}

/// Digits, or a number. What was meant is what was signed, so both are safe to read.
fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<U256, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => super::base_units(&text, "").map_err(D::Error::custom),
        Value::Number(number) => {
            number.as_u64().map(U256::from).ok_or_else(|| D::Error::custom("not a whole number"))
        }
        _ => Err(D::Error::custom("not a number")),
    }
}

impl Authorization {
    /// Reads the payload of a credential.
    ///
    /// # Errors
    /// [`PayloadError::UnsupportedType`] for the other ways to pay that the method has.
    pub fn read(payload: &Value) -> Result<Self, PayloadError> {
        let supported = CredentialType::Authorization.name();
        let kind = payload.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind != supported {
            let found: String = kind.chars().take(32).collect();
            return Err(PayloadError::UnsupportedType { found, supported });
        }
        let wire: Wire = read_payload(payload)?;
        if !(65..=SIGNATURE_LEN_MAX).contains(&wire.signature.len()) {
            return Err(PayloadError::Invalid("the signature has not 65 bytes".to_owned()));
        }
        Ok(Self {
            from: wire.from,
            to: wire.to,
            value: wire.value,
            valid_after: wire.valid_after,
            valid_before: wire.valid_before,
            nonce: wire.nonce,
            signature: wire.signature,
        })
    }

    /// The payload of a credential.
    #[must_use]
    pub fn payload(&self) -> Value {
        json!({
            "type": CredentialType::Authorization.name(),
            "from": self.from.to_string(),
            "to": self.to.to_string(),
            "value": self.value.to_string(),
            "validAfter": self.valid_after.to_string(),
            "validBefore": self.valid_before.to_string(),
            "nonce": self.nonce.to_string(),
            "signature": self.signature.to_string(),
        })
    }
}
