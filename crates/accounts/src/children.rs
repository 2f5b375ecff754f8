//! Child tokens: each spends from its account up to a cap, and may do nothing else.

use crate::api::idempotent::IdempotencyKey;
use crate::basics::{available, now_s, unreadable, user};
use crate::{AccountError, Accounts, Token, tokens};
use farebox_money::{Msat, Sats};
use farebox_store::{Row, StoreError, Transaction, params};
use farebox_wire::text::is_hidden;

/// The largest cap, in satoshis.
pub const CAP_SATS_MAX: u64 = 100_000_000;
/// The longest life, in seconds: ten years.
const EXPIRES_IN_S_MAX: u64 = 10 * 365 * 24 * 3_600;
const NAME_LEN_MAX: usize = 64;
/// Child tokens in force that one account can have.
const LIVE_MAX: u64 = 100;
/// Child tokens past their time that are still listed.
const DEAD_KEPT: u64 = 100;

/// A child token to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChild {
    /// What it may spend in all.
    pub cap: Sats,
    /// Seconds until it is worth nothing; `None` for no end.
    pub expires_in_s: Option<u64>,
    /// What its owner calls it.
    pub name: Option<String>,
}

/// A child token as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildToken {
    /// Names it; no secret.
    pub id: String,
    /// What its owner calls it.
    pub name: Option<String>,
    /// What it may spend in all.
    pub cap: Msat,
    /// What it has spent, with what is set aside for it now.
    pub spent: Msat,
    /// Seconds since 1970.
    pub created_at: u64,
    /// When it is worth nothing any more, in seconds since 1970.
    pub expires_at: Option<u64>,
    /// When it was revoked, in seconds since 1970.
    pub revoked_at: Option<u64>,
}

/// What a token can spend now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spendable {
    /// Its account.
    pub account: String,
    /// The account's balance, or what is left of the token's cap where that is less.
    pub balance: Msat,
    /// The token, where it is a child.
    pub child: Option<ChildToken>,
}

impl NewChild {
    /// With a name that can be shown, or why it is refused.
    fn cleaned(self) -> Result<Self, AccountError> {
        let refuse = |field, allowed| Err(AccountError::InvalidField { field, allowed });
        if self.cap == Sats::ZERO || self.cap > Sats::new(CAP_SATS_MAX) {
            return refuse("cap_sats", "1 to 100000000");
        }
        if self.expires_in_s.is_some_and(|life| life == 0 || life > EXPIRES_IN_S_MAX) {
            return refuse("expires_in", "1 to 315360000 seconds");
        }
        let name = self.name.as_deref().map(clean).filter(|name| !name.is_empty());
        if name.as_ref().is_some_and(|name| name.chars().count() > NAME_LEN_MAX) {
            return refuse("name", "up to 64 characters");
        }
        Ok(Self { name, ..self })
    }
}

/// One line without anything that is not seen.
fn clean(name: &str) -> String {
    let shown =
        name.chars().map(|character| if character.is_whitespace() { ' ' } else { character });
    let shown: String = shown.filter(|character| !is_hidden(*character)).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Accounts {
    /// As [`Accounts::authenticate`], for what a child token may not do.
    ///
    /// # Errors
    /// [`AccountError::InvalidToken`], [`AccountError::Forbidden`].
    pub async fn authenticate_owner(&self, token: &Token) -> Result<String, AccountError> {
        let account = self.authenticate(token).await?;
        let digest = token.digest();
        let look = move |transaction: &Transaction<'_>| tokens::find_one(transaction, digest);
        match self.store.read(look).await? {
            Some(known) if known.is_child() => Err(AccountError::Forbidden),
            Some(_) => Ok(account),
            None => Err(AccountError::InvalidToken),
        }
    }

    /// Makes a child token for the account of `owner`. With a key, the token can be made again
    /// from it and the child's id; nothing else can.
    ///
    /// # Errors
    /// [`AccountError`]; nothing was stored.
    pub async fn make_child(
        &self,
        owner: &Token,
        new: NewChild,
        key: Option<IdempotencyKey>,
    ) -> Result<(Token, ChildToken), AccountError> {
        let new = new.cleaned()?;
        let id = random_id()?;
        let token = match &key {
            Some(key) => self.child_token(&id, key),
            None => Token::random().map_err(|_| unreadable("no random bytes"))?,
        };
        let (owner, digest) = (owner.digest(), token.digest());
        let make = move |transaction: &Transaction<'_>| -> Result<ChildToken, AccountError> {
            let account = owner_account(transaction, owner)?;
            let now = now_s();
            check_room(transaction, &account, now)?;
            let child = child(id, new, now)?;
            insert(transaction, digest, &account, &child)?;
            if let Some(key) = key {
                key.finish(transaction, 201, &child.to_json())?;
            }
            Ok(child)
        };
        Ok((token, self.store.write(make).await?))
    }

    /// The token of a child that was made with `key`.
    pub(crate) fn child_token(&self, id: &str, key: &IdempotencyKey) -> Token {
        Token::of_child(self.key.as_bytes(), id, key.text())
    }

    /// The child tokens of the account of `owner`, the newest first: those in force, and the
    /// latest that are not any more.
    ///
    /// # Errors
    /// [`AccountError::InvalidToken`], [`AccountError::Forbidden`].
    pub async fn children(&self, owner: &Token) -> Result<Vec<ChildToken>, AccountError> {
        let account = self.authenticate_owner(owner).await?;
        let list = move |transaction: &Transaction<'_>| {
            let sql =
                [COLUMNS, "account = ?1 ORDER BY created_at DESC, child_id LIMIT ?2"].concat();
            transaction.all(&sql, params![account, LIVE_MAX + DEAD_KEPT], read)
        };
        Ok(self.store.read(list).await?)
    }

    /// Makes a child token worth nothing, from now on. What it has set aside at this moment ends
    /// as it would have.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] when the account of `owner` has no such child.
    pub async fn revoke_child(&self, owner: &Token, id: &str) -> Result<ChildToken, AccountError> {
        self.authenticate_owner(owner).await?;
        let (owner, id) = (owner.digest(), id.to_owned());
        let revoke = move |transaction: &Transaction<'_>| -> Result<ChildToken, AccountError> {
            let account = owner_account(transaction, owner)?;
            let sql = "UPDATE account_token SET revoked_at = ?3 \
                       WHERE account = ?1 AND child_id = ?2 AND revoked_at IS NULL";
            transaction.execute(sql, params![account, id, now_s()])?;
            let sql = [COLUMNS, "account = ?1 AND child_id = ?2"].concat();
            let child = transaction.optional(&sql, params![account, id], read)?;
            child.ok_or(AccountError::NotFound)
        };
        self.store.write(revoke).await
    }

    /// What a token can spend now.
    ///
    /// # Errors
    /// [`AccountError::InvalidToken`].
    pub async fn spendable(&self, token: &Token) -> Result<Spendable, AccountError> {
        let account = self.authenticate(token).await?;
        let digest = token.digest();
        let look = move |transaction: &Transaction<'_>| -> Result<Spendable, StoreError> {
            let balance = available(transaction, &user(&account))?;
            let sql = [COLUMNS, "digest = ?1"].concat();
            let child = transaction.optional(&sql, params![digest], read)?;
            let left = child.as_ref().map(|child| child.cap.checked_sub(child.spent));
            let left = left.map_or(balance, |left| left.unwrap_or(Msat::ZERO));
            Ok(Spendable { account, balance: balance.min(left), child })
        };
        Ok(self.store.read(look).await?)
    }
}

