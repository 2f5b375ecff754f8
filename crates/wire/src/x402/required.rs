//! The challenge of version 2.

use super::{
    PaymentRequirements, VersionTag, WireError, decode_header, encode_header, header, slack,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// What may be paid for a request (`PaymentRequired`, version 2).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRequired {
    /// Always 2.
    pub x402_version: VersionTag<2>,
    /// Why the request was not served, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What is paid for. The specification demands it; some sellers leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "object_or_url")]
    pub resource: Option<ResourceInfo>,
    /// The ways to pay. Entries of a wrong form are left out when a challenge is read.
    #[serde(deserialize_with = "slack::readable")]
    pub accepts: Vec<PaymentRequirements>,
    /// Extensions by name, to be sent back with the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Map<String, Value>>,
    /// Fields that we do not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// What is paid for. Texts of a stranger: not to be trusted, nor shown unfiltered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceInfo {
    /// The URL, as the seller sees it.
    pub url: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the answer will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// The seller's name: 1 to 32 printable ASCII characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    /// At most five words of at most 32 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// A picture for directories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon_url: Option<String>,
    /// Fields that we do not know, kept to be sent back.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl PaymentRequired {
    /// Reads the value of [`super::PAYMENT_REQUIRED`].
    pub fn parse_header(value: &str) -> Result<Self, WireError> {
        Self::from_object(decode_header(value)?)
    }

    /// Reads the JSON object, wherever it stood.
    pub fn from_object(object: Map<String, Value>) -> Result<Self, WireError> {
        if header::version_of(&object) != Some(2) {
            return Err(WireError::Version);
        }
        header::from_object(object)
    }

    /// The value of [`super::PAYMENT_REQUIRED`].
    #[must_use]
    pub fn to_header(&self) -> String {
        encode_header(self)
    }
}

/// Some sellers write the URL alone; what has no form at all counts as left out.
fn object_or_url<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<ResourceInfo>, D::Error> {
    Ok(match Value::deserialize(reader)? {
        Value::String(url) => Some(ResourceInfo { url, ..ResourceInfo::default() }),
        value => serde_json::from_value(value).ok(),
    })
}
