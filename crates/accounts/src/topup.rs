//! Making an invoice that fills a balance, and booking it when the node says that it is paid.

use crate::accounts::{now_ms, now_s, unreadable, user};
use crate::{AccountError, Accounts, Token};
use farebox_ledger::{AccountKey, NewTransfer, TransferCode, writer};
use farebox_money::{Msat, Sats};
use farebox_store::StoreError;
use farebox_wallet::{CreatedInvoice, InvoiceStatus, NewInvoice, SettledCursor};
use farebox_wire::lightning::PaymentHash;
use rusqlite::{Connection, OptionalExtension, params};
use std::time::Duration;

/// How long the invoice of a top-up can be paid, in seconds.
pub const TOPUP_EXPIRY_S: u32 = 600;
/// The largest top-up, in satoshis.
pub const TOPUP_SATS_MAX: u64 = 1_000_000;
/// Unpaid top-ups that one client can have.
const OPEN_PER_CLIENT_MAX: u64 = 32;
/// A top-up is looked up for so long after its invoice expired, for clocks that differ.
const LATE_S: u64 = 24 * 3_600;
const SETTLEMENT_WAIT: Duration = Duration::from_secs(30);
const RETRY_PAUSE: Duration = Duration::from_secs(5);
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
pub(crate) struct Row {
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
        let count = move |connection: &Connection| -> Result<u64, StoreError> {
            let sql = "SELECT count(*) FROM topup \
                       WHERE state = 'pending' AND client = ?1 AND expires_at > ?2";
            Ok(connection.query_row(sql, params![client, now_s()], |row| row.get(0))?)
        };
        match self.database.read(count).await? {
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
        let write = move |connection: &Connection| -> Result<(), AccountError> {
            let sql = "INSERT INTO topup (payment_hash, amount_msat, account, client, state, \
                       created_at, expires_at) VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?6)";
            let amount = amount.to_db().ok_or_else(|| unreadable("an amount"))?;
            let row = params![hash.as_bytes(), amount, account, client, now_s(), expires_at];
            connection.execute(sql, row)?;
            Ok(())
        };
        self.database.write(write).await
    }

    /// Background work, until the task is dropped: books what the node reports as paid, looks
    /// pending top-ups up now and then, and forgets those that nobody paid.
    pub async fn run(&self) {
        tokio::join!(self.watch_settlements(), self.reconcile());
    }

    async fn watch_settlements(&self) {
        let mut cursor = SettledCursor::default();
        loop {
            match self.receiver.settled_since(cursor, SETTLEMENT_WAIT).await {
                Ok(settlements) => {
                    for hash in &settlements.hashes {
                        self.settle_and_log(*hash).await;
                    }
                    cursor = settlements.next;
                }
                Err(error) => {
                    tracing::warn!(%error, "the wallet does not report settlements");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    async fn reconcile(&self) {
        let mut ticks = tokio::time::interval(RECONCILE_PERIOD);
        loop {
            ticks.tick().await;
            match self.database.read(pending_topups).await {
                Ok(pending) => {
                    for hash in pending {
                        self.settle_and_log(hash).await;
                    }
                }
                Err(error) => tracing::warn!(%error, "pending top-ups cannot be read"),
            }
            if let Err(error) = self.database.write(forget_unpaid).await {
                tracing::warn!(%error, "unpaid top-ups were not forgotten");
            }
        }
    }

    async fn settle_and_log(&self, hash: PaymentHash) {
        if let Err(error) = self.settle(hash).await {
            tracing::warn!(%error, payment_hash = %hash, "a top-up was not booked; it is tried again");
        }
    }

    /// Books a top-up when the node says that it is paid. Whether it is booked now or was before;
    /// a payment that is no top-up is nobody's business here.
    pub(crate) async fn settle(&self, hash: PaymentHash) -> Result<bool, AccountError> {
        let find = move |connection: &Connection| find(connection, hash);
        let Some(row) = self.database.read(find).await? else { return Ok(false) };
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
        let write = move |connection: &Connection| book_settlement(connection, hash, amount);
        self.database.write(write).await?;
        Ok(true)
    }
}

/// The node has it: it is the account's that is refilled, or waits for its claim.
fn book_settlement(
    connection: &Connection,
    hash: PaymentHash,
    received: Msat,
) -> Result<(), AccountError> {
    let row = find(connection, hash)?.ok_or_else(|| unreadable("a top-up vanished"))?;
    if row.state != "pending" {
        return Ok(());
    }
    let (to, state) = match &row.account {
        Some(account) => (user(account), "claimed"),
        None => (AccountKey::Topup(hash), "settled"),
    };
    let code = TransferCode::TopupSettled;
    let settled = NewTransfer::new(code, &hash.to_string(), 0, AccountKey::Node, to, received);
    writer::post(connection, &[settled], now_ms())?;
    let sql = "UPDATE topup SET state = ?2, amount_msat = ?3 \
               WHERE payment_hash = ?1 AND state = 'pending'";
    let received = received.to_db().ok_or_else(|| unreadable("an amount"))?;
    connection.execute(sql, params![hash.as_bytes(), state, received])?;
    Ok(())
}

pub(crate) fn find(connection: &Connection, hash: PaymentHash) -> Result<Option<Row>, StoreError> {
    let sql = "SELECT amount_msat, account, state, expires_at, claimed_at, claim_key, \
               claim_client, token_digest FROM topup WHERE payment_hash = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let row = statement.query_row([hash.as_bytes().as_slice()], |row| {
        Ok(Row {
            amount: Msat::from_db(row.get(0)?).unwrap_or(Msat::ZERO),
            account: row.get(1)?,
            state: row.get(2)?,
            expires_at: row.get(3)?,
            claimed_at: row.get(4)?,
            claim_key: row.get(5)?,
            claim_client: row.get(6)?,
            token_digest: row.get(7)?,
        })
    });
    Ok(row.optional()?)
}

/// Pending top-ups whose invoice may still have been paid, the newest first.
fn pending_topups(connection: &Connection) -> Result<Vec<PaymentHash>, StoreError> {
    let sql = "SELECT payment_hash FROM topup WHERE state = 'pending' \
               ORDER BY created_at DESC LIMIT 1000";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
    let hash = |bytes: Vec<u8>| {
        let bytes = bytes.try_into();
        bytes.map(PaymentHash::new).map_err(|_| StoreError::Unreadable("a payment hash".into()))
    };
    rows.map(|row| hash(row?)).collect()
}

fn forget_unpaid(connection: &Connection) -> Result<(), StoreError> {
    let sql = "DELETE FROM topup WHERE state = 'pending' AND expires_at < ?1";
    connection.execute(sql, [now_s().saturating_sub(LATE_S)])?;
    Ok(())
}