impl ChildToken {
    /// As the API shows it; the token itself is not in it.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "id": self.id,
            "name": self.name,
            "cap_sats": self.cap.to_sats_floor(),
            "spent_sats": self.spent.to_sats_ceil(),
            "created_at": date(self.created_at),
            "expires_at": self.expires_at.map(date),
            "revoked_at": self.revoked_at.map(date),
        })
    }
}

/// Seconds since 1970 as the API writes them.
pub(crate) fn date(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX).to_string()
}

fn random_id() -> Result<String, AccountError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| unreadable("no random bytes"))?;
    Ok(hex::encode(bytes))
}

/// The account of a token that is no child, as it is in this transaction.
fn owner_account(transaction: &Transaction<'_>, digest: [u8; 32]) -> Result<String, AccountError> {
    match tokens::find_one(transaction, digest)? {
        None => Err(AccountError::InvalidToken),
        Some(token) if token.is_child() => Err(AccountError::Forbidden),
        Some(token) => Ok(token.account),
    }
}

/// Refuses when the account has too many in force, and forgets the oldest that are not.
fn check_room(transaction: &Transaction<'_>, account: &str, now: u64) -> Result<(), AccountError> {
    let sql = "SELECT count(*) FROM account_token WHERE account = ?1 AND child_id IS NOT NULL \
               AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)";
    let live: u64 = transaction.one(sql, params![account, now], |row| row.get(0))?;
    if live >= LIVE_MAX {
        return Err(AccountError::TooManyTokens { max: LIVE_MAX });
    }
    let dead = "child_id IS NOT NULL AND (revoked_at IS NOT NULL OR expires_at <= ?2)";
    let sql = format!(
        "DELETE FROM account_token WHERE account = ?1 AND {dead} \
         AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.token = account_token.digest) \
         AND child_id NOT IN (SELECT child_id FROM account_token WHERE account = ?1 AND {dead} \
         ORDER BY created_at DESC, child_id LIMIT ?3)"
    );
    transaction.execute(&sql, params![account, now, DEAD_KEPT])?;
    Ok(())
}

fn child(id: String, new: NewChild, now: u64) -> Result<ChildToken, AccountError> {
    Ok(ChildToken {
        id,
        name: new.name,
        cap: new.cap.to_msat().ok_or_else(|| unreadable("an amount"))?,
        spent: Msat::ZERO,
        created_at: now,
        expires_at: new.expires_in_s.map(|life| now.saturating_add(life)),
        revoked_at: None,
    })
}

fn insert(
    transaction: &Transaction<'_>,
    digest: [u8; 32],
    account: &str,
    child: &ChildToken,
) -> Result<(), AccountError> {
    let sql = "INSERT INTO account_token (digest, account, created_at, child_id, name, cap_msat, \
               expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let cap = child.cap.to_db().ok_or_else(|| unreadable("an amount"))?;
    let ChildToken { id, name, created_at, expires_at, .. } = child;
    transaction.execute(sql, params![digest, account, created_at, id, name, cap, expires_at])?;
    Ok(())
}

const COLUMNS: &str = "SELECT child_id, name, cap_msat, spent_msat, created_at, expires_at, \
    revoked_at FROM account_token WHERE child_id IS NOT NULL AND ";

fn read(row: &Row<'_>) -> Result<ChildToken, StoreError> {
    Ok(ChildToken {
        id: row.get(0)?,
        name: row.get(1)?,
        cap: tokens::amount(row, 2)?,
        spent: tokens::amount(row, 3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        revoked_at: row.get(6)?,
    })
}
