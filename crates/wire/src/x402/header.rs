//! Names of the headers, and base64 of JSON in them.

use super::json::{JsonError, parse_json_object};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Serialize;
use serde_json::{Map, Value};

/// Version 2: what may be paid, in an answer with status 402.
pub const PAYMENT_REQUIRED: &str = "payment-required";
/// Version 2: the payment, in a request.
pub const PAYMENT_SIGNATURE: &str = "payment-signature";
/// Version 2: the receipt, in an answer, of success and of failure.
pub const PAYMENT_RESPONSE: &str = "payment-response";
/// Version 1: the payment, in a request.
pub const X_PAYMENT: &str = "x-payment";
/// Version 1: the receipt, in an answer.
pub const X_PAYMENT_RESPONSE: &str = "x-payment-response";

/// A header value longer than this is not read.
pub const HEADER_LEN_MAX: usize = 16 * 1_024;

const WRITER: GeneralPurpose = base64::engine::general_purpose::STANDARD;
const READER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Why a message of x402 was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A header value past [`HEADER_LEN_MAX`].
    #[error("the header is longer than {HEADER_LEN_MAX} bytes")]
    TooLong,
    /// Not base64 in any of its flavours.
    #[error("the header is not base64")]
    NotBase64,
    /// Not the JSON of an object, or past its limits.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// `x402Version` is missing or is not the one that was expected.
    #[error("x402Version is missing or is not a version that is supported here (1 or 2)")]
    Version,
    /// A field is missing or has the wrong form; the text names it.
    #[error("a field is missing or has the wrong form: {0}")]
    Field(String),
}

/// JSON as the value of a header: base64 of the standard alphabet, with padding.
#[must_use]
pub fn encode_header(message: &impl Serialize) -> String {
    #[expect(clippy::expect_used, reason = "messages are made of strings, numbers and JSON values")]
    let json = serde_json::to_vec(message).expect("messages have string keys");
    WRITER.encode(json)
}

/// The object in a header. Both alphabets, with and without padding, are read.
pub fn decode_header(value: &str) -> Result<Map<String, Value>, WireError> {
    if value.len() > HEADER_LEN_MAX {
        return Err(WireError::TooLong);
    }
    let standard: String = value
        .trim()
        .chars()
        .map(|character| match character {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    let json = READER.decode(standard).map_err(|_| WireError::NotBase64)?;
    Ok(parse_json_object(&json, HEADER_LEN_MAX)?)
}

/// Reads an object as a type of ours.
pub(super) fn from_object<T: serde::de::DeserializeOwned>(
    object: Map<String, Value>,
) -> Result<T, WireError> {
    serde_json::from_value(Value::Object(object))
        .map_err(|fault| WireError::Field(fault.to_string().chars().take(200).collect()))
}

/// `x402Version` of an object: a number, or the same in a string.
pub(super) fn version_of(object: &Map<String, Value>) -> Option<u64> {
    match object.get("x402Version")? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => super::slack::whole_number(number),
        _ => None,
    }
}
