//! The task that tells webhooks, on one server at a time.

use super::fan_out::{fan_out, is_needed};
use super::rows::{self, Webhook};
use super::webhooks::Webhooks;
use farebox_store::{StoreError, Transaction, lease};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const LEASE: &str = "webhooks";
/// How long a server that stopped keeps the others waiting.
const LEASE_MS: i64 = 45_000;
/// How often the lease is renewed, or asked for.
const LEASE_RENEWAL: Duration = Duration::from_secs(10);
/// How long it rests when there is nothing to do.
const REST: Duration = Duration::from_secs(1);
/// Messages under way at once, one for each webhook.
const UNDER_WAY_MAX: usize = 64;

/// Tells webhooks what happened.
pub struct Courier {
    webhooks: Webhooks,
    holder: String,
    leased: Option<Instant>,
    asked: Option<Instant>,
    under_way: JoinSet<String>,
    busy: HashSet<String>,
}

impl Courier {
    /// A courier that takes the lease in the name of `holder`: one for each process.
    #[must_use]
    pub fn new(webhooks: Webhooks, holder: String) -> Self {
        Self {
            webhooks,
            holder,
            leased: None,
            asked: None,
            under_way: JoinSet::new(),
            busy: HashSet::new(),
        }
    }

    /// Goes on until the future is dropped. What is under way then may be sent again later.
    pub async fn run(mut self) {
        loop {
            if let Err(error) = self.step().await {
                tracing::error!(%error, "webhooks are not told until the database can be used");
                tokio::time::sleep(REST).await;
            }
            tokio::select! {
                Some(sent) = self.under_way.join_next(), if !self.under_way.is_empty() => {
                    self.done(sent);
                }
                () = tokio::time::sleep(REST) => {}
            }
        }
    }

    /// Does all that is due now, if this process has the lease; for tests. Returns how many
    /// messages were sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drain(&mut self) -> Result<usize, StoreError> {
        let mut sent = 0;
        loop {
            sent += self.step().await?;
            match self.under_way.join_next().await {
                Some(one) => self.done(one),
                None => return Ok(sent),
            }
        }
    }

    /// Begins what is due, as far as there is room. Returns how many messages that are.
    async fn step(&mut self) -> Result<usize, StoreError> {
        if !self.has_lease().await? {
            return Ok(0);
        }
        let store = self.webhooks.directory.store();
        let mut is_more = store.read(is_needed).await?;
        while is_more {
            is_more = store.write(fan_out).await?;
        }
        let room = UNDER_WAY_MAX.saturating_sub(self.busy.len());
        if room == 0 {
            return Ok(0);
        }
        let now = self.webhooks.directory.now();
        // Some of those that are due are being told already.
        let due =
            move |transaction: &Transaction<'_>| rows::due(transaction, now, UNDER_WAY_MAX * 2);
        let due = store.read(due).await?;
        let mut begun = 0;
        for hook in due {
            if begun < room && self.busy.insert(hook.id.clone()) {
                begun += 1;
                self.begin(hook);
            }
        }
        Ok(begun)
    }

    fn begin(&mut self, hook: Webhook) {
        let webhooks = self.webhooks.clone();
        self.under_way.spawn(async move {
            if let Err(error) = webhooks.send_next(&hook).await {
                tracing::error!(%error, webhook = hook.id, "what came of a message was not kept");
            }
            hook.id
        });
    }

    fn done(&mut self, sent: Result<String, tokio::task::JoinError>) {
        match sent {
            Ok(id) => {
                self.busy.remove(&id);
            }
            Err(error) => {
                tracing::error!(%error, "a message to a webhook broke off");
                // Which one is not known; those under way are found due again.
                self.under_way.abort_all();
                self.busy.clear();
            }
        }
    }

    /// Whether this process tells webhooks now.
    async fn has_lease(&mut self) -> Result<bool, StoreError> {
        let is_recent = |at: &Option<Instant>| at.is_some_and(|at| at.elapsed() < LEASE_RENEWAL);
        if is_recent(&self.leased) {
            return Ok(true);
        }
        if is_recent(&self.asked) {
            return Ok(false);
        }
        self.asked = Some(Instant::now());
        let holder = self.holder.clone();
        let take =
            move |transaction: &Transaction<'_>| lease::take(transaction, LEASE, &holder, LEASE_MS);
        let is_taken = self.webhooks.directory.store().write(take).await?;
        self.leased = is_taken.then(Instant::now);
        Ok(is_taken)
    }
}
