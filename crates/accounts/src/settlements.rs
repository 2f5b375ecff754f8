//! Following what the wallet reports as paid, from where it was left the last time.

use crate::{AccountError, Accounts};
use farebox_store::{StoreError, Transaction, params};
use farebox_wallet::SettledCursor;
use std::sync::Arc;
use std::time::Duration;

const SETTLEMENT_WAIT: Duration = Duration::from_secs(30);
const RETRY_PAUSE: Duration = Duration::from_secs(5);

impl Accounts {
    /// Remembers under `wallet`, a name without secrets, how far the wallet's settlements were
    /// booked, so that a restart goes on from there. Servers that share a database and a wallet
    /// each follow it; what one has booked is nothing new to the others.
    #[must_use]
    pub fn following(mut self, wallet: &str) -> Self {
        self.wallet = Some(Arc::from(wallet));
        self
    }

    pub(crate) async fn watch_settlements(&self) {
        let mut cursor = None;
        loop {
            match self.follow(cursor).await {
                Ok(next) => cursor = Some(next),
                Err(error) => {
                    tracing::warn!(%error, "the wallet's settlements are read again in a moment");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    /// Waits for settlements after `cursor`, or after the stored one, and books them. Only then is
    /// the new cursor stored: what is cut off in between is reported again.
    async fn follow(&self, cursor: Option<SettledCursor>) -> Result<SettledCursor, AccountError> {
        let cursor = match cursor {
            Some(cursor) => cursor,
            None => self.stored_cursor().await?,
        };
        let settled = self.receiver.settled_since(cursor, SETTLEMENT_WAIT).await;
        let settled = settled.map_err(|error| {
            tracing::warn!(%error, "the wallet does not report settlements");
            AccountError::LightningUnavailable
        })?;
        for hash in &settled.hashes {
            self.settle(*hash).await?;
        }
        if settled.next != cursor {
            self.store_cursor(settled.next).await?;
        }
        Ok(settled.next)
    }

    async fn stored_cursor(&self) -> Result<SettledCursor, AccountError> {
        let Some(wallet) = self.wallet.clone() else { return Ok(SettledCursor::default()) };
        let read = move |transaction: &Transaction<'_>| -> Result<Option<u64>, StoreError> {
            let sql = "SELECT cursor FROM wallet_cursor WHERE wallet = ?1";
            transaction.optional(sql, params![&*wallet], |row| row.get(0))
        };
        Ok(SettledCursor(self.store.read(read).await?.unwrap_or(0)))
    }

    /// Never moves it back: another server may be further.
    async fn store_cursor(&self, cursor: SettledCursor) -> Result<(), AccountError> {
        let Some(wallet) = self.wallet.clone() else { return Ok(()) };
        let write = move |transaction: &Transaction<'_>| -> Result<(), AccountError> {
            let sql = "INSERT INTO wallet_cursor (wallet, cursor) VALUES (?1, ?2) \
                       ON CONFLICT (wallet) DO UPDATE SET cursor = excluded.cursor \
                       WHERE wallet_cursor.cursor < excluded.cursor";
            transaction.execute(sql, params![&*wallet, cursor.0])?;
            Ok(())
        };
        self.store.write(write).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenKey;
    use async_trait::async_trait;
    use farebox_money::Sats;
    use farebox_store::Store;
    use farebox_store::lease::Instance;
    use farebox_wallet::{
        CreatedInvoice, InvoiceStatus, NewInvoice, Receiver, Settlements, WalletError,
    };
    use farebox_wire::lightning::PaymentHash;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// A node whose invoices are paid as soon as they are made.
    #[derive(Default)]
    struct Node {
        paid: Mutex<Vec<(PaymentHash, farebox_money::Msat)>>,
        asked_from: Mutex<Vec<u64>>,
        is_silent: AtomicBool,
    }

    #[async_trait]
    impl Receiver for Node {
        async fn create(&self, invoice: NewInvoice) -> Result<CreatedInvoice, WalletError> {
            let mut paid = self.paid.lock().unwrap();
            let payment_hash = PaymentHash::new([u8::try_from(paid.len()).unwrap(); 32]);
            paid.push((payment_hash, invoice.amount));
            let expires_at = crate::basics::now_s() + 600;
            Ok(CreatedInvoice { bolt11: "lnbcrt".into(), payment_hash, expires_at })
        }

        async fn lookup(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
            if self.is_silent.load(Ordering::SeqCst) {
                return Err(WalletError::Unreachable("silent".into()));
            }
            let paid = self.paid.lock().unwrap();
            let (_, amount) = paid.iter().find(|(paid, _)| *paid == hash).unwrap();
            Ok(InvoiceStatus::Settled { amount: *amount })
        }

        async fn settled_since(
            &self,
            cursor: SettledCursor,
            _: Duration,
        ) -> Result<Settlements, WalletError> {
            self.asked_from.lock().unwrap().push(cursor.0);
            let paid = self.paid.lock().unwrap();
            let from = usize::try_from(cursor.0).unwrap().min(paid.len());
            let hashes = paid[from..].iter().map(|(hash, _)| *hash).collect();
            Ok(Settlements { hashes, next: SettledCursor(paid.len() as u64) })
        }
    }

    fn schemas() -> Vec<farebox_store::Schema> {
        vec![farebox_store::schema(), farebox_ledger::schema(), crate::schema()]
    }

    async fn open(store: &Store, node: &Arc<Node>, wallet: &str) -> Accounts {
        let instance = Instance::start(store.clone()).await.unwrap();
        let key = TokenKey::new([1; 32]);
        let accounts = Accounts::open(store.clone(), instance, node.clone(), key).await.unwrap();
        accounts.following(wallet)
    }

    async fn settled(store: &Store) -> u64 {
        let count = |transaction: &Transaction<'_>| {
            let sql = "SELECT count(*) FROM topup WHERE state = 'settled'";
            transaction.one(sql, params![], |row| row.get(0))
        };
        store.read(count).await.unwrap()
    }

    #[tokio::test]
    async fn a_restart_goes_on_from_the_last_settlement_that_was_booked() {
        let database = farebox_testing::database();
        let store = database.open(schemas).await;
        let node = Arc::new(Node::default());
        let accounts = open(&store, &node, "one").await;
        for _ in 0..2 {
            accounts.topup(Sats::new(5), None, "me").await.unwrap();
        }
        assert_eq!(accounts.follow(None).await.unwrap(), SettledCursor(2));
        assert_eq!(settled(&store).await, 2);
        accounts.topup(Sats::new(5), None, "me").await.unwrap();
        node.is_silent.store(true, Ordering::SeqCst);
        let restarted = open(&store, &node, "one").await;
        restarted.follow(None).await.unwrap_err();
        node.is_silent.store(false, Ordering::SeqCst);
        let restarted = open(&store, &node, "one").await;
        assert_eq!(restarted.follow(None).await.unwrap(), SettledCursor(3));
        assert_eq!(settled(&store).await, 3, "what was not booked is reported again");
        assert_eq!(*node.asked_from.lock().unwrap(), [0, 2, 2]);
        let other = open(&store, &node, "two").await;
        other.follow(None).await.unwrap();
        assert_eq!(node.asked_from.lock().unwrap().last(), Some(&0), "another wallet");
        assert_eq!(store.read(crate::verify).await.unwrap(), []);
    }

    #[tokio::test]
    async fn the_cursor_is_never_moved_back() {
        let database = farebox_testing::database();
        let store = database.open(schemas).await;
        let accounts = open(&store, &Arc::default(), "one").await;
        for cursor in [7, 3] {
            accounts.store_cursor(SettledCursor(cursor)).await.unwrap();
        }
        assert_eq!(accounts.stored_cursor().await.unwrap(), SettledCursor(7));
    }
}
