//! Making an invoice that fills a balance, and booking it when the node says that it is paid.

use crate::basics::{now_ms, now_s, unreadable};
use crate::{AccountError, Accounts, Token};
use farebox_ledger::{events, writer};
use farebox_money::{Msat, Sats};
use farebox_store::{StoreError, Transaction, outbox, params};
use farebox_wallet::{CreatedInvoice, InvoiceStatus, NewInvoice};
use farebox_wire::lightning::PaymentHash;
use std::time::Duration;

/// How long the invoice of a top-up can be paid, in seconds.
pub const TOPUP_EXPIRY_S: u32 = 600;
/// The largest top-up, in satoshis.
pub const TOPUP_SATS_MAX: u64 = 1_000_000;
/// Unpaid top-ups that one client can have.
const OPEN_PER_CLIENT_MAX: u64 = 32;
/// A top-up is looked up for so long after its invoice expired, for clocks that differ.
const LATE_S: u64 = 24 * 3_600;
/// How often pending top-ups are looked up, whatever the node reports by itself.
const RECONCILE_PERIOD: Duration = Duration::from_secs(30);

/// A top-up to be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topup {
    /// What to pay.
    pub invoice: CreatedInvoice,
    /// What arrives in the balance.
    pub amount: Sats,
}

/// A top-up as it is kept.
pub(crate) struct TopupRow {
    pub(crate) amount: Msat,
    pub(crate) account: Option<String>,
    pub(crate) state: String,
    pub(crate) expires_at: u64,
    pub(crate) claimed_at: Option<u64>,
    pub(crate) claim_key: Option<Vec<u8>>,
    pub(crate) claim_client: Option<String>,
    pub(crate) token_digest: Option<Vec<u8>>,
}

impl Accounts {
    /// Makes an invoice for a new balance, or for the account of `token`.
    ///
    /// # Errors
    /// [`AccountError`]; when the node does not answer, nothing was stored.
    pub async fn topup(
        &self,
        amount: Sats,
        token: Option<&Token>,
        client: &str,
    ) -> Result<Topup, AccountError> {
        self.check_open()?;
        if amount == Sats::ZERO || amount > Sats::new(TOPUP_SATS_MAX) {
            return Err(AccountError::InvalidAmount { max: TOPUP_SATS_MAX });
        }
        let account = match token {
            Some(token) => Some(self.authenticate(token).await?),
            None => None,
        };
        self.check_open_topups(client).await?;
        let msat = amount.to_msat().ok_or(AccountError::InvalidAmount { max: TOPUP_SATS_MAX })?;
        let new = NewInvoice {
            amount: msat,
            description: "Farebox balance top-up".to_owned(),
            expiry_s: TOPUP_EXPIRY_S,
        };
        let invoice = self.receiver.create(new).await.map_err(|error| {
            tracing::error!(%error, "no top-up invoice could be made");
            AccountError::LightningUnavailable
        })?;
        self.store_topup(&invoice, msat, account, client).await?;
        Ok(Topup { invoice, amount })
    }

