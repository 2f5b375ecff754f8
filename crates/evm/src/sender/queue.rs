//! The numbers of a key's transactions, and those that no block has yet.

use super::Order;
use crate::fees::Fees;
use crate::transaction::SignedTransaction;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;

/// A transaction that may be mined.
pub(super) struct InFlight {
    pub(super) order: Order,
    /// As it was sent last.
    pub(super) signed: SignedTransaction,
    /// What the next replacement must outbid.
    pub(super) fees: Fees,
    pub(super) sent_at: Instant,
    /// When it got the fees that it has.
    pub(super) priced_at: Instant,
    _turn: OwnedSemaphorePermit,
}

impl InFlight {
    pub(super) fn new(order: Order, signed: SignedTransaction, turn: OwnedSemaphorePermit) -> Self {
        let now = Instant::now();
        Self { order, fees: signed.fees, signed, sent_at: now, priced_at: now, _turn: turn }
    }
}

#[derive(Default)]
pub(super) struct Queue {
    /// `None` when the node must be asked.
    next: Option<u64>,
    /// The number below which the node said that all are taken.
    floor: u64,
    in_flight: BTreeMap<u64, InFlight>,
    /// Since when the node is missing a number below all of ours.
    gap_since: Option<Instant>,
}

impl Queue {
    /// The number of the next transaction, where it is known.
    pub(super) const fn next(&self) -> Option<u64> {
        self.next
    }

    /// The number of the next transaction, when the node counts `pending`. A node may be behind:
    /// what was sent since is counted too.
    pub(super) fn resync(&mut self, pending: u64) -> u64 {
        let after_sent =
            self.in_flight.keys().next_back().map_or(0, |nonce| nonce.saturating_add(1));
        let next = pending.max(after_sent).max(self.floor);
        self.next = Some(next);
        next
    }

    /// The node says that a number belongs to another transaction.
    pub(super) fn taken(&mut self, nonce: u64) {
        self.floor = nonce.saturating_add(1);
        self.next = None;
    }

    pub(super) fn sent(&mut self, transaction: InFlight) {
        let nonce = transaction.signed.nonce;
        self.next = Some(nonce.saturating_add(1));
        self.in_flight.insert(nonce, transaction);
    }

    /// Looks after a transaction that an earlier process sent, unless there is one of its number.
    pub(super) fn adopt(&mut self, transaction: InFlight) {
        self.in_flight.entry(transaction.signed.nonce).or_insert(transaction);
    }

    /// Forgets what is below `count`: blocks have it, or another transaction of that number.
    pub(super) fn mined(&mut self, count: u64) {
        self.in_flight = self.in_flight.split_off(&count);
    }

    /// The numbers that nobody has taken and behind which ours wait, once that is so for `after`.
    /// `pending` is what the node counts, its waiting ones included.
    pub(super) fn gap(&mut self, pending: u64, after: Duration) -> Range<u64> {
        let lowest = self.in_flight.keys().next().copied().unwrap_or(pending);
        if lowest <= pending {
            self.gap_since = None;
            return 0..0;
        }
        let since = *self.gap_since.get_or_insert_with(Instant::now);
        if since.elapsed() < after { 0..0 } else { pending..lowest }
    }

    /// Those that no block has, the one that all others wait for first.
    pub(super) fn waiting(&mut self) -> impl Iterator<Item = &mut InFlight> {
        self.in_flight.values_mut()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_flight.is_empty()
    }
}
