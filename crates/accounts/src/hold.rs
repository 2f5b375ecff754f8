//! Setting an amount aside for a request, then taking what it really cost.

use crate::accounts::{available, now_ms, now_s, unreadable, user};
use crate::{AccountError, Accounts, Token};
use farebox_ledger::writer::{self, WriteError};
use farebox_ledger::{AccountKey, NewTransfer, PostError, TransferCode};
use farebox_money::Msat;
use farebox_store::StoreError;
use rusqlite::{Connection, params};
use std::time::Duration;

/// How soon the end of a hold is written again after a failure.
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(30);

/// An amount that is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Names it.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// How much.
    pub amount: Msat,
    /// What for.
    pub route: &'static str,
}

impl Accounts {
    /// Sets `amount` of a token's account aside. On the disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::InvalidToken`] or [`AccountError::InsufficientBalance`].
    pub async fn reserve(
        &self,
        token: &Token,
        route: &'static str,
        amount: Msat,
    ) -> Result<Hold, AccountError> {
        let account = self.authenticate(token).await?;
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| unreadable("no random bytes"))?;
        let hold = Hold { id: hex::encode(bytes), account, amount, route };
        let kept = hold.clone();
        self.database.write(move |connection| kept.book(connection)).await?;
        Ok(hold)
    }

    /// Takes `cost` of what was set aside, gives the rest back, and returns the balance. `cost`
    /// never exceeds the hold; nothing is the cost of a request that failed.
    ///
    /// # Errors
    /// [`AccountError::Store`]: nothing is taken, and the caller must keep its answer to itself.
    /// All of the hold is given back behind its back, as soon as something can be written.
    pub async fn end_hold(&self, hold: Hold, cost: Msat) -> Result<Msat, AccountError> {
        let ended = self.try_end(hold.clone(), cost).await;
        if ended.is_err() {
            let accounts = self.clone();
            tokio::spawn(async move {
                let mut pause = RETRY_FIRST;
                loop {
                    tokio::time::sleep(pause).await;
                    match accounts.try_end(hold.clone(), Msat::ZERO).await {
                        Ok(_) => break,
                        Err(error) => {
                            tracing::error!(%error, hold = hold.id, "still not ended");
                            if !matches!(error, AccountError::Store(StoreError::Sqlite(_))) {
                                break;
                            }
                        }
                    }
                    pause = (pause * 2).min(RETRY_MAX);
                }
            });
        }
        ended
    }

    async fn try_end(&self, hold: Hold, cost: Msat) -> Result<Msat, AccountError> {
        self.database.write(move |connection| hold.end(connection, cost)).await
    }

    /// Requests of an earlier process were cut off: in doubt their payers have their money.
    pub(crate) async fn release_abandoned_holds(&self) -> Result<(), AccountError> {
        let active = self.database.read(active_holds).await?;
        if !active.is_empty() {
            tracing::warn!(
                holds = active.len(),
                "holds of requests that were cut off are given back"
            );
        }
        for hold in active {
            self.try_end(hold, Msat::ZERO).await?;
        }
        Ok(())
    }
}

impl Hold {
    fn key(&self) -> AccountKey {
        AccountKey::Hold(self.id.clone())
    }

    fn book(&self, connection: &Connection) -> Result<(), AccountError> {
        let (from, to) = (user(&self.account), self.key());
        let code = TransferCode::HoldReserved;
        let reserved = NewTransfer::new(code, &self.id, 0, from, to, self.amount);
        match writer::post(connection, &[reserved], now_ms()) {
            Ok(_) => {}
            Err(WriteError::Post(PostError::Insufficient { available, .. })) => {
                return Err(AccountError::InsufficientBalance { price: self.amount, available });
            }
            Err(error) => return Err(error.into()),
        }
        let sql = "INSERT INTO hold (id, account, amount_msat, route, state, created_at) \
                   VALUES (?1, ?2, ?3, ?4, 'active', ?5)";
        let amount = self.amount.to_db().ok_or_else(|| unreadable("an amount"))?;
        connection.execute(sql, params![self.id, self.account, amount, self.route, now_s()])?;
        Ok(())
    }

    fn end(&self, connection: &Connection, cost: Msat) -> Result<Msat, AccountError> {
        let state = if cost.is_zero() { "released" } else { "settled" };
        let sql = "UPDATE hold SET state = ?2, ended_at = ?3 WHERE id = ?1 AND state = 'active'";
        if connection.execute(sql, params![self.id, state, now_s()])? != 1 {
            return Err(unreadable("a hold was ended twice"));
        }
        let rest =
            self.amount.checked_sub(cost).ok_or_else(|| unreadable("a cost above its hold"))?;
        let income = AccountKey::Income(self.route.to_owned());
        let legs = [
            (TransferCode::HoldSettled, income, cost),
            (TransferCode::HoldReleased, user(&self.account), rest),
        ];
        for (code, to, amount) in legs {
            if !amount.is_zero() {
                let leg = NewTransfer::new(code, &self.id, 0, self.key(), to, amount);
                writer::post(connection, &[leg], now_ms())?;
            }
        }
        Ok(available(connection, &user(&self.account))?)
    }
}

fn active_holds(connection: &Connection) -> Result<Vec<Hold>, StoreError> {
    let sql = "SELECT id, account, amount_msat FROM hold WHERE state = 'active'";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut holds = Vec::new();
    while let Some(row) = rows.next()? {
        let amount = Msat::from_db(row.get(2)?);
        let amount = amount.ok_or_else(|| StoreError::Unreadable("an amount".into()))?;
        holds.push(Hold { id: row.get(0)?, account: row.get(1)?, amount, route: "abandoned" });
    }
    Ok(holds)
}