    async fn check_open_topups(&self, client: &str) -> Result<(), AccountError> {
        let client = client.to_owned();
        let count = move |transaction: &Transaction<'_>| -> Result<u64, StoreError> {
            let sql = "SELECT count(*) FROM topup \
                       WHERE state = 'pending' AND client = ?1 AND expires_at > ?2";
            transaction.one(sql, params![client, now_s()], |row| row.get(0))
        };
        match self.store.read(count).await? {
            open if open >= OPEN_PER_CLIENT_MAX => Err(AccountError::TooManyTopups),
            _ => Ok(()),
        }
    }

    async fn store_topup(
        &self,
        invoice: &CreatedInvoice,
        amount: Msat,
        account: Option<String>,
        client: &str,
    ) -> Result<(), AccountError> {
        let (hash, expires_at) = (invoice.payment_hash, invoice.expires_at);
        let client = client.to_owned();
        let write = move |transaction: &Transaction<'_>| -> Result<(), AccountError> {
            let sql = "INSERT INTO topup (payment_hash, amount_msat, account, client, state, \
                       created_at, expires_at) VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?6)";
            let amount = amount.to_db().ok_or_else(|| unreadable("an amount"))?;
            let now = now_s();
            let row = params![*hash.as_bytes(), amount, account, client, now, expires_at];
            transaction.execute(sql, row)?;
            Ok(())
        };
        self.store.write(write).await
    }

    /// Background work, until the task is dropped: books what the node reports as paid, looks
    /// pending top-ups up now and then, forgets those that nobody paid, and resolves withdrawals
    /// whose end is not known.
    pub async fn run(&self) {
        tokio::join!(
            self.watch_settlements(),
            self.reconcile(),
            self.sweep_holds(),
            self.resolve_withdrawals(),
        );
    }

    async fn reconcile(&self) {
        let mut ticks = tokio::time::interval(RECONCILE_PERIOD);
        loop {
            ticks.tick().await;
            if let Err(error) = self.reconcile_once(now_s()).await {
                tracing::warn!(%error, "pending top-ups were not looked up");
            }
        }
    }

    /// Looks pending top-ups up. One is forgotten only when it is long past and the node itself
    /// says that it was not paid: a node that is silent says nothing.
    pub(crate) async fn reconcile_once(&self, now: u64) -> Result<(), AccountError> {
        for hash in self.store.read(pending_topups).await? {
            match self.settle(hash).await {
                Ok(false) => {
                    let forget =
                        move |transaction: &Transaction<'_>| forget(transaction, hash, now);
                    self.store.write(forget).await?;
                }
                Ok(true) => {}
                Err(error) => {
                    tracing::warn!(%error, payment_hash = %hash, "a top-up is looked up again later");
                }
            }
        }
        Ok(())
    }

    /// Books a top-up when the node says that it is paid. Whether it is booked now or was before;
    /// a payment that is no top-up is nobody's business here.
    pub(crate) async fn settle(&self, hash: PaymentHash) -> Result<bool, AccountError> {
        self.check_open()?;
        let find = move |transaction: &Transaction<'_>| find(transaction, hash);
        let Some(row) = self.store.read(find).await? else { return Ok(false) };
        if row.state != "pending" {
            return Ok(true);
        }
        let status = self.receiver.lookup(hash).await;
        let status = status.map_err(|_| AccountError::LightningUnavailable)?;
        let InvoiceStatus::Settled { amount } = status else { return Ok(false) };
        if amount < row.amount {
            tracing::error!(payment_hash = %hash, %amount, "a top-up was paid short; not booked");
            return Ok(false);
        }
        crate::crash_point("topup_before_book");
        let write = move |transaction: &Transaction<'_>| book_settlement(transaction, hash, amount);
        self.store.write(write).await?;
        crate::crash_point("topup_after_book");
        Ok(true)
    }
}

/// The node has it: it is the account's that is refilled, or waits for its claim.
fn book_settlement(
    transaction: &Transaction<'_>,
    hash: PaymentHash,
    received: Msat,
) -> Result<(), AccountError> {
    let row = find(transaction, hash)?.ok_or_else(|| unreadable("a top-up vanished"))?;
    if row.state != "pending" {
        return Ok(());
    }
    let refills = row.account.as_deref();
    let state = if refills.is_some() { "claimed" } else { "settled" };
    let settled = events::topup_settled(hash, refills, received);
    writer::post(transaction, &[settled], now_ms())?;
    let sql = "UPDATE topup SET state = ?2, amount_msat = ?3 \
               WHERE payment_hash = ?1 AND state = 'pending'";
    let amount = received.to_db().ok_or_else(|| unreadable("an amount"))?;
    transaction.execute(sql, params![*hash.as_bytes(), state, amount])?;
    let subject = refills.unwrap_or_default();
    outbox::append(transaction, "topup.settled", subject, &topup_event(hash, received))?;
    Ok(())
}

/// The particulars of a top-up's event.
pub(crate) fn topup_event(hash: PaymentHash, amount: Msat) -> String {
    serde_json::json!({"payment_hash": hash, "amount_msat": amount}).to_string()
}

pub(crate) fn find(
    transaction: &Transaction<'_>,
    hash: PaymentHash,
) -> Result<Option<TopupRow>, StoreError> {
    let sql = "SELECT amount_msat, account, state, expires_at, claimed_at, claim_key, \
               claim_client, token_digest FROM topup WHERE payment_hash = ?1";
    transaction.optional(sql, params![*hash.as_bytes()], |row| {
        Ok(TopupRow {
            amount: Msat::from_db(row.get(0)?).unwrap_or(Msat::ZERO),
            account: row.get(1)?,
            state: row.get(2)?,
            expires_at: row.get(3)?,
            claimed_at: row.get(4)?,
            claim_key: row.get(5)?,
            claim_client: row.get(6)?,
            token_digest: row.get(7)?,
        })
    })
}

/// Pending top-ups, in no order: none is left out for long, however many there are.
fn pending_topups(transaction: &Transaction<'_>) -> Result<Vec<PaymentHash>, StoreError> {
    let sql = "SELECT payment_hash FROM topup WHERE state = 'pending' \
               ORDER BY random() LIMIT 1000";
    transaction.all(sql, params![], |row| Ok(PaymentHash::new(row.get(0)?)))
}

