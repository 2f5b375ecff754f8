//! What a wallet received and sent, for people to read.

use crate::WalletError;
use async_trait::async_trait;
use farebox_money::Msat;
use farebox_wire::bolt11::Invoice;
use farebox_wire::lightning::PaymentHash;

/// Rows that [`History::history`] returns at most, whatever it is asked for.
pub const HISTORY_LEN_MAX: usize = 500;

/// Which way the money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To this wallet.
    Received,
    /// Away from it.
    Sent,
}

/// What became of a payment, as the wallet has it on record: nothing here was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// The money has moved.
    Paid,
    /// It may still move.
    Pending,
    /// It did not move.
    Failed,
}

/// One payment on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecord {
    /// Which way.
    pub direction: Direction,
    /// Names the payment.
    pub payment_hash: PaymentHash,
    /// What the payee's invoice was over, or what arrived.
    pub amount: Msat,
    /// What it cost this wallet: for routes on top of what it sent, or kept by its provider out
    /// of what it received.
    pub fee: Msat,
    /// How it ended.
    pub state: RecordState,
    /// When it ended, or was begun where it has not: seconds since 1970.
    pub at: u64,
    /// What the invoice says that it is for: untrusted text, empty where the wallet does not
    /// tell.
    pub description: String,
}

/// A wallet that keeps a record.
#[async_trait]
pub trait History: Send + Sync {
    /// The latest payments, newest first, `limit` of them and never more than
    /// [`HISTORY_LEN_MAX`]: those received, and those sent however they ended. Invoices that
    /// nobody paid are no payments.
    ///
    /// # Errors
    /// [`WalletError`] when the wallet's lists cannot be read.
    async fn history(&self, limit: usize) -> Result<Vec<PaymentRecord>, WalletError>;
}

/// How many rows of each kind a wallet has to be asked for.
pub(crate) fn rows(limit: usize) -> usize {
    limit.min(HISTORY_LEN_MAX)
}

/// Both kinds in one list, newest first.
pub(crate) fn newest(
    received: Vec<PaymentRecord>,
    sent: Vec<PaymentRecord>,
    limit: usize,
) -> Vec<PaymentRecord> {
    let mut records = received;
    records.extend(sent);
    records.sort_by_key(|record| std::cmp::Reverse(record.at));
    records.truncate(rows(limit));
    records
}

/// What the invoice of a payment says: its amount and what it is for.
pub(crate) fn invoiced(bolt11: Option<&str>) -> (Option<Msat>, String) {
    let invoice = bolt11.and_then(|text| Invoice::decode(text).ok());
    invoice.map_or((None, String::new()), |invoice| (invoice.amount, invoice.description))
}
