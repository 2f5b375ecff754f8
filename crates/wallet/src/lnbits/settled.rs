//! LNbits' list of payments, the latest change first.

use super::Lnbits;
use super::answers::Payment;
use crate::WalletError;
use crate::polled::{Lister, Page, Seen, Settled};
use async_trait::async_trait;
use std::time::Duration;

/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Rows of one page.
const PAGE_LEN: usize = 200;

#[async_trait]
impl Lister for Lnbits {
    fn seen(&self) -> &Seen {
        &self.seen
    }

    async fn page(&self, from_ms: u64, offset: usize) -> Result<Page, WalletError> {
        let (limit, offset) = (PAGE_LEN.to_string(), offset.to_string());
        let query = [
            ("status", "success"),
            ("amount[gt]", "0"),
            ("sortby", "updated_at"),
            ("direction", "desc"),
            ("limit", limit.as_str()),
            ("offset", offset.as_str()),
        ];
        let rows: Vec<Payment> = self.read("/api/v1/payments", &query).await?;
        let settled: Vec<_> = rows.iter().filter_map(settled).collect();
        let reaches_back = settled.last().is_some_and(|oldest| oldest.at_ms < from_ms);
        Ok(Page { settled, rows: rows.len(), is_last: rows.len() < PAGE_LEN || reaches_back })
    }

    /// Until the server gives notice, or the next look is due.
    async fn pause(&self, longest: Duration) {
        self.bell.wait(longest.min(LOOK_INTERVAL)).await;
    }
}

fn settled(row: &Payment) -> Option<Settled> {
    let is_ours = row.amount > 0 && row.status == "success";
    let at_ms = row.settled_at_ms().filter(|_| is_ours)?;
    Some(Settled { at_ms, hash: row.payment_hash })
}
