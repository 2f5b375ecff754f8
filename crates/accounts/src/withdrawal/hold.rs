//! The first step: the amount and what the fee may come to are set aside, in the transaction
//! that writes the row.

use super::checks::{Asked, Reserve};
use super::rows::{self, Row, State, Usage};
use super::{Payout, WithdrawalError, WithdrawalRules, end, fees, judge};
use crate::basics::{available, now_ms, now_s, unreadable, user};
use crate::{AccountError, Accounts};
use farebox_ledger::{AccountKey, events, writer};
use farebox_money::Msat;
use farebox_store::{StoreError, Transaction, lease, params};
use std::sync::Arc;

/// A held withdrawal whose process is gone is given back no sooner than this.
const HELD_CHECK_MS: i64 = 1_000;
/// How far back an account's fees are counted, in its movements.
const MOVEMENTS_MAX: usize = 1_000;
const HOUR_S: u64 = 3_600;

/// All that the transaction needs.
struct Begin {
    asked: Asked,
    reserve: Reserve,
    /// What the account has paid in fees; zero when that does not matter.
    fees_paid: Msat,
    id: String,
    owner: String,
    payout: Arc<Payout>,
}

impl Accounts {
    /// Sets a withdrawal aside; `None` when a request that came first has begun it.
    pub(super) async fn hold(
        &self,
        payout: &Arc<Payout>,
        asked: &Asked,
        reserve: Reserve,
    ) -> Result<Option<Row>, AccountError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| unreadable("no random bytes"))?;
        let begin = Begin {
            fees_paid: self.fees_paid(payout, asked, reserve).await?,
            asked: asked.clone(),
            reserve,
            id: hex::encode(id),
            owner: self.instance.id().to_owned(),
            payout: Arc::clone(payout),
        };
        self.store.write(move |transaction| begin.book(transaction)).await
    }

    /// What the account has paid in fees, where its own balance does not reach for the routing
    /// fee. Read before the transaction, because it may be long; it only grows.
    async fn fees_paid(
        &self,
        payout: &Arc<Payout>,
        asked: &Asked,
        reserve: Reserve,
    ) -> Result<Msat, AccountError> {
        let (key, amount) = (user(&asked.account), asked.amount);
        let payout = Arc::clone(payout);
        let read = move |transaction: &Transaction<'_>| {
            let balance = available(transaction, &key)?;
            match fees::reserve(balance, amount, reserve.fee, Msat::ZERO) {
                Some(_) => Ok(Msat::ZERO),
                None => fees_paid(transaction, &key, &payout.rules),
            }
        };
        Ok(self.store.read(read).await?)
    }
}

fn fees_paid(
    transaction: &Transaction<'_>,
    account: &AccountKey,
    rules: &WithdrawalRules,
) -> Result<Msat, StoreError> {
    let movements = writer::entries(transaction, account, None, MOVEMENTS_MAX)?;
    let fees = movements.into_iter().filter(|entry| !entry.is_credit).map(|entry| {
        match entry.transfer.asked.credit {
            AccountKey::Income(kind) if rules.fee_income.contains(&kind) => {
                entry.transfer.asked.amount
            }
            _ => Msat::ZERO,
        }
    });
    Ok(fees.fold(Msat::ZERO, |sum, fee| sum.checked_add(fee).unwrap_or(Msat::MAX)))
}

impl Begin {
    fn book(self, transaction: &Transaction<'_>) -> Result<Option<Row>, AccountError> {
        let asked = &self.asked;
        let hash = asked.invoice.payment_hash;
        let known = rows::find(transaction, hash)?;
        if judge::repeat(known.as_ref(), &asked.account, &asked.bolt11)? == judge::Repeat::Answer {
            return Ok(None);
        }
        let sql = "SELECT count(*) FROM topup WHERE payment_hash = ?1";
        let topups: u64 = transaction.one(sql, params![*hash.as_bytes()], |row| row.get(0))?;
        if topups > 0 {
            return Err(WithdrawalError::SelfPayment.into());
        }
        let now = now_s();
        let usage = rows::usage(transaction, &asked.account, now)?;
        check_limits(&usage, &self.payout.rules, asked.amount, now)?;
        let row = self.row(transaction, known, &usage, now)?;
        rows::hold(transaction, &row)?;
        let held = end::held(&row).ok_or_else(|| unreadable("an amount"))?;
        let held = events::withdrawal_held(hash, row.attempt, &row.account, held);
        writer::post(transaction, &[held], now_ms())?;
        Ok(Some(row))
    }

    fn row(
        &self,
        transaction: &Transaction<'_>,
        known: Option<Row>,
        usage: &Usage,
        now_s: u64,
    ) -> Result<Row, AccountError> {
        let asked = &self.asked;
        let balance = available(transaction, &user(&asked.account))?;
        let operator_max = self.fees_paid.checked_sub(usage.operator_paid).unwrap_or(Msat::ZERO);
        let fee = fees::reserve(balance, asked.amount, self.reserve.fee, operator_max);
        let fee = fee.ok_or_else(|| self.too_little(balance, operator_max))?;
        let (id, attempt) = match known {
            Some(row) => (row.id, row.attempt + 1),
            None => (self.id.clone(), 1),
        };
        Ok(Row {
            hash: asked.invoice.payment_hash,
            id,
            account: asked.account.clone(),
            bolt11: asked.bolt11.clone(),
            amount: asked.amount,
            expires_at: asked.invoice.expires_at,
            state: State::Held,
            attempt,
            begun_at: now_s,
            sends: 0,
            wallet: self.payout.wallet.clone(),
            owner: self.owner.clone(),
            next_check_ms: lease::now_ms(transaction)?.saturating_add(HELD_CHECK_MS),
            checks: 0,
            fee_user: fee.user,
            fee_operator: fee.operator,
            failure: None,
            preimage: None,
        })
    }

    fn too_little(&self, balance: Msat, operator_max: Msat) -> WithdrawalError {
        let (payout, limit_binds) = (&self.payout, self.reserve.limit_binds);
        let fee_of = |amount| payout.fee_reserve(amount, limit_binds);
        let fee = self.reserve.fee.checked_sub(operator_max).unwrap_or(Msat::ZERO);
        WithdrawalError::InsufficientBalance {
            balance,
            required: self.asked.amount.checked_add(fee).unwrap_or(Msat::MAX),
            max_collectable: fees::max_collectable(balance, operator_max, &payout.rules, fee_of),
        }
    }
}

/// One withdrawal at a time, so many an hour, so much a day.
fn check_limits(
    usage: &Usage,
    rules: &WithdrawalRules,
    amount: Msat,
    now_s: u64,
) -> Result<(), WithdrawalError> {
    if usage.has_unfinished {
        return Err(WithdrawalError::InProgress);
    }
    let until = |begun_at: u64, window_s: u64| (begun_at + window_s).saturating_sub(now_s).max(1);
    if usage.attempts.len() as u64 >= rules.hour_count_max {
        let oldest = usage.attempts.first().copied().unwrap_or(now_s);
        return Err(WithdrawalError::RateLimited { retry_after_s: until(oldest, HOUR_S) });
    }
    let day = usage.day.checked_add(amount);
    let is_within = day.zip(rules.day_max.to_msat()).is_some_and(|(day, max)| day <= max);
    if is_within {
        return Ok(());
    }
    let oldest = usage.day_from.unwrap_or(now_s);
    Err(WithdrawalError::RateLimited { retry_after_s: until(oldest, 24 * HOUR_S) })
}
