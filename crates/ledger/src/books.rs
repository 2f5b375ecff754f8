//! The rules, in memory: what may be posted, and what it does to the balances.

use crate::transfer::REFERENCE_LEN_MAX;
use crate::{AccountKey, ChainHash, GENESIS, NewTransfer, Transfer, TransferId};
use farebox_money::Msat;
use std::collections::HashMap;

/// Transfers that one event may have.
pub(crate) const LEGS_MAX: usize = 16;

/// What an account has seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// The sum of its debits.
    pub debits: Msat,
    /// The sum of its credits.
    pub credits: Msat,
}

impl Balance {
    /// Credits less debits: what is owed to a user, or what is in an escrow. `None` when the
    /// account owes.
    #[must_use]
    pub fn available(self) -> Option<Msat> {
        self.credits.checked_sub(self.debits)
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// Booked now.
    Now,
    /// Booked before; nothing was changed.
    Before,
}

/// Why an event cannot be booked. Nothing of it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// An account without the money.
    #[error("{account} has {available} and {asked} would leave it")]
    Insufficient {
        /// Which.
        account: AccountKey,
        /// What it has.
        available: Msat,
        /// What would leave it.
        asked: Msat,
    },
    /// The id was used for other terms.
    #[error("transfer {0} was booked before with other terms")]
    Conflict(TransferId),
    /// Some of the event's transfers were booked before and some were not.
    #[error("an event was booked before in part")]
    Partial,
    /// No transfers, too many, or one of them twice.
    #[error("an event has 1 to {LEGS_MAX} different transfers")]
    Shape,
    /// A transfer of nothing, or to the account that it comes from, or with too long a text.
    #[error("transfer {0} moves nothing, or moves it nowhere, or its reference is too long")]
    Pointless(TransferId),
    /// A sum beyond all bitcoin.
    #[error("a balance would pass all bitcoin")]
    Overflow,
}

/// Accounts, the log, and its digest.
#[derive(Clone, Debug)]
pub struct Books {
    balances: HashMap<AccountKey, Balance>,
    log: Vec<Transfer>,
    known: HashMap<TransferId, usize>,
    head: ChainHash,
}

impl Default for Books {
    fn default() -> Self {
        Self { balances: HashMap::new(), log: Vec::new(), known: HashMap::new(), head: GENESIS }
    }
}

impl Books {
    /// Books one event: all of its transfers or none. An event that was booked before changes
    /// nothing.
    ///
    /// # Errors
    /// [`PostError`]; nothing was booked.
    pub fn post(&mut self, event: &[NewTransfer], now_ms: i64) -> Result<Posted, PostError> {
        check_shape(event)?;
        if self.is_known(event)? {
            return Ok(Posted::Before);
        }
        let changed = apply(event, |account| self.balance(account))?;
        for transfer in event {
            let seq = self.log.len() as u64 + 1;
            let posted = Transfer { seq, asked: transfer.clone(), at_ms: now_ms };
            self.head = self.head.then(&posted);
            self.known.insert(transfer.id(), self.log.len());
            self.log.push(posted);
        }
        self.balances.extend(changed);
        Ok(Posted::Now)
    }

    fn is_known(&self, event: &[NewTransfer]) -> Result<bool, PostError> {
        let known = event.iter().map(|transfer| {
            let index = self.known.get(&transfer.id())?;
            self.log.get(*index).map(|posted| &posted.asked)
        });
        compare_with_known(event, known)
    }

    /// What an account has seen; zeros for one that was never used.
    #[must_use]
    pub fn balance(&self, account: &AccountKey) -> Balance {
        self.balances.get(account).copied().unwrap_or_default()
    }

    /// Every account that was ever used.
    pub fn balances(&self) -> impl Iterator<Item = (&AccountKey, Balance)> {
        self.balances.iter().map(|(account, balance)| (account, *balance))
    }

    /// Every transfer, oldest first.
    #[must_use]
    pub fn log(&self) -> &[Transfer] {
        &self.log
    }

    /// The digest of the whole log.
    #[must_use]
    pub const fn head(&self) -> ChainHash {
        self.head
    }
}

/// What every event must be, whatever the balances.
pub(crate) fn check_shape(event: &[NewTransfer]) -> Result<(), PostError> {
    if event.is_empty() || event.len() > LEGS_MAX {
        return Err(PostError::Shape);
    }
    for (index, transfer) in event.iter().enumerate() {
        if event.iter().take(index).any(|earlier| is_same(earlier, transfer)) {
            return Err(PostError::Shape);
        }
        let too_long = transfer.reference.len() > REFERENCE_LEN_MAX;
        if transfer.amount.is_zero() || transfer.debit == transfer.credit || too_long {
            return Err(PostError::Pointless(transfer.id()));
        }
    }
    Ok(())
}

fn is_same(one: &NewTransfer, other: &NewTransfer) -> bool {
    (one.leg, one.code, &one.reference) == (other.leg, other.code, &other.reference)
}

/// Whether an event was booked before, given what the log has under each of its ids.
pub(crate) fn compare_with_known<'a>(
    event: &[NewTransfer],
    known: impl Iterator<Item = Option<&'a NewTransfer>>,
) -> Result<bool, PostError> {
    let mut found = 0;
    for (asked, booked) in event.iter().zip(known) {
        match booked {
            Some(booked) if booked == asked => found += 1,
            Some(_) => return Err(PostError::Conflict(asked.id())),
            None => {}
        }
    }
    match found {
        0 => Ok(false),
        all if all == event.len() => Ok(true),
        _ => Err(PostError::Partial),
    }
}

/// The balances after an event. Its transfers count in their order, and floors hold after each,
/// so that money cannot be spent before it arrives.
fn apply(
    event: &[NewTransfer],
    balance: impl Fn(&AccountKey) -> Balance,
) -> Result<HashMap<AccountKey, Balance>, PostError> {
    let mut changed: HashMap<AccountKey, Balance> = HashMap::new();
    for transfer in event {
        let now = |key: &AccountKey| changed.get(key).copied().unwrap_or_else(|| balance(key));
        let (debit, credit) = (now(&transfer.debit), now(&transfer.credit));
        let (debit, credit) = move_money(transfer, debit, credit)?;
        changed.insert(transfer.debit.clone(), debit);
        changed.insert(transfer.credit.clone(), credit);
    }
    Ok(changed)
}

/// The balances of a transfer's two accounts after it.
pub(crate) fn move_money(
    transfer: &NewTransfer,
    debit: Balance,
    credit: Balance,
) -> Result<(Balance, Balance), PostError> {
    let available = debit.available().unwrap_or(Msat::ZERO);
    if transfer.debit.class().has_floor() && available < transfer.amount {
        let account = transfer.debit.clone();
        return Err(PostError::Insufficient { account, available, asked: transfer.amount });
    }
    let debits = debit.debits.checked_add(transfer.amount).ok_or(PostError::Overflow)?;
    let credits = credit.credits.checked_add(transfer.amount).ok_or(PostError::Overflow)?;
    Ok((Balance { debits, ..debit }, Balance { credits, ..credit }))
}
