//! The name of one payment, on any rail.

use farebox_wire::evm::B256;
use farebox_wire::lightning::PaymentHash;
use std::fmt;

/// Names a payment for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentId {
    /// Of a Lightning payment.
    Hash(PaymentHash),
    /// The nonce of a signed authorization, which its payer uses once with a token.
    Authorization(B256),
    /// The hash of a transaction.
    Transaction(B256),
}

impl PaymentId {
    /// As stored: hexadecimal, without any prefix.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Hash(hash) => hash.to_string(),
            Self::Authorization(word) | Self::Transaction(word) => hex::encode(word),
        }
    }

    /// What kind of a name it is, for people.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Hash(_) => "payment hash",
            Self::Authorization(_) => "authorization",
            Self::Transaction(_) => "transaction",
        }
    }
}

/// `payment hash 0ab1…`, `authorization 0x…`
impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash(hash) => write!(f, "{} {hash}", self.kind()),
            Self::Authorization(word) | Self::Transaction(word) => {
                write!(f, "{} {word}", self.kind())
            }
        }
    }
}
