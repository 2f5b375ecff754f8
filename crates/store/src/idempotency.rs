//! Requests that may be sent again: the same key gets the same answer.
//!
//! Scope and key name a request; its fingerprint says what it asked. The record is begun before
//! the work and finished in the transaction that does it.

use crate::{StoreError, Transaction, lease, params};

/// How long an answer is kept.
const KEPT_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// A request that shows a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// Whose keys these are, and of which endpoint.
    pub scope: String,
    /// The digest of the key that the client chose.
    pub key: [u8; 32],
    /// The digest of what is asked.
    pub fingerprint: [u8; 32],
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is new, or its process died before it answered: do it.
    New,
    /// It was answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// It is being answered at this moment.
    InProgress,
    /// The key was used for something else.
    Reused,
}

/// Looks a request up, and notes it as begun by `owner` where it is new.
///
/// # Errors
/// [`StoreError`].
pub fn begin(
    transaction: &Transaction<'_>,
    keyed: &Keyed,
    owner: &str,
) -> Result<Begun, StoreError> {
    let now = lease::now_ms(transaction)?;
    let insert = "INSERT INTO idempotency (scope, key, fingerprint, owner, at_ms) \
                  VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (scope, key) DO NOTHING";
    let row = params![keyed.scope, keyed.key, keyed.fingerprint, owner, now];
    if transaction.execute(insert, row)? == 1 {
        return Ok(Begun::New);
    }
    let select = "SELECT fingerprint, status, body, owner FROM idempotency \
                  WHERE scope = ?1 AND key = ?2";
    let (fingerprint, status, body, earlier) =
        transaction.one(select, params![keyed.scope, keyed.key], |row| {
            let answer = (row.get::<Option<u16>>(1)?, row.get::<Option<String>>(2)?);
            Ok::<_, StoreError>((
                row.get::<[u8; 32]>(0)?,
                answer.0,
                answer.1,
                row.get::<String>(3)?,
            ))
        })?;
    if fingerprint != keyed.fingerprint {
        return Ok(Begun::Reused);
    }
    if let (Some(status), Some(body)) = (status, body) {
        return Ok(Begun::Answered { status, body });
    }
    if lease::alive(transaction)?.contains(&earlier) {
        return Ok(Begun::InProgress);
    }
    let take_over = "UPDATE idempotency SET owner = ?3, at_ms = ?4 WHERE scope = ?1 AND key = ?2";
    transaction.execute(take_over, params![keyed.scope, keyed.key, owner, now])?;
    Ok(Begun::New)
}

/// Keeps the answer of a request that was begun.
///
/// # Errors
/// [`StoreError`].
pub fn finish(
    transaction: &Transaction<'_>,
    keyed: &Keyed,
    status: u16,
    body: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE idempotency SET status = ?3, body = ?4 WHERE scope = ?1 AND key = ?2";
    transaction.execute(sql, params![keyed.scope, keyed.key, status, body])?;
    Ok(())
}

/// Forgets a request that was refused: it may be sent again with the same key.
///
/// # Errors
/// [`StoreError`].
pub fn forget(transaction: &Transaction<'_>, keyed: &Keyed) -> Result<(), StoreError> {
    let sql = "DELETE FROM idempotency WHERE scope = ?1 AND key = ?2 AND status IS NULL";
    transaction.execute(sql, params![keyed.scope, keyed.key])?;
    Ok(())
}

/// Drops records past their time.
///
/// # Errors
/// [`StoreError`].
pub fn prune(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let now = lease::now_ms(transaction)?;
    transaction.execute("DELETE FROM idempotency WHERE at_ms < ?1", params![now - KEPT_MS])?;
    Ok(())
}
