//! The transfers of one account, followed from the newest back.

use super::rows::read_at;
use crate::{AccountKey, Transfer};
use farebox_store::{StoreError, Transaction, params};

/// A transfer as one of its accounts sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The transfer.
    pub transfer: Transfer,
    /// Whether it was to the account's credit.
    pub is_credit: bool,
    /// The account's transfer before this one.
    pub before: Option<u64>,
}

/// Up to `len_max` transfers of an account, newest first, beginning with `from`, or with the
/// newest. None when `from` is not a transfer of the account.
///
/// # Errors
/// [`StoreError`] when they cannot be read.
pub fn entries(
    transaction: &Transaction<'_>,
    account: &AccountKey,
    from: Option<u64>,
    len_max: usize,
) -> Result<Vec<Entry>, StoreError> {
    let newest = "SELECT last_seq FROM ledger_account WHERE key = ?1";
    let mut next = match from {
        Some(seq) => Some(seq),
        None => transaction.optional(newest, params![account.to_string()], |row| row.get(0))?,
    };
    let mut found = Vec::new();
    while let Some(seq) = next.filter(|_| found.len() < len_max) {
        let Some(row) = read_at(transaction, seq)? else { break };
        let is_credit = row.transfer.asked.credit == *account;
        if !is_credit && row.transfer.asked.debit != *account {
            break;
        }
        let before = if is_credit { row.credit_before } else { row.debit_before };
        // Each link leads further back, so that damaged ones end too.
        next = Some(before).filter(|before| *before > 0 && *before < seq);
        found.push(Entry { transfer: row.transfer, is_credit, before: next });
    }
    Ok(found)
}
