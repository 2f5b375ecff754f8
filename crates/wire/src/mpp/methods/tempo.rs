//! `tempo/charge`: a TIP-20 transfer on the Tempo chain (draft-tempo-charge-00).

use super::{
    CHARGE, PayloadError, RequestError, address, chain_id, hex_bytes, hex_word, payload_type,
    read_payload,
};
use crate::{
    evm::{Address, B256, Bytes, ChainId, U256, parse_amount},
    mpp::jcs,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The method's name.
pub const METHOD: &str = "tempo";
/// The intent's name.
pub const INTENT: &str = CHARGE;

/// Who brings the transfer onto the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TempoMode {
    /// The seller, from a signed transaction.
    Pull,
    /// The buyer, who shows its hash.
    Push,
}

/// What is to be paid. The transfer has to carry the memo of [`crate::mpp::attribution`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TempoCharge {
    /// In the token's base units; 0 asks only for a proof of who the payer is.
    pub amount: U256,
    /// The token's contract.
    pub currency: Address,
    /// Who is paid.
    pub recipient: Address,
    /// The chain. `None` when the seller does not say; the drafts name different ones for that
    /// case, so a buyer must not guess.
    pub chain: Option<ChainId>,
    /// Whether the seller pays the chain's fee of a pulled transaction.
    pub fee_payer: bool,
    /// The modes that the seller takes. Empty when it does not say: both.
    pub supported_modes: Vec<TempoMode>,
    /// A memo of the seller's own, in place of that of the challenge.
    pub memo: Option<B256>,
    /// What it is for, in the seller's words.
    pub description: Option<String>,
    /// The seller's own name for what is sold.
    pub external_id: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    amount: String,
    currency: String,
    recipient: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(default)]
    method_details: Details,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    chain_id: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    fee_payer: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    supported_modes: Vec<TempoMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memo: Option<String>,
    #[serde(skip_serializing)]
    splits: Option<Value>,
}

impl TempoCharge {
    /// Whether the seller takes this mode.
    #[must_use]
    pub fn accepts(&self, mode: TempoMode) -> bool {
        self.supported_modes.is_empty() || self.supported_modes.contains(&mode)
    }

    /// The request as a challenge carries it.
    ///
    /// # Errors
    /// When the chain is not said or has no number.
    pub fn encode(&self) -> Result<String, RequestError> {
        let chain = chain_id(self.chain.ok_or(RequestError::ChainId)?.get())?;
        Ok(jcs::encode(&Wire {
            amount: self.amount.to_string(),
            currency: self.currency.to_string(),
            recipient: self.recipient.to_string(),
            description: self.description.clone(),
            external_id: self.external_id.clone(),
            method_details: Details {
                chain_id: Some(chain.get()),
                fee_payer: self.fee_payer,
                supported_modes: self.supported_modes.clone(),
                memo: self.memo.map(|memo| memo.to_string()),
                splits: None,
            },
        })?)
    }

    /// Reads a request.
    ///
    /// # Errors
    /// When it does not say exactly what is to be paid to whom.
    pub fn decode(request: &str) -> Result<Self, RequestError> {
        let wire: Wire = jcs::decode(request)?;
        let details = wire.method_details;
        if details.splits.is_some() {
            return Err(RequestError::Splits);
        }
        let memo = details.memo.map(|memo| hex_word(&memo, "memo")).transpose();
        let memo = memo.map_err(|_| RequestError::Text("memo"))?;
        Ok(Self {
            amount: parse_amount(&wire.amount)?,
            currency: address(&wire.currency, "currency")?,
            recipient: address(&wire.recipient, "recipient")?,
            chain: details.chain_id.map(chain_id).transpose()?,
            fee_payer: details.fee_payer,
            supported_modes: details.supported_modes,
            memo,
            description: wire.description,
            external_id: wire.external_id,
        })
    }
}

/// The payload of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TempoPayload {
    /// A signed transaction for the seller to bring onto the chain.
    Transaction(Bytes),
    /// The hash of the transaction that the buyer brought onto the chain.
    Hash(B256),
    /// A signature that proves who the payer is, for charges of 0.
    Proof(Bytes),
}

impl TempoPayload {
    /// Reads the payload of a credential.
    ///
    /// # Errors
    /// When it is none of the three.
    pub fn read(payload: &Value) -> Result<Self, PayloadError> {
        #[derive(Deserialize)]
        struct Wire {
            signature: Option<String>,
            hash: Option<String>,
        }
        let Wire { signature, hash } = read_payload(payload)?;
        let (signature, hash) = (signature.unwrap_or_default(), hash.unwrap_or_default());
        match payload_type(payload).as_str() {
            "transaction" => hex_bytes(&signature, "signature").map(Self::Transaction),
            "hash" => hex_word(&hash, "hash").map(Self::Hash),
            "proof" => hex_bytes(&signature, "signature").map(Self::Proof),
            found => Err(PayloadError::UnsupportedType {
                found: found.to_owned(),
                supported: "transaction, hash, proof",
            }),
        }
    }

    /// The payload of a credential.
    #[must_use]
    pub fn payload(&self) -> Value {
        match self {
            Self::Transaction(raw) => {
                json!({ "type": "transaction", "signature": raw.to_string() })
            }
            Self::Hash(hash) => json!({ "type": "hash", "hash": hash.to_string() }),
            Self::Proof(signature) => {
                json!({ "type": "proof", "signature": signature.to_string() })
            }
        }
    }
}
