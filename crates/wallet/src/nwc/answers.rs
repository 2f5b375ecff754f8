//! What wallets answer, as far as it is read. Amounts are millisatoshis, times seconds since
//! 1970.

use crate::invoice::{now_s, proof};
use crate::{Direction, InvoiceStatus, PaymentRecord, PaymentStatus, RecordState, WalletError};
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use serde::Deserialize;

/// `pay_invoice`
#[derive(Deserialize)]
pub(super) struct Paid {
    pub(super) preimage: Option<String>,
    pub(super) fees_paid: Option<Msat>,
}

/// `make_invoice`
#[derive(Deserialize)]
pub(super) struct Made {
    pub(super) invoice: String,
}

/// `get_balance`
#[derive(Deserialize)]
pub(super) struct Balance {
    pub(super) balance: Msat,
}

/// `get_info`
#[derive(Deserialize)]
pub(super) struct Info {
    pub(super) network: Option<String>,
    pub(super) pubkey: Option<String>,
}

/// `list_transactions`
#[derive(Deserialize)]
pub(super) struct Transactions {
    pub(super) transactions: Vec<Transaction>,
}

/// `lookup_invoice`, and a row of `list_transactions`.
#[derive(Deserialize)]
pub(super) struct Transaction {
    r#type: String,
    state: Option<String>,
    pub(super) payment_hash: PaymentHash,
    preimage: Option<String>,
    amount: Msat,
    fees_paid: Option<Msat>,
    pub(super) created_at: Option<u64>,
    expires_at: Option<u64>,
    settled_at: Option<u64>,
    description: Option<String>,
}

/// What all wallets' words for a state come down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Settled,
    Over,
}

impl Transaction {
    pub(super) fn is_incoming(&self) -> bool {
        self.r#type == "incoming"
    }

    /// The row as the history shows it; `None` for an invoice that is not paid.
    pub(super) fn record(&self) -> Result<Option<PaymentRecord>, WalletError> {
        let (direction, state) = match (self.is_incoming(), self.state()?) {
            (true, State::Settled) => (Direction::Received, RecordState::Paid),
            (true, State::Open | State::Over) => return Ok(None),
            (false, State::Settled) => (Direction::Sent, RecordState::Paid),
            (false, State::Open) => (Direction::Sent, RecordState::Pending),
            (false, State::Over) => (Direction::Sent, RecordState::Failed),
        };
        Ok(Some(PaymentRecord {
            direction,
            payment_hash: self.payment_hash,
            amount: self.amount,
            fee: self.fees_paid.unwrap_or_default(),
            state,
            at: self.settled_at.or(self.created_at).unwrap_or_default(),
            description: self.description.clone().unwrap_or_default(),
        }))
    }

    /// When it was settled, if it was.
    pub(super) fn settled_at(&self) -> Option<u64> {
        let settled = matches!(self.state(), Ok(State::Settled));
        self.settled_at.or(self.created_at).filter(|_| settled && self.is_incoming())
    }

    /// What became of the payment of `hash`; `None` when it is an invoice. Only the preimage
    /// proves that it was made.
    pub(super) fn payment(self, hash: PaymentHash) -> Result<Option<PaymentStatus>, WalletError> {
        self.is_about(hash)?;
        if self.is_incoming() {
            return Ok(None);
        }
        Ok(Some(match self.state()? {
            State::Settled => {
                let preimage = proof(self.preimage.as_deref(), hash)?;
                PaymentStatus::Paid { preimage, fee: self.fees_paid.unwrap_or_default() }
            }
            State::Open => PaymentStatus::Pending,
            State::Over => PaymentStatus::Failed { reason: "the wallet has it as failed".into() },
        }))
    }

    /// What became of the invoice of `hash`.
    pub(super) fn invoice(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        self.is_about(hash)?;
        if !self.is_incoming() {
            return Ok(InvoiceStatus::Unknown);
        }
        let is_late = self.expires_at.is_some_and(|expires_at| expires_at <= now_s());
        Ok(match self.state()? {
            State::Settled => InvoiceStatus::Settled { amount: self.amount },
            State::Open if is_late => InvoiceStatus::Expired,
            State::Open => InvoiceStatus::Open,
            State::Over => InvoiceStatus::Expired,
        })
    }

    fn is_about(&self, hash: PaymentHash) -> Result<(), WalletError> {
        if self.payment_hash == hash {
            return Ok(());
        }
        Err(WalletError::Unreadable("the answer is about another payment".into()))
    }

    /// Wallets of an older protocol say no state, but when it was settled.
    fn state(&self) -> Result<State, WalletError> {
        match self.state.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("settled") => Ok(State::Settled),
            Some("pending" | "accepted") => Ok(State::Open),
            Some("failed" | "expired") => Ok(State::Over),
            None if self.settled_at.is_some() => Ok(State::Settled),
            None => Ok(State::Open),
            Some(_) => {
                let text = "a payment in a state that is not known";
                Err(WalletError::Unreadable(text.into()))
            }
        }
    }
}
