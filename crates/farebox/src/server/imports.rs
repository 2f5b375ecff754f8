//! Lists that are imported again and again, by one server of those that share a database.

use crate::config::{DirectorySettings, ScheduledImport};
use crate::output::Failure;
use farebox_directory::Directory;
use farebox_directory::import::{FetchError, FetchOptions, Report, is_due, past_runs};
use farebox_net::GuardedClient;
use farebox_store::lease;
use farebox_store::{StoreError, Transaction};
use std::time::Duration;

const LEASE: &str = "imports";
const LEASE_MS: i64 = 3 * 60 * 1_000;
/// How often it is looked what is due, and the lease renewed while a list is read.
const PERIOD: Duration = Duration::from_secs(60);

/// What imports lists again and again.
#[derive(Clone)]
pub struct Imports {
    directory: Directory,
    client: GuardedClient,
    lists: Vec<ScheduledImport>,
}

impl Imports {
    /// Reads the settings; `None` when no list is named.
    pub fn configured(
        settings: &DirectorySettings,
        directory: &Directory,
        client: &GuardedClient,
    ) -> Result<Option<Self>, Failure> {
        let lists = settings.imports().map_err(Failure::usage)?;
        if lists.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self { directory: directory.clone(), client: client.clone(), lists }))
    }

    /// Imports what is due, until the task is dropped; `holder` is this process.
    pub async fn run(self, holder: String) {
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            for list in &self.lists {
                if let Err(error) = self.import_if_due(list, &holder).await {
                    tracing::warn!(list = list.name, %error, "a list was not imported");
                }
            }
        }
    }

    /// Imports a list when it is due and this server is the one that does it.
    async fn import_if_due(
        &self,
        list: &ScheduledImport,
        holder: &str,
    ) -> Result<Option<Report>, FetchError> {
        let (name, own) = (list.name.clone(), holder.to_owned());
        let (every_hours, now) = (list.every_hours, self.directory.now());
        let look = move |transaction: &Transaction<'_>| -> Result<bool, StoreError> {
            let last = past_runs(transaction, Some(&name), 1)?;
            let due = is_due(last.first(), every_hours, now);
            Ok(due && lease::take(transaction, LEASE, &own, LEASE_MS)?)
        };
        if !self.directory.store().write(look).await? {
            return Ok(None);
        }
        let options =
            FetchOptions { source: Some(list.name.clone()), trust: list.trust, dry_run: false };
        let import =
            self.directory.import_from(&self.client, &list.url, list.format, &options, |_| {});
        let done = tokio::select! {
            done = import => done,
            () = self.keep_lease(holder) => return Ok(None),
        };
        let own = holder.to_owned();
        let end = move |transaction: &Transaction<'_>| lease::give_back(transaction, LEASE, &own);
        self.directory.store().write(end).await?;
        let report = done?;
        tracing::info!(
            list = list.name,
            added = report.added,
            changed = report.changed,
            unchanged = report.unchanged,
            refused = report.refused_count(),
            "a list was imported"
        );
        Ok(Some(report))
    }

    /// Renews the lease, until it is lost.
    async fn keep_lease(&self, holder: &str) {
        loop {
            tokio::time::sleep(PERIOD).await;
            let own = holder.to_owned();
            let renew = move |transaction: &Transaction<'_>| {
                lease::take(transaction, LEASE, &own, LEASE_MS)
            };
            match self.directory.store().write(renew).await {
                Ok(true) => {}
                Ok(false) => return tracing::warn!("another server took an import over"),
                Err(error) => tracing::warn!(%error, "the lease of an import was not renewed"),
            }
        }
    }
}

#[cfg(test)]
#[path = "imports_tests.rs"]
mod tests;
