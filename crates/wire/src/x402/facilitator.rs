//! The HTTP interface of facilitators: `/verify`, `/settle`, `/supported`.

use super::{
    Payment, PaymentRequirements, RequirementsV1, WireError,
    header::{self, version_of},
    json::{BODY_LEN_MAX, parse_json_object},
    slack,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What is asked of `POST /verify` and `POST /settle`.
#[derive(Clone, Debug, PartialEq)]
pub struct FacilitatorRequest {
    /// The payment, of either version.
    pub payment: Payment,
    /// What the seller asked for, in the form of version 2.
    pub requirements: PaymentRequirements,
}

/// The answer of `POST /verify`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyResponse {
    /// Whether the payment would be taken now.
    pub is_valid: bool,
    /// Who pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// Why not, as a code ([`super::ErrorCode`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid_reason: Option<String>,
    /// Why not, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid_message: Option<String>,
    /// Fields that we do not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The answer of `GET /supported`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SupportedResponse {
    /// What can be settled.
    #[serde(default, deserialize_with = "slack::null_as_default")]
    pub kinds: Vec<SupportedKind>,
    /// Names of extensions.
    #[serde(default, deserialize_with = "slack::null_as_default")]
    pub extensions: Vec<String>,
    /// The facilitator's own accounts by network (`eip155:*`).
    #[serde(default, deserialize_with = "slack::null_as_default")]
    pub signers: BTreeMap<String, Vec<String>>,
}

/// One kind of payment that a facilitator settles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SupportedKind {
    /// 1 or 2.
    #[serde(deserialize_with = "slack::whole")]
    pub x402_version: u64,
    /// The scheme.
    pub scheme: String,
    /// The network, by its name in that version.
    pub network: String,
    /// What the scheme needs besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<Map<String, Value>>,
}

impl FacilitatorRequest {
    /// Reads the body of a request.
    pub fn parse(body: &[u8]) -> Result<Self, WireError> {
        let mut object = parse_json_object(body, BODY_LEN_MAX)?;
        let payment = Payment::from_object(take_object(&mut object, "paymentPayload")?)?;
        let requirements = take_object(&mut object, "paymentRequirements")?;
        let version = version_of(&object);
        let requirements = match &payment {
            Payment::V1(_) if version.is_none_or(|version| version == 1) => {
                let v1: RequirementsV1 = header::from_object(requirements)?;
                v1.to_v2().ok_or_else(|| WireError::Field("network".to_owned()))?
            }
            Payment::V2(_) if version.is_none_or(|version| version == 2) => {
                header::from_object(requirements)?
            }
            _ => return Err(WireError::Version),
        };
        Ok(Self { payment, requirements })
    }

    /// The body of a request. `None` for a payment of version 1 on a network that has no name
    /// there. `url` is what is paid for.
    #[must_use]
    pub fn to_json(&self, url: &str) -> Option<Value> {
        Some(match &self.payment {
            Payment::V1(payment) => json!({
                "x402Version": 1,
                "paymentPayload": payment,
                "paymentRequirements": self.requirements.to_v1(url, "", "")?,
            }),
            Payment::V2(payment) => json!({
                "x402Version": 2,
                "paymentPayload": payment,
                "paymentRequirements": self.requirements,
            }),
        })
    }
}

fn take_object(
    object: &mut Map<String, Value>,
    name: &'static str,
) -> Result<Map<String, Value>, WireError> {
    match object.remove(name) {
        Some(Value::Object(inner)) => Ok(inner),
        _ => Err(WireError::Field(name.to_owned())),
    }
}
