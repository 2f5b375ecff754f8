//! Reading phoenixd's settlements in order.
//!
//! phoenixd lists them newest first and knows no cursor but their time, and a settlement may
//! appear in the list a moment after its time. So each look reaches back a little, and what was
//! reported already is remembered and left out.

use super::Phoenixd;
use super::answers::Incoming;
use crate::{SettledCursor, Settlements, WalletError};
use farebox_wire::lightning::PaymentHash;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What one list is asked for.
const LIST_LEN_MAX: usize = 500;
/// A window of time that holds so many payments is read in parts. Less than was asked for,
/// because phoenixd leaves payments on the chain out of a list after it has cut it off.
const WINDOW_LEN_MAX: usize = LIST_LEN_MAX / 2;
/// How long after its time a settlement may appear.
const LATE_MS_MAX: u64 = 10_000;

/// The settlements that were reported lately, with their times in milliseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<PaymentHash, u64>>);

impl Seen {
    fn lock(&self) -> MutexGuard<'_, HashMap<PaymentHash, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Phoenixd {
    /// The oldest settlements after `cursor`, a time in milliseconds since 1970.
    pub(super) async fn settlements(
        &self,
        cursor: SettledCursor,
    ) -> Result<Settlements, WalletError> {
        let mut from_ms = cursor.0.saturating_sub(LATE_MS_MAX);
        let mut to_ms = None;
        loop {
            let window = self.window(from_ms, to_ms).await?;
            if window.len() >= WINDOW_LEN_MAX {
                to_ms = Some(earlier_half(from_ms, &window)?);
                continue;
            }
            let settlements = self.report(cursor, window);
            match to_ms {
                Some(to) if settlements.hashes.is_empty() => (from_ms, to_ms) = (to + 1, None),
                _ => return Ok(settlements),
            }
        }
    }

    /// The settlements of a time, both ends included, newest first; cut off at the old end.
    async fn window(
        &self,
        from_ms: u64,
        to_ms: Option<u64>,
    ) -> Result<Vec<(u64, PaymentHash)>, WalletError> {
        let numbers = [
            ("limit", Some(LIST_LEN_MAX.to_string())),
            ("from", Some(from_ms.to_string())),
            ("to", to_ms.map(|to| to.to_string())),
        ];
        let query: Vec<(&str, &str)> =
            numbers.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        let list: Option<Vec<Incoming>> = self.api.get("/payments/incoming", &query).await?;
        let paid = list.unwrap_or_default().into_iter();
        Ok(paid
            .filter(|payment| payment.is_paid)
            .filter_map(|payment| Some((payment.completed_at?, payment.payment_hash)))
            .collect())
    }

    /// Leaves out what was reported already, and remembers the rest as reported.
    fn report(&self, cursor: SettledCursor, mut window: Vec<(u64, PaymentHash)>) -> Settlements {
        let mut seen = self.seen.lock();
        window.sort_unstable();
        window.dedup_by_key(|(_, hash)| *hash);
        window.retain(|(at_ms, hash)| *at_ms > cursor.0 || !seen.contains_key(hash));
        let newest = window.last().map_or(cursor.0, |(at_ms, _)| *at_ms);
        let next = SettledCursor(cursor.0.max(newest));
        seen.retain(|_, at_ms| *at_ms >= next.0.saturating_sub(LATE_MS_MAX));
        seen.extend(window.iter().map(|(at_ms, hash)| (*hash, *at_ms)));
        let hashes = window.into_iter().map(|(_, hash)| hash).collect();
        Settlements { hashes, next }
    }
}

/// The end of the first half of a window that is too full.
fn earlier_half(from_ms: u64, window: &[(u64, PaymentHash)]) -> Result<u64, WalletError> {
    let newest = window.iter().map(|(at_ms, _)| *at_ms).max();
    match newest {
        Some(newest) if newest > from_ms => Ok(from_ms + (newest - from_ms) / 2),
        _ => Err(WalletError::Unreadable(
            "more settlements in one millisecond than one list holds".into(),
        )),
    }
}
