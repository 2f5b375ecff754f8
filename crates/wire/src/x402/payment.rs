//! A payment as a request carries it.

use super::{
    ExactEvmPayload, PAYMENT_SIGNATURE, PayloadError, PaymentPayloadV1, PaymentRequirements,
    ResourceInfo, VersionTag, WireError, X_PAYMENT, decode_header, encode_header,
    header::{self, version_of},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A payment of version 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentPayload {
    /// Always 2.
    pub x402_version: VersionTag<2>,
    /// What is paid for, as the challenge had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceInfo>,
    /// The way to pay that was chosen, as the challenge had it.
    pub accepted: PaymentRequirements,
    /// What the scheme sends.
    pub payload: Map<String, Value>,
    /// Extensions, as the challenge had them; more may be added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Map<String, Value>>,
    /// Fields that we do not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A payment of either version.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Payment {
    /// Version 1.
    V1(PaymentPayloadV1),
    /// Version 2.
    V2(Box<PaymentPayload>),
}

impl Payment {
    /// Reads the value of [`PAYMENT_SIGNATURE`] or [`X_PAYMENT`]; the message says which version
    /// it is.
    pub fn parse_header(value: &str) -> Result<Self, WireError> {
        Self::from_object(decode_header(value)?)
    }

    /// Reads the JSON object.
    pub fn from_object(object: Map<String, Value>) -> Result<Self, WireError> {
        match version_of(&object) {
            Some(1) => header::from_object(object).map(Self::V1),
            Some(2) => header::from_object(object).map(Box::new).map(Self::V2),
            _ => Err(WireError::Version),
        }
    }

    /// Name and value of the header that carries it.
    #[must_use]
    pub fn to_header(&self) -> (&'static str, String) {
        match self {
            Self::V1(payment) => (X_PAYMENT, encode_header(payment)),
            Self::V2(payment) => (PAYMENT_SIGNATURE, encode_header(payment)),
        }
    }

    /// The scheme that the buyer chose.
    #[must_use]
    pub fn scheme(&self) -> &str {
        match self {
            Self::V1(payment) => &payment.scheme,
            Self::V2(payment) => &payment.accepted.scheme,
        }
    }

    /// What the scheme sends.
    #[must_use]
    pub const fn payload(&self) -> &Map<String, Value> {
        match self {
            Self::V1(payment) => &payment.payload,
            Self::V2(payment) => &payment.payload,
        }
    }

    /// The EIP-3009 authorization in it.
    pub fn exact_evm(&self) -> Result<ExactEvmPayload, PayloadError> {
        ExactEvmPayload::parse(self.payload())
    }
}
