//! Faults on command, for tests: what a real network does to a payment on a bad day.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

#[derive(Clone, Debug, Default)]
struct Plan {
    delay_before: Duration,
    delay_after: Duration,
    fail_next: Option<String>,
    hold: bool,
    wrong_preimage: bool,
}

/// Switches that change what becomes of payments. All are off at first; clones share them.
#[derive(Clone, Debug)]
pub struct Faults {
    plan: Arc<watch::Sender<Plan>>,
}

impl Faults {
    pub(crate) fn none() -> Self {
        Self { plan: Arc::new(watch::Sender::new(Plan::default())) }
    }

    /// Payments stay pending for so long before they settle.
    pub fn delay_before_settling(&self, delay: Duration) {
        self.plan.send_modify(|plan| plan.delay_before = delay);
    }

    /// Payers hear of a settled payment only so long afterwards: with a long delay, a lost reply.
    pub fn delay_after_settling(&self, delay: Duration) {
        self.plan.send_modify(|plan| plan.delay_after = delay);
    }

    /// The next payment fails, after it was recorded, with `reason`.
    pub fn fail_next(&self, reason: &str) {
        self.plan.send_modify(|plan| plan.fail_next = Some(reason.to_owned()));
    }

    /// Payments stay pending until [`Faults::release`].
    pub fn hold(&self) {
        self.plan.send_modify(|plan| plan.hold = true);
    }

    /// Lets the held payments go on.
    pub fn release(&self) {
        self.plan.send_modify(|plan| plan.hold = false);
    }

    /// Whether the HTTP API reveals preimages that do not fit their payment hashes.
    pub fn wrong_preimage(&self, wrong: bool) {
        self.plan.send_modify(|plan| plan.wrong_preimage = wrong);
    }

    /// Whether the next payment is to be recorded as pending before it settles or fails.
    pub(crate) fn interrupts(&self) -> bool {
        let plan = self.plan.borrow();
        plan.hold || plan.fail_next.is_some() || !plan.delay_before.is_zero()
    }

    /// Waits as long as a payment is to stay pending; returns why it is to fail, if it is.
    pub(crate) async fn interrupt(&self) -> Option<String> {
        let delay = self.plan.borrow().delay_before;
        tokio::time::sleep(delay).await;
        // Fails only when the sender is gone, which `self` holds.
        let _ = self.plan.subscribe().wait_for(|plan| !plan.hold).await;
        let mut reason = None;
        self.plan.send_if_modified(|plan| {
            reason = plan.fail_next.take();
            reason.is_some()
        });
        reason
    }

    pub(crate) async fn delay_answer(&self) {
        let delay = self.plan.borrow().delay_after;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    pub(crate) fn reveals_wrong_preimage(&self) -> bool {
        self.plan.borrow().wrong_preimage
    }
}
