//! How often the node is asked about an invoice that a browser waits for.

use farebox_wire::lightning::PaymentHash;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The node is asked about one invoice once in so many seconds. It reports payments by itself,
/// so that asking is for the case that a report was lost.
const PERIOD_S: u64 = 5;
/// Invoices that are asked about at a time.
const WATCHED_MAX: usize = 10_000;

/// What to do about an invoice that is not known to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Ask the node; it counts as asked.
    Ask,
    /// It was asked a moment ago, and did not say that it is paid.
    Asked,
    /// Too many are asked about: nobody can say whether it is paid.
    TooMany,
}

/// When the node was asked about which invoice, in seconds since 1970.
#[derive(Default)]
pub(crate) struct Lookups(Mutex<HashMap<PaymentHash, u64>>);

impl Lookups {
    /// Whether to ask the node about an invoice at `now`, in seconds since 1970.
    pub(crate) fn turn(&self, hash: PaymentHash, now: u64) -> Turn {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: u64| at <= now && now - at < PERIOD_S;
        if asked.get(&hash).copied().is_some_and(is_recent) {
            return Turn::Asked;
        }
        if asked.len() >= WATCHED_MAX {
            asked.retain(|_, at| is_recent(*at));
        }
        if asked.len() >= WATCHED_MAX {
            return Turn::TooMany;
        }
        asked.insert(hash, now);
        Turn::Ask
    }

    /// The node did not answer: until it does, nobody can say that it is not paid.
    pub(crate) fn forget(&self, hash: PaymentHash) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: usize) -> PaymentHash {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_be_bytes());
        PaymentHash::new(hash)
    }

    #[test]
    fn each_invoice_is_asked_about_once_in_a_while() {
        let lookups = Lookups::default();
        assert_eq!(lookups.turn(hash(1), 100), Turn::Ask);
        assert_eq!(lookups.turn(hash(1), 104), Turn::Asked);
        assert_eq!(lookups.turn(hash(2), 104), Turn::Ask);
        assert_eq!(lookups.turn(hash(1), 105), Turn::Ask);
        assert_eq!(lookups.turn(hash(1), 50), Turn::Ask, "a clock that was set back");
        lookups.forget(hash(2));
        assert_eq!(lookups.turn(hash(2), 105), Turn::Ask);
    }

    #[test]
    fn a_flood_is_bounded() {
        let lookups = Lookups::default();
        assert!((0..WATCHED_MAX).all(|number| lookups.turn(hash(number), 100) == Turn::Ask));
        assert_eq!(lookups.turn(hash(WATCHED_MAX), 104), Turn::TooMany);
        assert_eq!(lookups.turn(hash(WATCHED_MAX), 105), Turn::Ask);
    }
}
