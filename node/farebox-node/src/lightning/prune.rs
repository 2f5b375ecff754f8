//! Forgetting invoices that nobody paid: everybody who asks a seller for a price leaves one.

use super::{Lightning, LightningError, blocking};
use crate::store::now_ms;
use ldk_node::lightning::ln::channelmanager::PaymentId;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How long an invoice is kept after it expired. The library takes a late payment for some hours
/// at most.
const KEPT_MS: u64 = 7 * 24 * 3_600 * 1_000;
const INTERVAL: Duration = Duration::from_secs(600);
/// At once; the rest has its turn later.
const BATCH_MAX: u32 = 10_000;

/// Forgets for ever, a batch at a time.
pub(crate) async fn prune(lightning: Arc<Lightning>) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = blocking(&lightning, Lightning::forget_lapsed).await {
            tracing::warn!(%error, "forgetting invoices that were not paid");
        }
    }
}

impl Lightning {
    fn forget_lapsed(&self) -> Result<(), LightningError> {
        for hash in self.store.lapsed(now_ms().saturating_sub(KEPT_MS), BATCH_MAX)? {
            self.node.remove_payment(&PaymentId(hash.0))?;
            self.store.forget(hash)?;
        }
        Ok(())
    }
}
