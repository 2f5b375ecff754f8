//! Reading LND's settlements in order, by their settle index.
//!
//! The subscription repeats everything after an index, but nothing at all after index zero. So
//! the first settlement there ever was is looked for in the list of invoices.

use super::Lnd;
use super::answers::{Invoice, InvoiceList};
use super::rpc::Reply;
use crate::http::{Lines, open};
use crate::{SettledCursor, Settlements, WalletError};
use reqwest::Method;
use std::time::{Duration, Instant};

/// Settlements that one call reports at most.
const SETTLEMENTS_MAX: usize = 1_000;
/// How long LND may take to begin repeating what it has.
const BACKLOG_WAIT: Duration = Duration::from_millis(500);
/// How long a pause may be within what it repeats.
const PAUSE_MAX: Duration = Duration::from_millis(100);
/// How long a subscription may miss the first settlement, which may fall between the look at the
/// list and its beginning.
const FIRST_WAIT: Duration = Duration::from_secs(3);
/// Invoices in one list.
const PAGE_LEN: &str = "1000";
/// Lists that are read at most to find the first settlement.
const PAGES_MAX: usize = 100;

impl Lnd {
    /// The settlements after `cursor`, oldest first.
    pub(super) async fn settlements(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Settlements, WalletError> {
        if cursor != SettledCursor::default() {
            return report(cursor, self.subscribed(cursor, wait.max(BACKLOG_WAIT)).await?);
        }
        let deadline = Instant::now() + wait;
        let mut later = Vec::new();
        loop {
            if let Some(first) = self.first_settled().await? {
                return report(cursor, [first]);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if !later.is_empty() || left.is_zero() {
                return report(cursor, later);
            }
            let settled = self.subscribed(cursor, left.min(FIRST_WAIT)).await?;
            if settled.iter().any(|invoice| invoice.settle_index == 1) {
                return report(cursor, settled);
            }
            // The first was missed, and is in the list by now.
            later = settled;
        }
    }

    /// The invoice that was settled first of all.
    async fn first_settled(&self) -> Result<Option<Invoice>, WalletError> {
        let mut offset = 0;
        for _ in 0..PAGES_MAX {
            let from = offset.to_string();
            let query = [("index_offset", from.as_str()), ("num_max_invoices", PAGE_LEN)];
            let list: InvoiceList = self.read("/v1/invoices", &query).await?;
            let is_last = list.invoices.is_empty() || list.last_index_offset <= offset;
            let mut settled = list.invoices.into_iter().filter(Invoice::is_settled);
            if let Some(first) = settled.find(|invoice| invoice.settle_index == 1) {
                return Ok(Some(first));
            }
            if is_last {
                break;
            }
            offset = list.last_index_offset;
        }
        Ok(None)
    }

    /// What LND tells within `wait`, and whatever follows it closely.
    async fn subscribed(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Vec<Invoice>, WalletError> {
        let index = cursor.0.to_string();
        let query = [("settle_index", index.as_str())];
        let request = self.http.request(Method::GET, "/v1/invoices/subscribe", &query);
        let deadline = Instant::now() + wait;
        let mut settled = Vec::new();
        // LND sends not even the head before it has something to say.
        let Ok(opened) = tokio::time::timeout(wait, open(request)).await else {
            return Ok(settled);
        };
        let mut lines = opened?;
        if !lines.status.is_success() {
            let refused = Reply::<Invoice>::error(&lines.into_answer().await?);
            return refused.result().map(|invoice| vec![invoice]);
        }
        while settled.len() < SETTLEMENTS_MAX {
            let left = deadline.saturating_duration_since(Instant::now());
            let patience = if settled.is_empty() { left } else { PAUSE_MAX };
            let Ok(event) = tokio::time::timeout(patience, next(&mut lines)).await else {
                break;
            };
            match event {
                Ok(Some(invoice)) if invoice.is_settled() => settled.push(invoice),
                Ok(Some(_)) => {}
                // What was told before is worth more than the error, which comes again.
                Ok(None) | Err(_) if !settled.is_empty() => break,
                Ok(None) => return Err(WalletError::Unreachable("the stream ended".into())),
                Err(error) => return Err(error),
            }
        }
        Ok(settled)
    }
}

async fn next(lines: &mut Lines) -> Result<Option<Invoice>, WalletError> {
    let Some(line) = lines.next().await? else { return Ok(None) };
    Reply::of_line(&line).result().map(Some)
}

fn report(
    cursor: SettledCursor,
    settled: impl IntoIterator<Item = Invoice>,
) -> Result<Settlements, WalletError> {
    let mut settlements = Settlements { hashes: Vec::new(), next: cursor };
    for invoice in settled {
        // Told once more, or by mistake.
        if invoice.settle_index > settlements.next.0 {
            settlements.next.0 = invoice.settle_index;
            settlements.hashes.push(invoice.hash()?);
        }
    }
    Ok(settlements)
}