fn forget(transaction: &Transaction<'_>, hash: PaymentHash, now: u64) -> Result<(), StoreError> {
    let sql = "DELETE FROM topup \
               WHERE payment_hash = ?1 AND state = 'pending' AND expires_at < ?2";
    transaction.execute(sql, params![*hash.as_bytes(), now.saturating_sub(LATE_S)])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenKey;
    use async_trait::async_trait;
    use farebox_store::lease::Instance;
    use farebox_wallet::{Receiver, SettledCursor, Settlements, WalletError};
    use std::sync::{Arc, Mutex};

    /// A node that makes one invoice and says of it what it is told to.
    struct Node(Mutex<Result<InvoiceStatus, WalletError>>);

    #[async_trait]
    impl Receiver for Node {
        async fn create(&self, _: NewInvoice) -> Result<CreatedInvoice, WalletError> {
            let payment_hash = PaymentHash::new([7; 32]);
            let expires_at = now_s() + u64::from(TOPUP_EXPIRY_S);
            Ok(CreatedInvoice { bolt11: "lnbcrt".into(), payment_hash, expires_at })
        }

        async fn lookup(&self, _: PaymentHash) -> Result<InvoiceStatus, WalletError> {
            self.0.lock().unwrap().clone()
        }

        async fn settled_since(
            &self,
            cursor: SettledCursor,
            _: Duration,
        ) -> Result<Settlements, WalletError> {
            Ok(Settlements { hashes: Vec::new(), next: cursor })
        }
    }

    fn schemas() -> Vec<farebox_store::Schema> {
        vec![farebox_store::schema(), farebox_ledger::schema(), crate::schema()]
    }

    #[tokio::test]
    async fn a_topup_is_forgotten_only_on_the_nodes_word() {
        let database = farebox_testing::database();
        let store = database.open(schemas).await;
        let instance = Instance::start(store.clone()).await.unwrap();
        let node = Arc::new(Node(Mutex::new(Err(WalletError::Unreachable("off".into())))));
        let key = TokenKey::new([1; 32]);
        let accounts = Accounts::open(store, instance, node.clone(), key).await.unwrap();
        let hash = accounts.topup(Sats::new(5), None, "me").await.unwrap().invoice.payment_hash;
        let is_there = async || {
            let find = move |transaction: &Transaction<'_>| find(transaction, hash);
            accounts.store.read(find).await.unwrap().map(|row| row.state)
        };
        let late = now_s() + LATE_S + 2 * u64::from(TOPUP_EXPIRY_S);
        accounts.reconcile_once(late).await.unwrap();
        assert_eq!(is_there().await.as_deref(), Some("pending"), "a silent node says nothing");
        *node.0.lock().unwrap() = Ok(InvoiceStatus::Expired);
        accounts.reconcile_once(now_s()).await.unwrap();
        assert_eq!(is_there().await.as_deref(), Some("pending"), "too early");
        *node.0.lock().unwrap() = Ok(InvoiceStatus::Settled { amount: Msat::new(5_000) });
        accounts.reconcile_once(late).await.unwrap();
        assert_eq!(is_there().await.as_deref(), Some("settled"));
        *node.0.lock().unwrap() = Ok(InvoiceStatus::Expired);
        accounts.reconcile_once(late).await.unwrap();
        assert_eq!(is_there().await.as_deref(), Some("settled"), "what is booked stays");
    }

    #[tokio::test]
    async fn a_hold_whose_caller_was_told_that_it_failed_is_given_back() {
        let database = farebox_testing::database();
        let store = database.open(schemas).await;
        let instance = Instance::start(store.clone()).await.unwrap();
        let paid = InvoiceStatus::Settled { amount: Msat::new(9_000) };
        let node = Arc::new(Node(Mutex::new(Ok(paid))));
        let accounts = Accounts::open(store, instance, node, TokenKey::new([1; 32])).await.unwrap();
        let account = "somebody".to_owned();
        let fund = |transaction: &Transaction<'_>| -> Result<(), AccountError> {
            let sql = "INSERT INTO account (id, created_at) VALUES ('somebody', 1)";
            transaction.execute(sql, params![])?;
            crate::tokens::insert(transaction, [0; 32], "somebody", 1)?;
            let hash = PaymentHash::new([7; 32]);
            let paid = events::topup_settled(hash, Some("somebody"), Msat::new(9_000));
            writer::post(transaction, &[paid], 1)?;
            Ok(())
        };
        accounts.store.write(fund).await.unwrap();
        let reserve = |id: &str| crate::hold::Reserve {
            id: id.to_owned(),
            digest: [0; 32],
            amount: Msat::new(4_000),
            route: "test".to_owned(),
            owner: accounts.instance.id().to_owned(),
        };
        for id in ["kept", "doubtful"] {
            accounts.reserving.run(reserve(id)).await.unwrap().unwrap();
        }
        accounts.note_doubtful("doubtful".to_owned());
        accounts.release_abandoned_holds().await.unwrap();
        assert_eq!(accounts.balance(&account).await.unwrap(), Msat::new(5_000));
    }
}
