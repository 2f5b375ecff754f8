//! What a play wallet has on record.

use crate::PlayWallet;
use crate::incoming::{Incoming, Page};
use crate::outgoing::{Outgoing, State};
use async_trait::async_trait;
use farebox_money::Msat;
use farebox_wallet::{
    Direction, HISTORY_LEN_MAX, History, PaymentRecord, RecordState, WalletError,
};
use farebox_wire::bolt11::Invoice;

#[async_trait]
impl History for PlayWallet {
    async fn history(&self, limit: usize) -> Result<Vec<PaymentRecord>, WalletError> {
        let limit = limit.min(HISTORY_LEN_MAX);
        let received = self.list_incoming(page(limit, false)).await?;
        let sent = self.list_outgoing(page(limit, true)).await?;
        let received = received.into_iter().filter_map(Incoming::record);
        let mut records: Vec<_> = received.chain(sent.into_iter().map(Outgoing::record)).collect();
        records.sort_by_key(|record| std::cmp::Reverse(record.at));
        records.truncate(limit);
        Ok(records)
    }
}

/// The latest rows, with `all` also those that were not paid.
fn page(limit: usize, all: bool) -> Page {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Page { from_ms: 0, to_ms: i64::MAX, limit, offset: 0, all, external_id: None }
}

impl Incoming {
    fn record(self) -> Option<PaymentRecord> {
        let settled = self.settled?;
        Some(PaymentRecord {
            direction: Direction::Received,
            payment_hash: self.hash,
            amount: settled.received,
            fee: Msat::ZERO,
            state: RecordState::Paid,
            at: seconds(settled.at_ms),
            description: self.description,
        })
    }
}

impl Outgoing {
    fn record(self) -> PaymentRecord {
        let state = match self.state {
            State::Pending => RecordState::Pending,
            State::Paid(_) => RecordState::Paid,
            State::Failed(_) => RecordState::Failed,
        };
        let invoice = Invoice::decode(&self.bolt11);
        PaymentRecord {
            direction: Direction::Sent,
            payment_hash: self.hash,
            amount: self.amount,
            fee: Msat::ZERO,
            state,
            at: seconds(self.completed_at_ms.unwrap_or(self.created_at_ms)),
            description: invoice.map(|invoice| invoice.description).unwrap_or_default(),
        }
    }
}

fn seconds(at_ms: i64) -> u64 {
    (at_ms / 1_000).unsigned_abs()
}
