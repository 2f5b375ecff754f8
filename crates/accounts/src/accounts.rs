//! The accounts of one server.

use crate::basics::{available, now_s, unreadable, user};
use crate::hold::{End, Reserve, end_all, reserve_all};
use crate::{AccountError, Hold, Payout, Token, tokens};
use farebox_money::Msat;
use farebox_store::lease::Instance;
use farebox_store::{Batcher, Schema, Store, Transaction, params};
use farebox_wallet::Receiver;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

mod sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}

mod postgres {
    refinery::embed_migrations!("migrations/postgres");
}

/// The tables of this crate.
#[must_use]
pub fn schema() -> Schema {
    Schema {
        name: "accounts",
        sqlite: sqlite::migrations::runner(),
        postgres: Some(postgres::migrations::runner()),
    }
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
    pub(crate) store: Store,
    pub(crate) receiver: Arc<dyn Receiver>,
    pub(crate) key: TokenKey,
    /// This process, as others see it in the tables.
    pub(crate) instance: Instance,
    /// Under which name it is stored how far the wallet's settlements were read.
    pub(crate) wallet: Option<Arc<str>>,
    pub(crate) reserving: Batcher<Reserve, Result<Hold, AccountError>>,
    /// Holds whose callers were told that they failed, though they may be there.
    pub(crate) doubtful: Arc<Mutex<HashSet<String>>>,
    pub(crate) ending: Batcher<(Hold, End), Result<Msat, AccountError>>,
    /// Who pays withdrawals, where anybody does.
    pub(crate) payout: Option<Arc<Payout>>,
    is_stopped: Arc<AtomicBool>,
}

impl Accounts {
    /// Opens the accounts kept in `store`, which has [`schema`], the ledger's and the store's own.
    /// Holds of a process that died have no request any more and are given back.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn open(
        store: Store,
        instance: Instance,
        receiver: Arc<dyn Receiver>,
        key: TokenKey,
    ) -> Result<Self, AccountError> {
        let accounts = Self {
            reserving: Batcher::new(store.clone(), reserve_all),
            doubtful: Arc::default(),
            ending: Batcher::new(store.clone(), end_all),
            store,
            receiver,
            key,
            instance,
            wallet: None,
            payout: None,
            is_stopped: Arc::default(),
        };
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
        let find = move |transaction: &Transaction<'_>| tokens::find_one(transaction, digest);
        let found = self.store.read(find).await?.ok_or(AccountError::InvalidToken)?;
        if !found.was_used {
            let mark = move |transaction: &Transaction<'_>| {
                tokens::mark_used(transaction, &digest, now_s())
            };
            self.store.write(mark).await?;
        }
        Ok(found.account)
    }

    /// What an account has.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn balance(&self, account: &str) -> Result<Msat, AccountError> {
        let key = user(account);
        let read = move |transaction: &Transaction<'_>| available(transaction, &key);
        Ok(self.store.read(read).await?)
    }

    /// Replaces a token by a new one; the old one is worth nothing from then on, and neither are
    /// the child tokens unless `keep_children`.
    ///
    /// # Errors
    /// [`AccountError::InvalidToken`], or [`AccountError::Forbidden`] for a child token.
    pub async fn rotate(&self, token: &Token, keep_children: bool) -> Result<Token, AccountError> {
        let fresh = Token::random().map_err(|_| unreadable("no random bytes"))?;
        let (old, new) = (token.digest(), fresh.digest());
        let rotate = move |transaction: &Transaction<'_>| -> Result<(), AccountError> {
            let found = tokens::find_one(transaction, old)?.ok_or(AccountError::InvalidToken)?;
            if found.is_child() {
                return Err(AccountError::Forbidden);
            }
            let now = now_s();
            let sql = "UPDATE account_token SET revoked_at = ?2 WHERE digest = ?1";
            transaction.execute(sql, params![old, now])?;
            if !keep_children {
                let sql = "UPDATE account_token SET revoked_at = ?2 WHERE account = ?1 \
                           AND child_id IS NOT NULL AND revoked_at IS NULL";
                transaction.execute(sql, params![found.account, now])?;
            }
            Ok(tokens::insert(transaction, new, &found.account, now)?)
        };
        self.store.write(rotate).await?;
        Ok(fresh)
    }
}
