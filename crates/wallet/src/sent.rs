//! The payments that a wallet may not have read yet.

use farebox_wire::lightning::PaymentHash;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a request may be under way to the wallet: so long, "no such payment" proves nothing.
const UNDER_WAY_MAX: Duration = Duration::from_secs(120);

/// Payment hashes that the wallet was sent and whose outcome is not known, with the time.
#[derive(Debug, Default)]
pub(crate) struct Sent(Mutex<HashMap<PaymentHash, Instant>>);

impl Sent {
    /// Notes that `hash` is about to be sent; returns when it was sent before.
    pub(crate) fn note(&self, hash: PaymentHash) -> Option<Instant> {
        let mut sent = self.lock();
        sent.retain(|_, at| at.elapsed() < UNDER_WAY_MAX);
        sent.insert(hash, Instant::now())
    }

    /// Takes back a [`Sent::note`], because nothing was sent.
    pub(crate) fn take_back(&self, hash: PaymentHash, earlier: Option<Instant>) {
        match earlier {
            Some(at) => self.lock().insert(hash, at),
            None => self.lock().remove(&hash),
        };
    }

    /// Forgets a payment whose outcome is known.
    pub(crate) fn forget(&self, hash: PaymentHash) {
        self.lock().remove(&hash);
    }

    /// Whether `hash` may be under way to the wallet.
    pub(crate) fn is_under_way(&self, hash: PaymentHash) -> bool {
        self.lock().get(&hash).is_some_and(|at| at.elapsed() < UNDER_WAY_MAX)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PaymentHash, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
