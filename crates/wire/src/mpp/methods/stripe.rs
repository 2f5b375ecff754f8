//! `stripe/charge`: a card or bank payment through Stripe, by a token that the buyer's wallet
//! issued for this purchase.

use super::{CHARGE, PayloadError, RequestError, read_payload};
use crate::{evm::parse_amount, mpp::jcs};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt};

/// The method's name.
pub const METHOD: &str = "stripe";
/// The intent's name.
pub const INTENT: &str = CHARGE;

/// Stripe takes at most this many digits.
const AMOUNT_MAX: u64 = 99_999_999_999;
const NAME_LEN_MAX: usize = 255;
const TYPES_MAX: usize = 32;
const METADATA_MAX: usize = 50;

/// What is to be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripeCharge {
    /// In the currency's smallest unit, such as cents; above 0.
    pub amount_minor_units: u64,
    /// Three lower-case letters (ISO 4217).
    pub currency: String,
    /// The seller's profile, which the buyer's token is issued for.
    pub network_id: String,
    /// Such as `card`, the preferred first.
    pub payment_method_types: Vec<String>,
    /// Goes into the payment at Stripe.
    pub metadata: BTreeMap<String, String>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    method_details: Details,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    network_id: String,
    payment_method_types: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
}

impl StripeCharge {
    /// The request as a challenge carries it.
    ///
    /// # Errors
    /// When the amount or a text cannot be one of Stripe's.
    pub fn encode(&self) -> Result<String, RequestError> {
        self.check()?;
        Ok(jcs::encode(&Wire {
            amount: self.amount_minor_units.to_string(),
            currency: self.currency.clone(),
            description: self.description.clone(),
            external_id: self.external_id.clone(),
            method_details: Details {
                network_id: self.network_id.clone(),
                payment_method_types: self.payment_method_types.clone(),
                metadata: self.metadata.clone(),
            },
        })?)
    }

    /// Reads a request.
    ///
    /// # Errors
    /// When it does not say exactly what is to be paid to whom.
    pub fn decode(request: &str) -> Result<Self, RequestError> {
        let wire: Wire = jcs::decode(request)?;
        let amount = parse_amount(&wire.amount)?;
        let charge = Self {
            amount_minor_units: amount.try_into().map_err(|_| RequestError::AmountRange)?,
            currency: wire.currency,
            network_id: wire.method_details.network_id,
            payment_method_types: wire.method_details.payment_method_types,
            metadata: wire.method_details.metadata,
            description: wire.description,
            external_id: wire.external_id,
        };
        charge.check().map(|()| charge)
    }

    fn check(&self) -> Result<(), RequestError> {
        if !(1..=AMOUNT_MAX).contains(&self.amount_minor_units) {
            return Err(RequestError::AmountRange);
        }
        let is_currency =
            self.currency.len() == 3 && self.currency.bytes().all(|byte| byte.is_ascii_lowercase());
        if !is_currency {
            return Err(RequestError::Currency(self.currency.clone()));
        }
        if !is_name(&self.network_id) {
            return Err(RequestError::Text("networkId"));
        }
        let types = &self.payment_method_types;
        if types.len() > TYPES_MAX || !types.iter().all(|name| is_name(name)) {
            return Err(RequestError::Text("paymentMethodTypes"));
        }
        if self.metadata.len() > METADATA_MAX {
            return Err(RequestError::Text("metadata"));
        }
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=NAME_LEN_MAX).contains(&text.len()) && text.bytes().all(is_part)
}

/// The payload of a credential: a token that lets the seller charge the buyer once. Its `Debug`
/// hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct StripePayload {
    token: String,
    /// The buyer's repetition of the seller's own name for what is sold.
    pub external_id: Option<String>,
}

impl StripePayload {
    /// From a shared payment token, `spt_…`.
    ///
    /// # Errors
    /// When it is no such token.
    pub fn new(token: &str) -> Result<Self, PayloadError> {
        if !token.starts_with("spt_") || !is_name(token) {
            return Err(PayloadError::Invalid("'spt' is no shared payment token".to_owned()));
        }
        Ok(Self { token: token.to_owned(), external_id: None })
    }

    /// The token. Named so that a leak is easy to search for.
    #[must_use]
    pub fn reveal_token(&self) -> &str {
        &self.token
    }

    /// Reads the payload of a credential.
    ///
    /// # Errors
    /// When it has no such token.
    pub fn read(payload: &Value) -> Result<Self, PayloadError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire {
            spt: String,
            external_id: Option<String>,
        }
        let Wire { spt, external_id } = read_payload(payload)?;
        Ok(Self { external_id, ..Self::new(&spt)? })
    }

    /// The payload of a credential.
    #[must_use]
    pub fn payload(&self) -> Value {
        let mut payload = json!({ "spt": self.token });
        if let (Some(name), Some(fields)) = (&self.external_id, payload.as_object_mut()) {
            fields.insert("externalId".to_owned(), json!(name));
        }
        payload
    }
}

impl fmt::Debug for StripePayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripePayload")
            .field("external_id", &self.external_id)
            .finish_non_exhaustive()
    }
}
