//! What each payment method puts into a challenge's request and a credential's payload.
//!
//! Requests are read strictly where they move money: an amount is a text of digits, an address is
//! complete, and what would pay more or someone else than the rest says is an error. Fields that
//! are not known here are never lost, because an answer repeats the request as it came.

pub mod evm;
pub mod evm_authorization;
pub mod lightning;
pub mod stripe;
pub mod tempo;

use super::jcs::JsonError;
use crate::{
    bolt11::InvoiceError,
    evm::{Address, AmountError, B256, Bytes, ChainId, U256, is_evm_address},
};
use farebox_money::Msat;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The intent of every request here: pay once, get one answer.
pub const CHARGE: &str = "charge";

/// JSON numbers above this are not the same in every reader.
const JSON_INTEGER_MAX: u64 = (1 << 53) - 1;

/// A request that must not be paid, or cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not JSON of the method's form.
    #[error("the request cannot be read: {0}")]
    Json(#[from] JsonError),
    /// What the method needs is missing.
    #[error("the request has no '{0}'")]
    Missing(&'static str),
    /// Not a whole number of the smallest unit, written in digits alone.
    #[error("the request's amount cannot be read: {0}")]
    Amount(#[from] AmountError),
    /// Nothing, or more than the method can move.
    #[error("the request's amount is 0 or too large")]
    AmountRange,
    /// Not `0x` and 40 hexadecimal digits.
    #[error("the request's '{0}' is no address")]
    Address(&'static str),
    /// Not the number of a chain.
    #[error("the request's 'chainId' is not the number of a chain")]
    ChainId,
    /// Not a currency of the method.
    #[error("the request's currency '{0}' is not one of this method")]
    Currency(String),
    /// A split of the amount between several recipients.
    #[error("the request splits the amount between recipients, which is not supported")]
    Splits,
    /// The invoice cannot be paid.
    #[error("the request's invoice cannot be paid: {0}")]
    Invoice(#[from] InvoiceError),
    /// Two different invoices.
    #[error("the request has two different invoices")]
    TwoInvoices,
    /// The invoice leaves the amount open.
    #[error("the request's invoice names no amount")]
    OpenAmount,
    /// The invoice asks for another amount than the request says.
    #[error("the request says {claimed} sats, its invoice asks for {invoiced}")]
    AmountMismatch {
        /// As the request says it.
        claimed: String,
        /// As the invoice says it.
        invoiced: Msat,
    },
    /// The invoice is of another payment or network than the request says.
    #[error("the request's '{0}' is not that of its invoice")]
    InvoiceMismatch(&'static str),
    /// An amount of part of a sat, which a request cannot say.
    #[error("the invoice asks for a part of a sat; ask for whole sats")]
    PartOfSat,
    /// A network that the method has no name for.
    #[error("invoices of this network cannot be offered; use mainnet, signet or regtest")]
    Network,
    /// A text that is too long, or has a character that it cannot have.
    #[error("the request's '{0}' is not valid")]
    Text(&'static str),
}

/// A payload that does not prove a payment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not of the method's form.
    #[error("the payload cannot be read: {0}")]
    Invalid(String),
    /// A way to pay that the method has but this server does not take.
    #[error("payloads of the type '{found}' are not supported; send '{supported}'")]
    UnsupportedType {
        /// What was sent.
        found: String,
        /// What can be sent.
        supported: &'static str,
    },
}

/// Reads a payload. The error names the fields, not their content, which can be a secret.
fn read_payload<T: DeserializeOwned>(payload: &Value) -> Result<T, PayloadError> {
    if !payload.is_object() {
        return Err(PayloadError::Invalid("it is not an object".to_owned()));
    }
    // Only a missing field is told: the library's other texts quote what was sent.
    T::deserialize(payload).map_err(|error| match error.to_string() {
        text if text.starts_with("missing field") => PayloadError::Invalid(text),
        _ => PayloadError::Invalid("a field has the wrong form".to_owned()),
    })
}

fn nonzero(amount: U256) -> Result<U256, RequestError> {
    if amount.is_zero() { Err(RequestError::AmountRange) } else { Ok(amount) }
}

/// An address in any case: in this protocol many are written in mixed case that is no checksum,
/// the draft's own examples among them, and they are to be compared by their bytes.
fn address(text: &str, name: &'static str) -> Result<Address, RequestError> {
    let address = is_evm_address(text).then(|| text.parse().ok()).flatten();
    address.ok_or(RequestError::Address(name))
}

fn chain_id(number: u64) -> Result<ChainId, RequestError> {
    let is_number = (1..=JSON_INTEGER_MAX).contains(&number);
    if is_number { Ok(ChainId::new(number)) } else { Err(RequestError::ChainId) }
}

/// `0x` and hexadecimal digits, not empty. A payload's length is limited with its credential's.
fn hex_bytes(text: &str, name: &str) -> Result<Bytes, PayloadError> {
    let bytes = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
    let bytes = bytes.filter(|bytes| !bytes.is_empty());
    let malformed = || PayloadError::Invalid(format!("'{name}' is not 0x and hexadecimal digits"));
    bytes.map(Bytes::from).ok_or_else(malformed)
}

/// Exactly 32 bytes of [`hex_bytes`].
fn hex_word(text: &str, name: &str) -> Result<B256, PayloadError> {
    let bytes = hex_bytes(text, name)?;
    let malformed = |_| PayloadError::Invalid(format!("'{name}' has not 32 bytes"));
    B256::try_from(bytes.as_ref()).map_err(malformed)
}

/// The `type` of a payload, cut to what an error may quote.
fn payload_type(payload: &Value) -> String {
    let kind = payload.get("type").and_then(Value::as_str).unwrap_or_default();
    kind.chars().take(32).collect()
}
