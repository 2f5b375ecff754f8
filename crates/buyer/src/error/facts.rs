//! What messages say of a payment.

use crate::PaymentId;
use crate::spend::Charge;
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use std::fmt;

/// A payment that was made: for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaidFacts {
    /// How much, the fee aside.
    pub amount: Msat,
    /// The fee on top.
    pub fee: Msat,
    /// The payment.
    pub payment_hash: PaymentHash,
    /// Seconds since 1970.
    pub paid_at: u64,
}

/// `5 sats (payment hash 0ab1…, paid 2026-01-02T03:04:05Z)`
impl fmt::Display for PaidFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (payment hash {}", self.amount, self.payment_hash)?;
        let second = i64::try_from(self.paid_at).ok();
        match second.and_then(|second| jiff::Timestamp::from_second(second).ok()) {
            Some(time) => write!(f, ", paid {time})"),
            None => write!(f, ")"),
        }
    }
}

/// A payment in tokens that was signed: for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferFacts {
    /// How much.
    pub charge: Charge,
    /// The payment.
    pub payment: PaymentId,
    /// Whether the money moved for certain, by the chain's word or the seller's.
    pub is_settled: bool,
    /// Until when the money can still move, in seconds since 1970, where it has not.
    pub valid_before: Option<u64>,
}

/// `0.01 USD (usdc@eip155:8453) (authorization 0x…)`
impl fmt::Display for TransferFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.charge, self.payment)
    }
}

impl TransferFacts {
    /// What is known of the money, for the end of a message.
    pub(super) fn fate(&self) -> String {
        let time = self.valid_before.and_then(|second| i64::try_from(second).ok());
        let time = time.and_then(|second| jiff::Timestamp::from_second(second).ok());
        match (self.is_settled, time) {
            (true, _) => "; the money has moved".to_owned(),
            (false, Some(time)) => format!("; the money can still be taken until {time}"),
            (false, None) => String::new(),
        }
    }
}
