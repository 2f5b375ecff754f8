//! The table `account_token`: which account a token opens, and what a child token may spend.

use crate::basics::now_s;
use farebox_money::Msat;
use farebox_store::{Dialect, Row, StoreError, Transaction, Value, params};
use std::collections::HashMap;

/// A token that is in force.
pub(crate) struct KnownToken {
    pub(crate) account: String,
    pub(crate) was_used: bool,
    /// A child's cap and what it has spent of it, set-aside amounts included.
    pub(crate) child: Option<Child>,
    spent_now: Msat,
}

/// What a child token may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) cap: Msat,
    pub(crate) spent: Msat,
}

impl Child {
    /// What is left of the cap.
    pub(crate) fn left(self) -> Msat {
        self.cap.checked_sub(self.spent).unwrap_or(Msat::ZERO)
    }
}

/// A cap that does not reach.
pub(crate) struct Shortfall {
    pub(crate) available: Msat,
}

impl KnownToken {
    pub(crate) const fn is_child(&self) -> bool {
        self.child.is_some()
    }

    /// Counts an amount against the cap, where there is one.
    pub(crate) fn spend(&mut self, amount: Msat) -> Result<(), Shortfall> {
        let Some(child) = &mut self.child else { return Ok(()) };
        let available = child.left();
        if amount > available {
            return Err(Shortfall { available });
        }
        child.spent = child.spent.checked_add(amount).ok_or(Shortfall { available })?;
        self.spent_now = self.spent_now.checked_add(amount).ok_or(Shortfall { available })?;
        Ok(())
    }

    /// Undoes [`Self::spend`].
    pub(crate) fn take_back(&mut self, amount: Msat) {
        if let Some(child) = &mut self.child {
            child.spent = child.spent.checked_sub(amount).unwrap_or(Msat::ZERO);
            self.spent_now = self.spent_now.checked_sub(amount).unwrap_or(Msat::ZERO);
        }
    }
}

const COLUMNS: &str = "SELECT digest, account, used_at, cap_msat, spent_msat FROM account_token \
    WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?1)";

/// Those of the tokens that are in force.
pub(crate) fn find(
    transaction: &Transaction<'_>,
    digests: &[[u8; 32]],
) -> Result<HashMap<[u8; 32], KnownToken>, StoreError> {
    let now = now_s();
    match transaction.dialect() {
        Dialect::Sqlite => {
            let sql = [COLUMNS, " AND digest = ?2"].concat();
            let mut known = HashMap::new();
            for digest in digests {
                if known.contains_key(digest) {
                    continue;
                }
                if let Some((digest, token)) =
                    transaction.optional(&sql, params![now, digest], read)?
                {
                    known.insert(digest, token);
                }
            }
            Ok(known)
        }
        Dialect::Postgres => {
            let sql = [COLUMNS, " AND digest = ANY (?2)"].concat();
            let digests: Vec<_> = digests.iter().map(|digest| digest.to_vec()).collect();
            let now = farebox_store::ToValue::to_value(&now).clone();
            let found = transaction.all(&sql, &[now, Value::Blobs(&digests)], read)?;
            Ok(found.into_iter().collect::<HashMap<_, _>>())
        }
    }
}

/// A token that is in force.
pub(crate) fn find_one(
    transaction: &Transaction<'_>,
    digest: [u8; 32],
) -> Result<Option<KnownToken>, StoreError> {
    Ok(find(transaction, &[digest])?.remove(&digest))
}

fn read(row: &Row<'_>) -> Result<([u8; 32], KnownToken), StoreError> {
    let amount = |place| -> Result<Option<Msat>, StoreError> {
        let msat: Option<i64> = row.get(place)?;
        let unreadable = || StoreError::Unreadable("an amount".to_owned());
        msat.map(|msat| Msat::from_db(msat).ok_or_else(unreadable)).transpose()
    };
    let spent = amount(4)?.unwrap_or(Msat::ZERO);
    let token = KnownToken {
        account: row.get(1)?,
        was_used: row.get::<Option<i64>>(2)?.is_some(),
        child: amount(3)?.map(|cap| Child { cap, spent }),
        spent_now: Msat::ZERO,
    };
    Ok((row.get(0)?, token))
}

/// Writes that tokens were used, from when a claim cannot be repeated any more, and what was
/// spent of their caps.
pub(crate) fn store_used(
    transaction: &Transaction<'_>,
    known: &HashMap<[u8; 32], KnownToken>,
) -> Result<(), StoreError> {
    let now = now_s();
    for (digest, token) in known {
        if !token.was_used {
            mark_used(transaction, digest, now)?;
        }
        if !token.spent_now.is_zero() {
            let sql = "UPDATE account_token SET spent_msat = spent_msat + ?2 WHERE digest = ?1";
            transaction.execute(sql, params![digest, to_db(token.spent_now)?])?;
        }
    }
    Ok(())
}

/// Writes that a token was used.
pub(crate) fn mark_used(
    transaction: &Transaction<'_>,
    digest: &[u8; 32],
    now: u64,
) -> Result<(), StoreError> {
    let sql = "UPDATE account_token SET used_at = ?2 WHERE digest = ?1 AND used_at IS NULL";
    transaction.execute(sql, params![digest, now])?;
    Ok(())
}

/// Lets child tokens spend again what their requests did not cost.
pub(crate) fn give_back(
    transaction: &Transaction<'_>,
    unspent: &HashMap<[u8; 32], Msat>,
) -> Result<(), StoreError> {
    let sql = "UPDATE account_token SET spent_msat = spent_msat - ?2 WHERE digest = ?1";
    for (digest, amount) in unspent {
        if !amount.is_zero() {
            transaction.execute(sql, params![digest, to_db(*amount)?])?;
        }
    }
    Ok(())
}

/// Writes a token of an account, whole and without a cap.
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    digest: [u8; 32],
    account: &str,
    now: u64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO account_token (digest, account, created_at) VALUES (?1, ?2, ?3)";
    transaction.execute(sql, params![digest, account, now])?;
    Ok(())
}

/// The amount in a column.
pub(crate) fn amount(row: &Row<'_>, place: usize) -> Result<Msat, StoreError> {
    let amount = Msat::from_db(row.get(place)?);
    amount.ok_or_else(|| StoreError::Unreadable("an amount".to_owned()))
}

fn to_db(amount: Msat) -> Result<i64, StoreError> {
    amount.to_db().ok_or_else(|| StoreError::Unreadable("an amount".to_owned()))
}
