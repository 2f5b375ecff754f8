//! What phoenixd has on record.

use super::Phoenixd;
use super::answers::{Incoming, Sent};
use crate::history::{newest, rows};
use crate::{History, PaymentRecord, WalletError};
use async_trait::async_trait;

#[async_trait]
impl History for Phoenixd {
    async fn history(&self, limit: usize) -> Result<Vec<PaymentRecord>, WalletError> {
        let most = rows(limit).to_string();
        let query = [("limit", most.as_str())];
        let received: Option<Vec<Incoming>> = self.api.get("/payments/incoming", &query).await?;
        let query = [("limit", most.as_str()), ("all", "true")];
        let sent: Option<Vec<Sent>> = self.api.get("/payments/outgoing", &query).await?;
        let received = received.unwrap_or_default().into_iter().filter_map(Incoming::record);
        let sent = sent.unwrap_or_default().into_iter().filter_map(Sent::record);
        Ok(newest(received.collect(), sent.collect(), limit))
    }
}
