//! `evm/charge`: a token transfer on an EVM chain (draft-evm-charge-01).

use super::{CHARGE, RequestError, address, chain_id, nonzero};
use crate::{
    evm::{Address, ChainId, U256, parse_amount},
    mpp::jcs,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The method's name.
pub const METHOD: &str = "evm";
/// The intent's name.
pub const INTENT: &str = CHARGE;

/// More ways to pay than this are not looked at.
const TYPES_MAX: usize = 16;

/// How an EVM payment can be proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialType {
    /// A signed EIP-3009 transfer that the seller submits.
    Authorization,
    /// A signed Permit2 transfer that the seller submits.
    Permit2,
    /// A signed transaction that the seller submits.
    Transaction,
    /// The hash of a transaction that the buyer submitted.
    Hash,
}

const TYPES: [(CredentialType, &str); 4] = [
    (CredentialType::Authorization, "authorization"),
    (CredentialType::Permit2, "permit2"),
    (CredentialType::Transaction, "transaction"),
    (CredentialType::Hash, "hash"),
];

/// What is to be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvmCharge {
    /// In the token's base units, above 0.
    pub amount: U256,
    /// The token's contract.
    pub currency: Address,
    /// Who is paid.
    pub recipient: Address,
    /// The chain.
    pub chain: ChainId,
    /// The ways that the seller takes, the best first. Empty when the seller does not say, which
    /// by the draft means a transaction or its hash.
    pub credential_types: Vec<CredentialType>,
    /// The token's decimals as the seller says them: for display only.
    pub decimals: Option<u8>,
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
    method_details: Details,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    chain_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decimals: Option<u8>,
    #[serde(skip_serializing)]
    splits: Option<Value>,
}

impl CredentialType {
    /// As a request and a payload write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        TYPES.iter().find(|(own, _)| *own == self).map_or("", |(_, name)| name)
    }

    /// The way of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        TYPES.iter().find(|(_, own)| *own == name).map(|(own, _)| *own)
    }
}

impl EvmCharge {
    /// Whether the seller takes this way to pay.
    #[must_use]
    pub fn accepts(&self, kind: CredentialType) -> bool {
        match self.credential_types.as_slice() {
            [] => matches!(kind, CredentialType::Transaction | CredentialType::Hash),
            types => types.contains(&kind),
        }
    }

    /// The request as a challenge carries it.
    ///
    /// # Errors
    /// When the amount is 0 or the chain has no number.
    pub fn encode(&self) -> Result<String, RequestError> {
        let types = self.credential_types.iter().map(|kind| kind.name().to_owned());
        let types: Vec<_> = types.collect();
        Ok(jcs::encode(&Wire {
            amount: nonzero(self.amount)?.to_string(),
            currency: self.currency.to_string(),
            recipient: self.recipient.to_string(),
            description: self.description.clone(),
            external_id: self.external_id.clone(),
            method_details: Details {
                chain_id: chain_id(self.chain.get())?.get(),
                credential_types: (!types.is_empty()).then_some(types),
                decimals: self.decimals,
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
        let types = details.credential_types.map(|names| {
            let known =
                names.iter().take(TYPES_MAX).filter_map(|name| CredentialType::from_name(name));
            known.collect::<Vec<_>>()
        });
        // Only types that are not known here is not the same as no word about types.
        if types.as_ref().is_some_and(Vec::is_empty) {
            return Err(RequestError::Text("credentialTypes"));
        }
        Ok(Self {
            amount: nonzero(parse_amount(&wire.amount)?)?,
            currency: address(&wire.currency, "currency")?,
            recipient: address(&wire.recipient, "recipient")?,
            chain: chain_id(details.chain_id)?,
            credential_types: types.unwrap_or_default(),
            decimals: details.decimals,
            description: wire.description,
            external_id: wire.external_id,
        })
    }
}
