//! What LND answers, as far as it is read. 64-bit integers are texts, bytes are base64.

use crate::history::invoiced;
use crate::invoice::proof;
use crate::{
    Direction, FailureKind, InvoiceStatus, PaymentRecord, PaymentStatus, RecordState, WalletError,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use serde::{Deserialize, Deserializer, de::Error};

/// A payment, in `POST /v2/router/send` and `GET /v2/router/track/…`.
#[derive(Deserialize)]
pub(super) struct Payment {
    pub(super) status: String,
    #[serde(default)]
    pub(super) payment_preimage: String,
    #[serde(default, deserialize_with = "integer")]
    pub(super) fee_msat: u64,
    #[serde(default)]
    pub(super) failure_reason: String,
    #[serde(default)]
    payment_hash: String,
    #[serde(default, deserialize_with = "integer")]
    value_msat: u64,
    #[serde(default, deserialize_with = "integer")]
    creation_time_ns: u64,
    #[serde(default)]
    payment_request: String,
}

/// `GET /v1/payments`
#[derive(Deserialize)]
pub(super) struct PaymentList {
    #[serde(default)]
    pub(super) payments: Vec<Payment>,
}

/// An invoice of ours.
#[derive(Deserialize)]
pub(super) struct Invoice {
    /// Base64.
    #[serde(default)]
    r_hash: String,
    state: String,
    #[serde(default, deserialize_with = "integer")]
    amt_paid_msat: u64,
    #[serde(default, deserialize_with = "integer")]
    pub(super) settle_index: u64,
    #[serde(default, deserialize_with = "integer")]
    settle_date: u64,
    #[serde(default)]
    memo: String,
}

/// `GET /v1/invoices`
#[derive(Deserialize)]
pub(super) struct InvoiceList {
    #[serde(default)]
    pub(super) invoices: Vec<Invoice>,
    #[serde(default, deserialize_with = "integer")]
    pub(super) last_index_offset: u64,
    #[serde(default, deserialize_with = "integer")]
    pub(super) first_index_offset: u64,
}

/// `POST /v1/invoices`
#[derive(Deserialize)]
pub(super) struct Created {
    pub(super) payment_request: String,
}

/// `GET /v1/balance/channels`
#[derive(Deserialize)]
pub(super) struct ChannelBalance {
    pub(super) local_balance: Amount,
}

#[derive(Deserialize)]
pub(super) struct Amount {
    #[serde(default, deserialize_with = "integer")]
    pub(super) msat: u64,
}

/// `GET /v1/getinfo`
#[derive(Deserialize)]
pub(super) struct NodeInfo {
    pub(super) identity_pubkey: Option<String>,
    pub(super) chains: Vec<Chain>,
}

#[derive(Deserialize)]
pub(super) struct Chain {
    pub(super) network: String,
}

impl Payment {
    /// What became of the payment of `hash`; only the preimage proves that it was made.
    pub(super) fn status(self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        if self.payment_hash != hash.to_string() {
            let text = "the answer is about another payment";
            return Err(WalletError::Unreadable(text.into()));
        }
        match self.status.as_str() {
            "SUCCEEDED" => {
                let preimage = proof(Some(&self.payment_preimage), hash)?;
                Ok(PaymentStatus::Paid { preimage, fee: Msat::new(self.fee_msat) })
            }
            "FAILED" => Ok(PaymentStatus::Failed { reason: words(&self.failure_reason) }),
            "IN_FLIGHT" | "INITIATED" => Ok(PaymentStatus::Pending),
            _ => Err(WalletError::Unreadable("a payment in a state that is not known".into())),
        }
    }

    /// The payment as the history shows it.
    pub(super) fn record(&self) -> Result<PaymentRecord, WalletError> {
        let unreadable = |text: &str| WalletError::Unreadable(text.into());
        let state = match self.status.as_str() {
            "SUCCEEDED" => RecordState::Paid,
            "FAILED" => RecordState::Failed,
            "IN_FLIGHT" | "INITIATED" => RecordState::Pending,
            _ => return Err(unreadable("a payment in a state that is not known")),
        };
        let hash = self.payment_hash.parse();
        Ok(PaymentRecord {
            direction: Direction::Sent,
            payment_hash: hash.map_err(|_| unreadable("a payment without a payment hash"))?,
            amount: Msat::new(self.value_msat),
            fee: Msat::new(self.fee_msat),
            state,
            at: self.creation_time_ns / 1_000_000_000,
            description: invoiced(Some(&self.payment_request)).1,
        })
    }

    /// Why it failed.
    pub(super) fn failure(&self) -> (FailureKind, String) {
        let kind = match self.failure_reason.as_str() {
            "FAILURE_REASON_INSUFFICIENT_BALANCE" => FailureKind::InsufficientBalance,
            "FAILURE_REASON_NO_ROUTE" | "FAILURE_REASON_TIMEOUT" => FailureKind::NoRoute,
            "FAILURE_REASON_INCORRECT_PAYMENT_DETAILS" => FailureKind::Refused,
            _ => FailureKind::Other,
        };
        (kind, words(&self.failure_reason))
    }
}

impl Invoice {
    /// The payment hash.
    pub(super) fn hash(&self) -> Result<PaymentHash, WalletError> {
        let bytes = BASE64_STANDARD.decode(&self.r_hash).ok();
        let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
        let unreadable = || WalletError::Unreadable("an invoice without a payment hash".into());
        bytes.map(PaymentHash::new).ok_or_else(unreadable)
    }

    /// Whether it is paid; one that is held back is not.
    pub(super) fn is_settled(&self) -> bool {
        self.state == "SETTLED"
    }

    /// The invoice as the history shows it, once it is paid.
    pub(super) fn record(&self) -> Result<PaymentRecord, WalletError> {
        Ok(PaymentRecord {
            direction: Direction::Received,
            payment_hash: self.hash()?,
            amount: Msat::new(self.amt_paid_msat),
            fee: Msat::ZERO,
            state: RecordState::Paid,
            at: self.settle_date,
            description: self.memo.clone(),
        })
    }

    /// What became of it.
    pub(super) fn status(&self) -> Result<InvoiceStatus, WalletError> {
        match self.state.as_str() {
            "SETTLED" => Ok(InvoiceStatus::Settled { amount: Msat::new(self.amt_paid_msat) }),
            "OPEN" | "ACCEPTED" => Ok(InvoiceStatus::Open),
            "CANCELED" => Ok(InvoiceStatus::Expired),
            _ => Err(WalletError::Unreadable("an invoice in a state that is not known".into())),
        }
    }
}

/// A reason for people: `FAILURE_REASON_NO_ROUTE` is "no route".
fn words(reason: &str) -> String {
    let known = reason.strip_prefix("FAILURE_REASON_").unwrap_or(reason);
    let text = known.replace('_', " ").to_ascii_lowercase();
    crate::http::harmless(&text)
}

fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
