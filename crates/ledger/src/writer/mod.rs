//! The books in a database. Every function runs inside a transaction that the caller opened, so
//! that a change of state and its transfers commit together.

mod accounts;
mod batch;
mod log;
mod rows;

pub use log::{Entry, entries};
pub(crate) use rows::{TransferRow, account_key, each_transfer, from_db};

use crate::{AccountKey, Balance, ChainHash, GENESIS, NewTransfer, PostError, Posted, TransferId};
use farebox_store::{StoreError, Transaction, params};

/// Why an event was not booked.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The rules refuse it.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The database did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// For callers whose events the rules cannot refuse: a refusal then means damaged books.
impl From<WriteError> for StoreError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Store(error) => error,
            WriteError::Post(error) => Self::Unreadable(format!("the ledger refuses: {error}")),
        }
    }
}

/// Books one event by the rules of [`crate::Books::post`].
///
/// # Errors
/// [`WriteError`]. After a refusal by the rules, nothing was written.
pub fn post(
    transaction: &Transaction<'_>,
    event: &[NewTransfer],
    now_ms: i64,
) -> Result<Posted, WriteError> {
    let outcomes = post_all(transaction, &[event], now_ms)?;
    let outcome = outcomes.into_iter().next();
    Ok(outcome.ok_or_else(|| unreadable("no outcome"))??)
}

/// Books many events, in their order, each by itself: one that the rules refuse leaves nothing
/// and spares the others. Costs a few statements for all of them on PostgreSQL, and a few for
/// each on SQLite.
///
/// # Errors
/// [`StoreError`]; the caller must roll back.
pub fn post_all(
    transaction: &Transaction<'_>,
    events: &[&[NewTransfer]],
    now_ms: i64,
) -> Result<Vec<Result<Posted, PostError>>, StoreError> {
    let mut batch = batch::Batch::read(transaction, events, now_ms)?;
    let outcomes = events.iter().map(|event| batch.post(event)).collect();
    batch.write(transaction)?;
    Ok(outcomes)
}

/// What was booked under an id, if anything.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub fn find(
    transaction: &Transaction<'_>,
    id: &TransferId,
) -> Result<Option<NewTransfer>, StoreError> {
    let sql = "SELECT seq FROM ledger_transfer WHERE reference = ?1 AND code = ?2 AND leg = ?3";
    let (code, leg) = (id.code.name(), id.leg);
    let seq: Option<u64> =
        transaction.optional(sql, params![id.reference, code, leg], |row| row.get(0))?;
    let Some(seq) = seq else { return Ok(None) };
    Ok(rows::read_at(transaction, seq)?.map(|row| row.transfer.asked))
}

/// What an account has seen; zeros for one that was never used.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub fn balance(transaction: &Transaction<'_>, account: &AccountKey) -> Result<Balance, StoreError> {
    let found = rows::read_accounts(transaction, &[account.to_string()])?;
    Ok(found.into_iter().next().map(|(_, row)| row.balance).unwrap_or_default())
}

/// What each of several accounts has seen, in their order.
///
/// # Errors
/// [`StoreError`] when they cannot be read.
pub fn balances(
    transaction: &Transaction<'_>,
    accounts: &[AccountKey],
) -> Result<Vec<Balance>, StoreError> {
    let keys: Vec<_> = accounts.iter().map(ToString::to_string).collect();
    let mut balances = vec![Balance::default(); keys.len()];
    for (place, row) in rows::read_accounts(transaction, &keys)? {
        if let Some(balance) = balances.get_mut(place) {
            *balance = row.balance;
        }
    }
    Ok(balances)
}

/// The number of transfers and the digest over them.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub fn head(transaction: &Transaction<'_>) -> Result<(u64, ChainHash), StoreError> {
    let sql = "SELECT seq, chain FROM ledger_transfer ORDER BY seq DESC LIMIT 1";
    let read = |row: &farebox_store::Row<'_>| {
        Ok::<_, StoreError>((row.get(0)?, ChainHash::new(row.get(1)?)))
    };
    Ok(transaction.optional(sql, params![], read)?.unwrap_or((0, GENESIS)))
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Unreadable(what.to_owned())
}
