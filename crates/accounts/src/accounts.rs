//! The accounts of one server.

use crate::{AccountError, Token};
use farebox_ledger::{AccountKey, writer};
use farebox_money::Msat;
use farebox_store::{Database, Schema, StoreError};
use farebox_wallet::Receiver;
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// The tables of this crate.
#[must_use]
pub fn schema() -> Schema {
    Schema { name: "accounts", migrations: migrations::migrations::runner() }
}

/// The key that tokens of claims are derived with.
#[derive(Clone)]
pub struct TokenKey([u8; 32]);

impl TokenKey {
    /// From 32 secret bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey(hidden)")
    }
}

/// Prepaid accounts; cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) database: Database,
    pub(crate) receiver: Arc<dyn Receiver>,
    pub(crate) key: TokenKey,
    is_stopped: Arc<AtomicBool>,
}

impl Accounts {
    /// Opens the accounts kept in `database`, which has [`schema`] and the ledger's. Holds of an
    /// earlier process have no request any more and are given back.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn open(
        database: Database,
        receiver: Arc<dyn Receiver>,
        key: TokenKey,
    ) -> Result<Self, AccountError> {
        let accounts = Self { database, receiver, key, is_stopped: Arc::default() };
        accounts.release_abandoned_holds().await?;
        Ok(accounts)
    }

    /// Takes no more money and opens no more accounts, because the books are wrong. Balances can
    /// still be looked at.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::SeqCst);
    }

    pub(crate) fn check_open(&self) -> Result<(), AccountError> {
        match self.is_stopped.load(Ordering::SeqCst) {
            true => Err(AccountError::ReadOnly),
            false => Ok(()),
        }
    }

    /// The account that a token opens. Marks the token as used, from when its claim cannot be
    /// repeated any more.
    ///
    /// # Errors
    /// [`AccountError::InvalidToken`].
    pub async fn authenticate(&self, token: &Token) -> Result<String, AccountError> {
        let digest = token.digest();
        let find = move |connection: &Connection| Ok(find_account(connection, digest)?);
        let found = self.database.read(find).await?;
        let (account, was_used) = found.ok_or(AccountError::InvalidToken)?;
        if !was_used {
            let mark = move |connection: &Connection| -> Result<(), StoreError> {
                let sql = "UPDATE account_token SET used_at = ?2 \
                           WHERE digest = ?1 AND used_at IS NULL";
                connection.execute(sql, params![digest.as_slice(), now_s()])?;
                Ok(())
            };
            self.database.write(mark).await?;
        }
        Ok(account)
    }

    /// What an account has.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn balance(&self, account: &str) -> Result<Msat, AccountError> {
        let key = user(account);
        let read = move |connection: &Connection| available(connection, &key);
        Ok(self.database.read(read).await?)
    }

    /// Replaces a token by a new one; the old one is worth nothing from then on.
    ///
    /// # Errors
    /// [`AccountError::InvalidToken`].
    pub async fn rotate(&self, token: &Token) -> Result<Token, AccountError> {
        let fresh = Token::random().map_err(|_| unreadable("no random bytes"))?;
        let (old, new) = (token.digest(), fresh.digest());
        let rotate = move |connection: &Connection| -> Result<(), AccountError> {
            let account = find_account(connection, old)?.ok_or(AccountError::InvalidToken)?.0;
            let now = now_s();
            let sql = "UPDATE account_token SET revoked_at = ?2 WHERE digest = ?1";
            connection.execute(sql, params![old.as_slice(), now])?;
            insert_token(connection, new, &account, now)?;
            Ok(())
        };
        self.database.write(rotate).await?;
        Ok(fresh)
    }
}

/// The account of a token that is in force, and whether the token was used before.
fn find_account(
    connection: &Connection,
    digest: [u8; 32],
) -> Result<Option<(String, bool)>, rusqlite::Error> {
    let sql = "SELECT account, used_at IS NOT NULL FROM account_token \
               WHERE digest = ?1 AND revoked_at IS NULL";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row([digest.as_slice()], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

pub(crate) fn insert_token(
    connection: &Connection,
    digest: [u8; 32],
    account: &str,
    now: u64,
) -> Result<(), rusqlite::Error> {
    let sql = "INSERT INTO account_token (digest, account, created_at) VALUES (?1, ?2, ?3)";
    connection.execute(sql, params![digest.as_slice(), account, now])?;
    Ok(())
}

pub(crate) fn user(account: &str) -> AccountKey {
    AccountKey::User(account.to_owned())
}

pub(crate) fn available(connection: &Connection, key: &AccountKey) -> Result<Msat, StoreError> {
    Ok(writer::balance(connection, key)?.available().unwrap_or(Msat::ZERO))
}

/// Seconds since 1970.
pub(crate) fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

pub(crate) fn unreadable(what: &str) -> AccountError {
    AccountError::Store(StoreError::Unreadable(what.to_owned()))
}
