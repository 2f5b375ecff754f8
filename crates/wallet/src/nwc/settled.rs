//! A wallet's list of transactions, the latest first, and its notices that something happened.

use super::Nwc;
use super::answers::Transactions;
use super::event::NOTIFICATIONS;
use super::relay::{Relay, Told};
use crate::WalletError;
use crate::http::Unanswered;
use crate::polled::{Lister, Page, Seen, Settled};
use async_trait::async_trait;
use serde_json::json;
use std::time::Duration;

/// Rows that are asked for at once; an answer has to fit into one encrypted message.
const PAGE_LEN: usize = 20;
/// Lists begin with the latest invoice, not the latest settlement: how long before its
/// settlement an invoice may have been made, in seconds.
const INVOICE_AGE_MAX_S: u64 = 24 * 3_600;
/// Between two looks: relays count requests.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);
/// At least so long, however many notices there are.
const PAUSE_MIN: Duration = Duration::from_secs(1);

#[async_trait]
impl Lister for Nwc {
    fn seen(&self) -> &Seen {
        &self.seen
    }

    async fn page(&self, from_ms: u64, offset: usize) -> Result<Page, WalletError> {
        let from = (from_ms / 1_000).saturating_sub(INVOICE_AGE_MAX_S);
        let parameters = json!({
            "type": "incoming", "unpaid": false, "from": from,
            "limit": PAGE_LEN, "offset": offset,
        });
        let list: Transactions = self.ask("list_transactions", &parameters).await?.result()?;
        let rows = list.transactions;
        let oldest = rows.last().and_then(|row| row.created_at);
        let settled = rows.iter().filter_map(|row| {
            let at_ms = row.settled_at()?.saturating_mul(1_000);
            Some(Settled { at_ms, hash: row.payment_hash })
        });
        Ok(Page {
            settled: settled.collect(),
            rows: rows.len(),
            is_last: oldest.is_none_or(|oldest| oldest < from),
        })
    }

    /// Until the wallet gives notice, or the next look is due.
    async fn pause(&self, longest: Duration) {
        let (least, longest) = (longest.min(PAUSE_MIN), longest.min(LOOK_INTERVAL));
        let noticing = async {
            if self.notice().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        // Whether it was a notice or the time, the list has the truth.
        let _ = tokio::join!(tokio::time::sleep(least), tokio::time::timeout(longest, noticing));
    }
}

impl Nwc {
    /// Waits for a notice of the wallet. What it says is not read: the list has it for certain.
    /// The subscription stays open between looks, so that nothing falls in between; a new one is
    /// a notice by itself, because of what happened before it.
    async fn notice(&self) -> Result<(), Unanswered> {
        let mut kept = self.notices.lock().await;
        let Some(relay) = kept.as_mut() else {
            *kept = Some(self.subscribe().await?);
            return Ok(());
        };
        let noticed = self.next_notice(relay).await;
        if noticed.is_err() {
            *kept = None;
        }
        noticed
    }

    async fn subscribe(&self) -> Result<Relay, Unanswered> {
        let mut relay = Relay::connect(&self.relays).await?;
        let filter = json!({
            "kinds": NOTIFICATIONS, "authors": [self.wallet.to_string()],
            "#p": [self.keys.public().to_string()],
        });
        relay.send(&json!(["REQ", "notices", filter])).await?;
        loop {
            match relay.next().await? {
                Told::End => return Ok(relay),
                Told::Closed(reason) => return Err(Unanswered::Unknown(reason)),
                _ => {}
            }
        }
    }

    async fn next_notice(&self, relay: &mut Relay) -> Result<(), Unanswered> {
        loop {
            match relay.next().await? {
                Told::Event(event) if event.is_by(&self.wallet, &NOTIFICATIONS, &self.keys) => {
                    return Ok(());
                }
                Told::Closed(reason) => return Err(Unanswered::Unknown(reason)),
                _ => {}
            }
        }
    }
}
