//! What LNbits answers, as far as it is read. Amounts are millisatoshis, negative when they leave.

use crate::invoice::proof;
use crate::{Direction, InvoiceStatus, PaymentRecord, PaymentStatus, RecordState, WalletError};
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// A row of `GET /api/v1/payments`, the answer of `POST /api/v1/payments`, and the details of
/// one payment.
#[derive(Deserialize)]
pub(super) struct Payment {
    pub(super) payment_hash: PaymentHash,
    pub(super) amount: i64,
    #[serde(default)]
    pub(super) fee: i64,
    #[serde(default)]
    pub(super) status: String,
    pub(super) preimage: Option<String>,
    #[serde(default)]
    pub(super) bolt11: String,
    updated_at: Option<String>,
    memo: Option<String>,
}

/// `GET /api/v1/payments/{hash}`
#[derive(Deserialize)]
pub(super) struct Found {
    paid: bool,
    preimage: Option<String>,
    /// Only for the wallet that the payment is of.
    pub(super) details: Option<Payment>,
}

/// `GET /api/v1/wallet`
#[derive(Deserialize)]
pub(super) struct Wallet {
    pub(super) balance: i64,
}

/// An error that is about a payment: HTTP 520.
#[derive(Deserialize)]
pub(super) struct Complaint {
    pub(super) detail: String,
    #[serde(default)]
    pub(super) status: String,
}

impl Payment {
    /// The fee, whichever sign it has.
    pub(super) const fn fee(&self) -> Msat {
        Msat::new(self.fee.unsigned_abs())
    }

    /// When it was settled, in milliseconds since 1970; times without a zone are UTC.
    pub(super) fn settled_at_ms(&self) -> Option<u64> {
        let text = self.updated_at.as_deref()?;
        let at = text.parse::<Timestamp>().ok().or_else(|| {
            let at: DateTime = text.parse().ok()?;
            TimeZone::UTC.to_timestamp(at).ok()
        })?;
        u64::try_from(at.as_millisecond()).ok()
    }

    /// Whether it left this wallet.
    pub(super) const fn is_outgoing(&self) -> bool {
        self.amount < 0
    }

    /// The row as the history shows it.
    pub(super) fn record(&self) -> Result<PaymentRecord, WalletError> {
        let state = match self.status.as_str() {
            "success" => RecordState::Paid,
            "failed" => RecordState::Failed,
            "pending" => RecordState::Pending,
            _ => return Err(unknown_state()),
        };
        let direction = if self.is_outgoing() { Direction::Sent } else { Direction::Received };
        Ok(PaymentRecord {
            direction,
            payment_hash: self.payment_hash,
            amount: Msat::new(self.amount.unsigned_abs()),
            fee: self.fee(),
            state,
            at: self.settled_at_ms().unwrap_or_default() / 1_000,
            description: self.memo.clone().unwrap_or_default(),
        })
    }

    /// What became of an invoice of this wallet.
    pub(super) fn invoice(&self) -> Result<InvoiceStatus, WalletError> {
        match self.status.as_str() {
            "success" => {
                let amount = Msat::new(self.amount.unsigned_abs());
                Ok(InvoiceStatus::Settled { amount })
            }
            "failed" => Ok(InvoiceStatus::Expired),
            "pending" => Ok(InvoiceStatus::Open),
            _ => Err(unknown_state()),
        }
    }
}

impl Found {
    /// What became of the payment of `hash` by this wallet; `None` when it is an invoice of it.
    pub(super) fn payment(self, hash: PaymentHash) -> Result<Option<PaymentStatus>, WalletError> {
        let (paid, shown) = (self.paid, self.preimage.clone());
        let details = self.details(hash)?;
        if !details.is_outgoing() {
            return Ok(None);
        }
        let fee = details.fee();
        match details.status.as_str() {
            "success" if paid => {
                let preimage = shown.or(details.preimage);
                let preimage = proof(preimage.as_deref(), hash)?;
                Ok(Some(PaymentStatus::Paid { preimage, fee }))
            }
            "failed" if !paid => {
                let reason = "LNbits has it as failed".into();
                Ok(Some(PaymentStatus::Failed { reason }))
            }
            "pending" if !paid => Ok(Some(PaymentStatus::Pending)),
            _ => Err(unknown_state()),
        }
    }

    /// The details, which LNbits keeps back from a key that is not this wallet's.
    pub(super) fn details(self, hash: PaymentHash) -> Result<Payment, WalletError> {
        let details = self.details.ok_or(WalletError::Unauthorized)?;
        if details.payment_hash == hash {
            return Ok(details);
        }
        Err(WalletError::Unreadable("the answer is about another payment".into()))
    }
}

fn unknown_state() -> WalletError {
    WalletError::Unreadable("a payment in a state that is not known".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_zone() {
        for (text, at_ms) in [
            ("2026-11-20T06:00:00.250000+00:00", 1_795_154_400_250),
            ("2026-11-20T06:00:00.25", 1_795_154_400_250),
            ("2026-11-20T07:00:00+01:00", 1_795_154_400_000),
        ] {
            let hash = "00".repeat(32);
            let row = format!(
                r#"{{"payment_hash":"{hash}","amount":1000,"preimage":null,"updated_at":"{text}"}}"#
            );
            let row: Payment = serde_json::from_str(&row).unwrap();
            assert_eq!(row.settled_at_ms(), Some(at_ms), "{text}");
        }
    }
}
