//! Settlements of wallets that only list their invoices, the latest first.
//!
//! A settlement may appear in the list a moment after its time. So each look reaches back a
//! little, and what was reported already is remembered and left out.

use crate::{SettledCursor, Settlements, WalletError};
use async_trait::async_trait;
use farebox_wire::lightning::PaymentHash;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long after its time a settlement may appear.
const LATE_MS_MAX: u64 = 10_000;
/// Pages of one look; what is older than they reach is not reported.
const PAGES_MAX: usize = 50;

/// One settlement in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Settled {
    /// Milliseconds since 1970.
    pub(crate) at_ms: u64,
    pub(crate) hash: PaymentHash,
}

/// One page of a list.
pub(crate) struct Page {
    /// The settlements in it.
    pub(crate) settled: Vec<Settled>,
    /// Rows in it, whatever they are.
    pub(crate) rows: usize,
    /// Whether everything after it is older than was asked for.
    pub(crate) is_last: bool,
}

/// The settlements that were reported lately, with their times in milliseconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<HashMap<PaymentHash, u64>>);

/// A wallet as far as its list differs from others.
#[async_trait]
pub(crate) trait Lister: Sync {
    /// What was reported lately.
    fn seen(&self) -> &Seen;

    /// The page of settlements since `from_ms` after the first `offset` rows.
    async fn page(&self, from_ms: u64, offset: usize) -> Result<Page, WalletError>;

    /// Waits for the next look, up to `longest`.
    async fn pause(&self, longest: Duration);
}

/// [`Receiver::settled_since`](crate::Receiver::settled_since) for a backend. One reader at a
/// time: what one was told counts as told. The cursor is a time in milliseconds since 1970.
pub(crate) async fn settled_since(
    wallet: &impl Lister,
    cursor: SettledCursor,
    wait: Duration,
) -> Result<Settlements, WalletError> {
    let begun = Instant::now();
    loop {
        let settlements = look(wallet, cursor).await?;
        let left = wait.saturating_sub(begun.elapsed());
        if !settlements.hashes.is_empty() || left.is_zero() {
            return Ok(settlements);
        }
        wallet.pause(left).await;
    }
}

async fn look(wallet: &impl Lister, cursor: SettledCursor) -> Result<Settlements, WalletError> {
    let from_ms = cursor.0.saturating_sub(LATE_MS_MAX);
    let mut found = Vec::new();
    let mut offset = 0;
    for _ in 0..PAGES_MAX {
        let page = wallet.page(from_ms, offset).await?;
        offset += page.rows;
        found.extend(page.settled.into_iter().filter(|settled| settled.at_ms >= from_ms));
        if page.is_last || page.rows == 0 {
            return Ok(wallet.seen().report(cursor, found));
        }
    }
    tracing::warn!("settlements of a wallet that are long past are not reported");
    Ok(wallet.seen().report(cursor, found))
}

impl Seen {
    /// Leaves out what was reported already, and remembers the rest as reported.
    fn report(&self, cursor: SettledCursor, mut found: Vec<Settled>) -> Settlements {
        let mut seen = self.lock();
        found.sort_unstable();
        found.dedup_by_key(|settled| settled.hash);
        found.retain(|settled| settled.at_ms > cursor.0 || !seen.contains_key(&settled.hash));
        let newest = found.last().map_or(cursor.0, |settled| settled.at_ms);
        let next = SettledCursor(cursor.0.max(newest));
        seen.retain(|_, at_ms| *at_ms >= next.0.saturating_sub(LATE_MS_MAX));
        seen.extend(found.iter().map(|settled| (settled.hash, settled.at_ms)));
        Settlements { hashes: found.into_iter().map(|settled| settled.hash).collect(), next }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PaymentHash, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
