//! What moved in and out of an account.

use crate::basics::user;
use crate::{AccountError, Accounts};
use farebox_ledger::writer;
use farebox_money::Msat;
use farebox_store::Transaction;

/// Entries of one page.
pub(crate) const PAGE_LEN: usize = 100;

/// One movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the ledger.
    pub seq: u64,
    /// What for.
    pub code: String,
    /// The event that it belongs to.
    pub reference: String,
    /// Whether it came in.
    pub is_credit: bool,
    /// How much.
    pub amount: Msat,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// A page of movements, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The movements.
    pub entries: Vec<Entry>,
    /// Where the next page begins; `None` on the last one.
    pub next_cursor: Option<u64>,
}

impl Accounts {
    /// The movements of an account from `cursor` back, or from the newest.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn statement(
        &self,
        account: &str,
        cursor: Option<u64>,
    ) -> Result<Statement, AccountError> {
        let key = user(account);
        let read = move |transaction: &Transaction<'_>| {
            writer::entries(transaction, &key, cursor, PAGE_LEN)
        };
        let found = self.store.read(read).await?;
        let next_cursor = found.last().and_then(|entry| entry.before);
        Ok(Statement { entries: found.into_iter().map(Entry::from).collect(), next_cursor })
    }
}

impl From<writer::Entry> for Entry {
    fn from(entry: writer::Entry) -> Self {
        let writer::Entry { transfer, is_credit, .. } = entry;
        Self {
            seq: transfer.seq,
            code: transfer.asked.code.name().to_owned(),
            reference: transfer.asked.reference,
            is_credit,
            amount: transfer.asked.amount,
            at_ms: transfer.at_ms,
        }
    }
}
