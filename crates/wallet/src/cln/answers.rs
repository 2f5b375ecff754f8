//! What Core Lightning answers, as far as it is read. Amounts are millisatoshis.

use crate::history::invoiced;
use crate::invoice::proof;
use crate::{Direction, InvoiceStatus, PaymentRecord, PaymentStatus, RecordState, WalletError};
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use serde::Deserialize;

/// `xpay`
#[derive(Deserialize)]
pub(super) struct Paid {
    pub(super) payment_preimage: Option<String>,
    amount_msat: Msat,
    amount_sent_msat: Msat,
}

/// `listpays`
#[derive(Deserialize)]
pub(super) struct Payments {
    pub(super) pays: Vec<Payment>,
}

/// One attempt, in `listpays`.
#[derive(Deserialize)]
pub(super) struct Payment {
    payment_hash: PaymentHash,
    status: String,
    preimage: Option<String>,
    #[serde(default)]
    amount_msat: Msat,
    #[serde(default)]
    amount_sent_msat: Msat,
    #[serde(default)]
    pub(super) created_at: u64,
    completed_at: Option<u64>,
    bolt11: Option<String>,
}

/// `invoice`
#[derive(Deserialize)]
pub(super) struct Created {
    pub(super) bolt11: String,
}

/// `listinvoices`
#[derive(Deserialize)]
pub(super) struct Invoices {
    pub(super) invoices: Vec<Invoice>,
}

/// An invoice of ours, in `listinvoices` and `waitanyinvoice`.
#[derive(Deserialize)]
pub(super) struct Invoice {
    pub(super) payment_hash: PaymentHash,
    status: String,
    pub(super) pay_index: Option<u64>,
    amount_received_msat: Option<Msat>,
    paid_at: Option<u64>,
    description: Option<String>,
}

/// `wait`, for the number of the latest invoice or part of a payment.
#[derive(Deserialize)]
pub(super) struct Latest {
    #[serde(default)]
    pub(super) created: u64,
    #[serde(default)]
    pub(super) updated: u64,
}

/// `listfunds`
#[derive(Deserialize)]
pub(super) struct Funds {
    pub(super) channels: Vec<Channel>,
}

#[derive(Deserialize)]
pub(super) struct Channel {
    pub(super) state: String,
    pub(super) our_amount_msat: Msat,
}

/// `getinfo`
#[derive(Deserialize)]
pub(super) struct NodeInfo {
    pub(super) id: Option<String>,
    pub(super) network: String,
}

impl Paid {
    pub(super) fn fee(&self) -> Msat {
        self.amount_sent_msat.checked_sub(self.amount_msat).unwrap_or_default()
    }
}

impl Payments {
    /// What became of the payment of `hash`: paid counts before pending before failed. Only the
    /// preimage proves that it was made.
    pub(super) fn status(self, hash: PaymentHash) -> Result<Option<PaymentStatus>, WalletError> {
        let mut best = None;
        for payment in self.pays {
            if payment.payment_hash != hash {
                let text = "the answer is about another payment";
                return Err(WalletError::Unreadable(text.into()));
            }
            let status = payment.status(hash)?;
            if rank(Some(&status)) > rank(best.as_ref()) {
                best = Some(status);
            }
        }
        Ok(best)
    }
}

impl Payment {
    /// The payment as the history shows it.
    pub(super) fn record(&self) -> Result<PaymentRecord, WalletError> {
        let state = match self.status.as_str() {
            "complete" => RecordState::Paid,
            "pending" => RecordState::Pending,
            "failed" => RecordState::Failed,
            _ => return Err(unknown_state("a payment")),
        };
        let (asked, description) = invoiced(self.bolt11.as_deref());
        let amount = asked.unwrap_or(self.amount_msat);
        let fee = match state {
            RecordState::Paid => self.amount_sent_msat.checked_sub(amount).unwrap_or_default(),
            RecordState::Pending | RecordState::Failed => Msat::ZERO,
        };
        Ok(PaymentRecord {
            direction: Direction::Sent,
            payment_hash: self.payment_hash,
            amount,
            fee,
            state,
            at: self.completed_at.unwrap_or(self.created_at),
            description,
        })
    }

    fn status(self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        match self.status.as_str() {
            "complete" => {
                let preimage = proof(self.preimage.as_deref(), hash)?;
                let fee = self.amount_sent_msat.checked_sub(self.amount_msat);
                Ok(PaymentStatus::Paid { preimage, fee: fee.unwrap_or_default() })
            }
            "pending" => Ok(PaymentStatus::Pending),
            "failed" => Ok(PaymentStatus::Failed { reason: "the node has it as failed".into() }),
            _ => Err(unknown_state("a payment")),
        }
    }
}

fn unknown_state(what: &str) -> WalletError {
    WalletError::Unreadable(format!("{what} in a state that is not known"))
}

const fn rank(status: Option<&PaymentStatus>) -> u8 {
    match status {
        None | Some(PaymentStatus::NeverTried) => 0,
        Some(PaymentStatus::Failed { .. }) => 1,
        Some(PaymentStatus::Pending) => 2,
        Some(PaymentStatus::Paid { .. }) => 3,
    }
}

impl Invoice {
    /// The invoice as the history shows it; `None` while it is not paid.
    pub(super) fn record(self) -> Option<PaymentRecord> {
        let amount = self.amount_received_msat.filter(|_| self.status == "paid")?;
        Some(PaymentRecord {
            direction: Direction::Received,
            payment_hash: self.payment_hash,
            amount,
            fee: Msat::ZERO,
            state: RecordState::Paid,
            at: self.paid_at.unwrap_or_default(),
            description: self.description.unwrap_or_default(),
        })
    }

    /// What became of it.
    pub(super) fn status(&self) -> Result<InvoiceStatus, WalletError> {
        match (self.status.as_str(), self.amount_received_msat) {
            ("paid", Some(amount)) => Ok(InvoiceStatus::Settled { amount }),
            ("unpaid", _) => Ok(InvoiceStatus::Open),
            ("expired", _) => Ok(InvoiceStatus::Expired),
            _ => Err(unknown_state("an invoice")),
        }
    }
}
