//! Setting an amount aside for a request, then taking what it really cost.
//!
//! Many requests do this at once, so both ends are batched: one transaction, and on PostgreSQL a
//! fixed number of statements, for all that arrive while the one before is being written.

mod end;
mod reserve;
mod rows;

pub(crate) use end::{End, end_all};
pub(crate) use reserve::{Reserve, reserve_all};

use crate::basics::{now_ms, unreadable};
use crate::{AccountError, Accounts, Token};
use farebox_money::Msat;
use farebox_store::{StoreError, Transaction, lease};
use std::collections::HashSet;
use std::sync::PoisonError;
use std::time::Duration;

/// How soon the end of a hold is written again after a failure.
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(30);
/// Doubtful holds remembered at most; the rest is given back when this process ends.
const DOUBTFUL_MAX: usize = 65_536;
/// How often holds of processes that died are looked for.
const SWEEP_PERIOD: Duration = Duration::from_secs(30);

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
    pub route: String,
    /// The child token that it counts against.
    pub(crate) child: Option<[u8; 32]>,
}

impl Accounts {
    /// Sets `amount` of a token's account aside. On the disk when this returns.
    ///
    /// # Errors
    /// [`AccountError::InvalidToken`], [`AccountError::InsufficientBalance`],
    /// [`AccountError::CapReached`] or [`AccountError::ReadOnly`].
    pub async fn reserve(
        &self,
        token: &Token,
        route: &str,
        amount: Msat,
    ) -> Result<Hold, AccountError> {
        self.check_open()?;
        let reserve = Reserve {
            id: new_id()?,
            digest: token.digest(),
            amount,
            route: route.to_owned(),
            owner: self.instance.id().to_owned(),
        };
        let id = reserve.id.clone();
        let reserved = self.reserving.run(reserve).await;
        // A connection that broke at the commit leaves open whether the hold is there.
        if reserved.is_err() {
            self.note_doubtful(id);
        }
        let reserved = reserved?;
        crate::crash_point("hold_after_reserve");
        reserved
    }

    /// Whoever asked was told that the hold failed: if it is there, it is given back.
    pub(crate) fn note_doubtful(&self, id: String) {
        let mut doubtful = self.doubtful.lock().unwrap_or_else(PoisonError::into_inner);
        if doubtful.len() < DOUBTFUL_MAX {
            doubtful.insert(id);
        }
    }

    /// Takes `cost` of what was set aside, gives the rest back, and returns what the token can
    /// spend then. `cost` never exceeds the hold; nothing is the cost of a request that failed. When this fails, the
    /// request must not be answered: all of the hold is given back behind its caller's back, as
    /// soon as that can be written.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn end_hold(&self, hold: Hold, cost: Msat) -> Result<Msat, AccountError> {
        if cost > hold.amount {
            return Err(unreadable("a cost above its hold"));
        }
        crate::crash_point("hold_before_settle");
        let ended = self.try_end(hold.clone(), End::Settle { cost }).await;
        crate::crash_point("hold_after_settle");
        if ended.is_err() {
            tokio::spawn(self.clone().take_back(hold, cost));
        }
        ended
    }

    async fn try_end(&self, hold: Hold, end: End) -> Result<Msat, AccountError> {
        self.ending.run((hold, end)).await?
    }

    async fn take_back(self, hold: Hold, cost: Msat) {
        let mut pause = RETRY_FIRST;
        loop {
            tokio::time::sleep(pause).await;
            match self.try_end(hold.clone(), End::TakeBack { cost }).await {
                Ok(_) => break,
                Err(error) => {
                    tracing::error!(%error, hold = hold.id, "a hold is still not given back");
                    if !matches!(&error, AccountError::Store(error) if error.is_passing()) {
                        break;
                    }
                }
            }
            pause = (pause * 2).min(RETRY_MAX);
        }
    }

    /// Requests of processes that died were cut off: in doubt their payers have their money.
    pub(crate) async fn release_abandoned_holds(&self) -> Result<(), AccountError> {
        let doubtful = self.doubtful.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let find = move |transaction: &Transaction<'_>| abandoned(transaction, &doubtful);
        let abandoned = self.store.read(find).await?;
        if !abandoned.is_empty() {
            let holds = abandoned.len();
            tracing::warn!(holds, "holds of requests that were cut off are given back");
        }
        for hold in abandoned {
            self.try_end(hold, End::Settle { cost: Msat::ZERO }).await?;
        }
        Ok(())
    }

    pub(crate) async fn sweep_holds(&self) {
        loop {
            tokio::time::sleep(SWEEP_PERIOD).await;
            if let Err(error) = self.release_abandoned_holds().await {
                tracing::warn!(%error, "abandoned holds were not given back");
            }
        }
    }
}

/// Holds of processes that do not live any more, and those whose callers were told that they
/// failed.
fn abandoned(
    transaction: &Transaction<'_>,
    doubtful: &HashSet<String>,
) -> Result<Vec<Hold>, StoreError> {
    let alive = lease::alive(transaction)?;
    let holds = rows::all_holds(transaction)?.into_iter();
    let is_left =
        |hold: &Hold, owner: &String| !alive.contains(owner) || doubtful.contains(&hold.id);
    Ok(holds.filter(|(hold, owner)| is_left(hold, owner)).map(|(hold, _)| hold).collect())
}

/// Begins with the time: neighbours in time are neighbours in the tables.
fn new_id() -> Result<String, AccountError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| unreadable("no random bytes"))?;
    let now = now_ms().to_be_bytes();
    for (byte, time) in bytes.iter_mut().zip(now.iter().skip(2)) {
        *byte = *time;
    }
    Ok(hex::encode(bytes))
}
