//! What every part of the accounts uses: the time, an account's balance, unreadable records.

use crate::AccountError;
use farebox_ledger::{AccountKey, writer};
use farebox_money::Msat;
use farebox_store::{StoreError, Transaction};
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
pub(crate) fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

/// The ledger's account of an account.
pub(crate) fn user(account: &str) -> AccountKey {
    AccountKey::User(account.to_owned())
}

/// What is in an account of the ledger.
pub(crate) fn available(
    transaction: &Transaction<'_>,
    key: &AccountKey,
) -> Result<Msat, StoreError> {
    Ok(writer::balance(transaction, key)?.available().unwrap_or(Msat::ZERO))
}

/// Records that are not what this version writes.
pub(crate) fn unreadable(what: &str) -> AccountError {
    AccountError::Store(StoreError::Unreadable(what.to_owned()))
}
