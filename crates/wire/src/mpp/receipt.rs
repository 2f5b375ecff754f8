//! `Payment-Receipt`: what a seller confirms with a successful answer.

use super::{
    REQUEST_LEN_MAX, base64url,
    jcs::{self, JsonError},
    timestamp::{format_timestamp, parse_timestamp},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A receipt. What it says is the seller's word, not a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    status: Success,
    /// The payment method.
    pub method: String,
    /// When it was paid, as sent; read it with [`Receipt::paid_at`].
    pub timestamp: String,
    /// What names the payment: a payment hash, a transaction hash. Never a secret.
    pub reference: String,
    /// The challenge that was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge_id: Option<String>,
    /// The seller's own name for what was bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The chain that it was paid on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain_id: Option<u64>,
    /// Everything else, kept as it came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The only status that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Success {
    Success,
}

/// A header that is no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Longer than [`REQUEST_LEN_MAX`].
    #[error("the receipt is longer than {REQUEST_LEN_MAX} bytes")]
    TooLong,
    /// Not base64url of the JSON of a receipt.
    #[error("the receipt cannot be read: {0}")]
    Invalid(JsonError),
    /// A time that is neither RFC 3339 nor seconds since 1970.
    #[error("the receipt's time cannot be read")]
    Timestamp,
}

impl Receipt {
    /// A receipt for a payment at that time, in seconds since 1970.
    #[must_use]
    pub fn new(method: &str, reference: &str, challenge_id: &str, paid_at: u64) -> Self {
        Self {
            status: Success::Success,
            method: method.to_owned(),
            timestamp: format_timestamp(paid_at),
            reference: reference.to_owned(),
            challenge_id: Some(challenge_id.to_owned()),
            external_id: None,
            chain_id: None,
            extra: Map::new(),
        }
    }

    /// Reads the value of a header.
    ///
    /// # Errors
    /// When it is not a receipt.
    pub fn parse(value: &str) -> Result<Self, ReceiptError> {
        let value = value.trim_ascii();
        if value.len() > REQUEST_LEN_MAX {
            return Err(ReceiptError::TooLong);
        }
        let receipt: Self = jcs::decode(value).map_err(ReceiptError::Invalid)?;
        if receipt.paid_at().is_none() {
            return Err(ReceiptError::Timestamp);
        }
        Ok(receipt)
    }

    /// The value of the header. Send it with a successful answer only.
    ///
    /// # Errors
    /// When it is longer than a receipt may be.
    pub fn render(&self) -> Result<String, ReceiptError> {
        let rendered =
            jcs::to_string(self).map(base64url::encode).map_err(ReceiptError::Invalid)?;
        if rendered.len() > REQUEST_LEN_MAX {
            return Err(ReceiptError::TooLong);
        }
        Ok(rendered)
    }

    /// When it was paid, in seconds since 1970.
    #[must_use]
    pub fn paid_at(&self) -> Option<u64> {
        parse_timestamp(&self.timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_receipt_says_what_was_paid() {
        let receipt = Receipt::new("lightning", "00ff", "id", 1_736_164_800);
        let json =
            String::from_utf8(base64url::decode(&receipt.render().unwrap()).unwrap()).unwrap();
        let expected = r#"{"challengeId":"id","method":"lightning","reference":"00ff","status":"success","timestamp":"2025-01-06T12:00:00Z"}"#;
        assert_eq!(json, expected);
    }

    #[test]
    fn unknown_fields_are_kept() {
        let json = r#"{"a":{"b":[1]},"chainId":84532,"method":"evm","reference":"0x1","status":"success","timestamp":"2025-01-06T12:00:00.123Z"}"#;
        let value = base64url::encode(json);
        let receipt = Receipt::parse(&format!(" {value} ")).unwrap();
        assert_eq!((receipt.chain_id, receipt.paid_at()), (Some(84_532), Some(1_736_164_800)));
        assert_eq!(receipt.extra["a"]["b"][0], 1);
        assert_eq!(receipt.render().unwrap(), value);
    }

    #[test]
    fn what_is_no_receipt_is_refused() {
        let good = r#"{"method":"evm","reference":"r","status":"success","timestamp":"2025-01-06T12:00:00Z"}"#;
        assert!(Receipt::parse(&base64url::encode(good)).is_ok());
        for (from, to) in
            [("success", "failed"), ("2025", "x"), ("\"reference\":\"r\",", ""), ("}", "")]
        {
            let bad = base64url::encode(good.replacen(from, to, 1));
            assert!(Receipt::parse(&bad).is_err(), "{to} was taken");
        }
        assert_eq!(Receipt::parse(&"A".repeat(20_000)), Err(ReceiptError::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(method in "[a-z]{1,9}", reference in "\\PC{0,40}", paid_at in 0_u64..100_000_000_000) {
            let mut receipt = Receipt::new(&method, &reference, "id", paid_at);
            receipt.external_id = Some(reference);
            prop_assert_eq!(Receipt::parse(&receipt.render().unwrap()), Ok(receipt));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,80}") {
            let _ = Receipt::parse(&text);
            let _ = Receipt::parse(&base64url::encode(text));
        }
    }
}
