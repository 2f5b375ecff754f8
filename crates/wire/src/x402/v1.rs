//! Messages of version 1: the challenge stands in the body, networks have plain names.

use super::{
    PaymentRequirements, VersionTag, WireError,
    header::{self, version_of},
    json::{BODY_LEN_MAX, parse_json_object},
    slack,
};
use crate::evm::Network;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The body of a 402 answer of version 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRequiredV1 {
    /// Always 1.
    pub x402_version: VersionTag<1>,
    /// Why the request was not served, for people.
    #[serde(default, deserialize_with = "slack::message")]
    pub error: String,
    /// The ways to pay. Entries of a wrong form are left out when a challenge is read.
    #[serde(deserialize_with = "slack::readable")]
    pub accepts: Vec<RequirementsV1>,
    /// Fields that we do not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One way to pay, of version 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequirementsV1 {
    /// How the amount is meant.
    pub scheme: String,
    /// A plain name: `base`.
    pub network: String,
    /// Units of the token, in digits.
    #[serde(deserialize_with = "slack::digits")]
    pub max_amount_required: String,
    /// The URL that is paid for.
    #[serde(default, deserialize_with = "slack::null_as_default")]
    pub resource: String,
    /// For people.
    #[serde(default, deserialize_with = "slack::null_as_default")]
    pub description: String,
    /// What the answer will be.
    #[serde(default, deserialize_with = "slack::null_as_default")]
    pub mime_type: String,
    /// How to call the resource, and what it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// Who is paid.
    pub pay_to: String,
    /// How long the server waits for the payment, in seconds.
    #[serde(deserialize_with = "slack::whole")]
    pub max_timeout_seconds: u64,
    /// The token's contract or mint.
    pub asset: String,
    /// What the scheme needs besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<Map<String, Value>>,
    /// Fields that we do not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A payment of version 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentPayloadV1 {
    /// Always 1.
    pub x402_version: VersionTag<1>,
    /// The scheme that was chosen.
    pub scheme: String,
    /// The network that was chosen, by its plain name.
    pub network: String,
    /// What the scheme sends.
    pub payload: Map<String, Value>,
    /// Fields that we do not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl PaymentRequiredV1 {
    /// Reads the body of a 402 answer.
    pub fn parse_body(body: &[u8]) -> Result<Self, WireError> {
        Self::from_object(parse_json_object(body, BODY_LEN_MAX)?)
    }

    /// Reads the JSON object.
    pub fn from_object(object: Map<String, Value>) -> Result<Self, WireError> {
        if version_of(&object) != Some(1) {
            return Err(WireError::Version);
        }
        header::from_object(object)
    }
}

impl RequirementsV1 {
    /// The same in version 2, which is the form that the rest of this module works on. Networks
    /// get their CAIP-2 name; `None` for a name that we do not know.
    #[must_use]
    pub fn to_v2(&self) -> Option<PaymentRequirements> {
        Some(PaymentRequirements {
            scheme: self.scheme.clone(),
            network: Network::parse_v1(&self.network)?.to_string(),
            amount: self.max_amount_required.clone(),
            asset: self.asset.clone(),
            pay_to: self.pay_to.clone(),
            max_timeout_seconds: self.max_timeout_seconds,
            extra: self.extra.clone(),
            other: Map::new(),
        })
    }
}
