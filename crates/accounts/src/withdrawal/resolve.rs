//! Withdrawals that nobody is at any more: of processes that died, and those whose outcome the
//! wallet did not say. They are looked up again and again until it is known.
//!
//! Several servers may do this on one database: until when somebody is at a withdrawal stands in
//! its row, and is changed only by who finds the row as it was read.

use super::judge::{self, Facts, Failure, Step};
use super::rows::{self, Row, State};
use super::send::{LOOK_MAX, look_up};
use super::{Payout, end};
use crate::basics::now_s;
use crate::{AccountError, Accounts};
use farebox_store::{StoreError, Transaction, lease};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often due withdrawals are looked for.
const PERIOD: Duration = Duration::from_secs(1);
/// Unfinished withdrawals that are looked through at once.
const READ_MAX: usize = 1_000;
/// Withdrawals that are looked up at once.
const AT_ONCE_MAX: usize = 16;
/// A held withdrawal that nobody sends is given back after this, in seconds.
const HELD_MAX_S: u64 = 60;
/// A wallet that is not configured any more is missed this often in the log.
const COMPLAINT_PERIOD: Duration = Duration::from_secs(300);

impl Accounts {
    /// Resolves what is unfinished, until the future is dropped.
    pub(crate) async fn resolve_withdrawals(&self) {
        let Some(payout) = self.payout.clone() else { return self.miss_wallet().await };
        loop {
            tokio::time::sleep(PERIOD).await;
            // With wrong books nothing is booked; what is unfinished keeps its money.
            if self.check_open().is_err() {
                continue;
            }
            if let Err(error) = self.resolve_due(&payout).await {
                tracing::warn!(%error, "unfinished withdrawals were not looked up");
            }
        }
    }

    /// Withdrawals of an earlier run whose wallet is not configured any more.
    async fn miss_wallet(&self) {
        loop {
            let find = |transaction: &Transaction<'_>| rows::unfinished(transaction, READ_MAX);
            match self.store.read(find).await {
                Ok(unfinished) if unfinished.is_empty() => return,
                Ok(unfinished) => {
                    let count = unfinished.len();
                    tracing::error!(count, "withdrawals are unfinished and no wallet pays them");
                }
                Err(error) => tracing::warn!(%error, "unfinished withdrawals were not counted"),
            }
            tokio::time::sleep(COMPLAINT_PERIOD).await;
        }
    }

    async fn resolve_due(&self, payout: &Arc<Payout>) -> Result<(), AccountError> {
        let mut looking = JoinSet::new();
        for due in self.store.read(due).await? {
            if looking.len() >= AT_ONCE_MAX {
                looking.join_next().await;
            }
            looking.spawn(self.clone().resolve_one(Arc::clone(payout), due));
        }
        looking.join_all().await;
        Ok(())
    }

    async fn resolve_one(self, payout: Arc<Payout>, due: Due) {
        let hash = due.row.hash;
        let resolved = match due.row.state {
            State::Held => self.give_back(due).await,
            _ => self.look(payout, due).await,
        };
        if let Err(error) = resolved {
            tracing::warn!(%error, payment_hash = %hash, "a withdrawal is resolved later");
        }
    }

    /// Set aside and never sent, which its state says for certain.
    async fn give_back(&self, due: Due) -> Result<(), AccountError> {
        let is_old = now_s() >= due.row.begun_at.saturating_add(HELD_MAX_S);
        if !due.was_cut_off && !is_old {
            return Ok(());
        }
        let give_back = move |transaction: &Transaction<'_>| {
            end::failed(transaction, &due.row, Failure::Interrupted)
        };
        self.store.write(give_back).await
    }

    async fn look(&self, payout: Arc<Payout>, due: Due) -> Result<(), AccountError> {
        let Some(row) = self.take(&due.row).await? else { return Ok(()) };
        let step = match look_up(&payout, &row).await {
            Some(status) => {
                let facts = facts(&row, due.was_cut_off, &payout.wallet);
                judge::after_look(facts, row.hash, status, now_s())
            }
            None => Step::Wait,
        };
        let write = move |transaction: &Transaction<'_>| match step {
            Step::Paid { preimage, fee } => {
                end::paid(transaction, &row, &preimage, fee).map(|()| None)
            }
            Step::Fail(failure) => end::failed(transaction, &row, failure).map(|()| None),
            Step::Resend => Ok(Some(row)),
            Step::Wait => end::wait(transaction, &row, None).map(|()| None),
        };
        if let Some(row) = self.store.write(write).await? {
            tracing::warn!(payment_hash = %row.hash, "a withdrawal that was cut off is sent again");
            tokio::spawn(self.clone().send(payout, row));
        }
        Ok(())
    }

    /// Takes a withdrawal up; `None` when somebody was faster.
    async fn take(&self, row: &Row) -> Result<Option<Row>, AccountError> {
        let row = row.clone();
        let take = move |transaction: &Transaction<'_>| -> Result<Option<Row>, AccountError> {
            // Twice the time of a look-up: nobody comes in between.
            let pause = i64::try_from((LOOK_MAX * 2).as_millis()).unwrap_or(i64::MAX);
            let next_check_ms = lease::now_ms(transaction)?.saturating_add(pause);
            let taken = rows::take(transaction, &row, next_check_ms)?;
            Ok(taken.then(|| Row { next_check_ms, checks: row.checks + 1, ..row }))
        };
        self.store.write(take).await
    }
}

/// A withdrawal to be resolved.
struct Due {
    row: Row,
    /// Whether the process that began or sent it is gone.
    was_cut_off: bool,
}

/// Those whose time has come, and those of processes that died and that nobody has looked at.
fn due(transaction: &Transaction<'_>) -> Result<Vec<Due>, StoreError> {
    let now = lease::now_ms(transaction)?;
    let unfinished = rows::unfinished(transaction, READ_MAX)?;
    if unfinished.is_empty() {
        return Ok(Vec::new());
    }
    let alive = lease::alive(transaction)?;
    let due = unfinished.into_iter().map(|row| {
        let was_cut_off = !alive.contains(&row.owner);
        Due { row, was_cut_off }
    });
    let is_due =
        |due: &Due| due.row.next_check_ms <= now || (due.was_cut_off && due.row.checks == 0);
    Ok(due.filter(is_due).collect())
}

fn facts(row: &Row, was_cut_off: bool, wallet: &str) -> Facts {
    Facts {
        attempt: row.attempt,
        sends: row.sends,
        said: row.failure.as_deref().map(Failure::from_code),
        expires_at: row.expires_at,
        was_cut_off,
        is_same_wallet: row.wallet == wallet,
    }
}
