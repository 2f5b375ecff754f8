//! The receipt: what became of a payment.

use super::{WireError, decode_header, encode_header, header, slack};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The outcome of a settlement (`SettleResponse`): the answer of a facilitator, and the value of
/// [`super::PAYMENT_RESPONSE`] and [`super::X_PAYMENT_RESPONSE`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettleResponse {
    /// Whether the money moved.
    pub success: bool,
    /// The transaction; empty when there is none.
    #[serde(default, deserialize_with = "slack::null_as_default")]
    pub transaction: String,
    /// The network, by the name of the payment's version.
    #[serde(default, deserialize_with = "slack::null_as_default")]
    pub network: String,
    /// Who paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// How much was taken, where it is not the amount of the challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Why not, as a code ([`super::ErrorCode`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_reason: Option<String>,
    /// Why not, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// Extensions by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Map<String, Value>>,
    /// Fields that we do not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl SettleResponse {
    /// Reads the value of a receipt's header.
    pub fn parse_header(value: &str) -> Result<Self, WireError> {
        header::from_object(decode_header(value)?)
    }

    /// The value of a receipt's header.
    #[must_use]
    pub fn to_header(&self) -> String {
        encode_header(self)
    }
}
