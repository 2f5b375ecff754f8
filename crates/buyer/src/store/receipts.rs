//! The log of what happened to money: added to, never changed, each entry chained to the one
//! before.

use super::{Store, spends, unreadable};
use crate::receipt::{Answered, Entry, GENESIS, Head, Receipt, ReceiptFilter, chain};
use crate::spend::{Rail, Spend};
use farebox_money::Msat;
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, OptionalExtension, params};

/// A payment was made: writes its receipt.
pub(super) fn paid(
    connection: &Connection,
    payment_key: &str,
    fee: Msat,
    now: u64,
) -> Result<(), StoreError> {
    append(connection, &entry(connection, "paid", payment_key, Some(fee), now)?)
}

/// As [`paid`], for a transfer of a token.
pub(super) fn paid_by(
    connection: &Connection,
    payment_key: &str,
    fee: Msat,
    transaction: Option<&str>,
    now: u64,
) -> Result<(), StoreError> {
    let entry = entry(connection, "paid", payment_key, Some(fee), now)?;
    append(connection, &Entry { transaction: transaction.map(str::to_owned), ..entry })
}

/// A payment was given up whose outcome nobody knows.
pub(super) fn given_up(
    connection: &Connection,
    payment_key: &str,
    now: u64,
) -> Result<(), StoreError> {
    append(connection, &entry(connection, "given_up", payment_key, None, now)?)
}

/// What was paid for was answered.
pub(super) fn answered(
    connection: &Connection,
    payment_key: &str,
    answered: Answered,
    now: u64,
) -> Result<(), StoreError> {
    let entry = entry(connection, "answered", payment_key, None, now)?;
    append(connection, &Entry { answered: Some(answered), ..entry })
}

fn entry(
    connection: &Connection,
    event: &str,
    payment_key: &str,
    fee: Option<Msat>,
    at: u64,
) -> Result<Entry, StoreError> {
    let (spend, rule) = spends::find(connection, payment_key)?;
    let Spend { rail, method, url, charge, payee, payment_key, .. } = &spend;
    let sum = crate::rules::Sum::of(&Spend { fee_max: Msat::ZERO, ..spend.clone() });
    Ok(Entry {
        event: event.to_owned(),
        at,
        rail: rail.name().to_owned(),
        method: method.clone(),
        url: url.to_string(),
        host: spend.host(),
        payee: payee.clone(),
        asset: charge.asset().to_owned(),
        units: charge.units().to_string(),
        usd_micro: sum.map(|sum| sum.usd.get()).filter(|usd| *usd > 0),
        fee_msat: fee.map(Msat::get),
        payment_key: payment_key.clone(),
        transaction: None,
        rule,
        answered: None,
    })
}

fn append(connection: &Connection, entry: &Entry) -> Result<(), StoreError> {
    let head = head(connection)?;
    let seq = head.entries + 1;
    let text = serde_json::to_string(entry).map_err(|_| unreadable("a receipt"))?;
    let hash = chain(&head.hash, seq, &text);
    connection
        .prepare_cached(
            "INSERT INTO receipt (seq, at, event, host, payment_key, entry, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            seq,
            super::seconds_to_db(entry.at),
            entry.event,
            entry.host,
            entry.payment_key,
            text,
            hash
        ])?;
    Ok(())
}

fn head(connection: &Connection) -> Result<Head, StoreError> {
    let sql = "SELECT seq, hash FROM receipt ORDER BY seq DESC LIMIT 1";
    let head = connection
        .prepare_cached(sql)?
        .query_row([], |row| Ok(Head { entries: row.get(0)?, hash: row.get(1)? }));
    Ok(head.optional()?.unwrap_or(Head { entries: 0, hash: GENESIS }))
}

impl Store {
    /// The receipts that a filter selects, the newest first.
    pub(crate) async fn receipts(&self, filter: ReceiptFilter) -> Result<Vec<Receipt>, StoreError> {
        self.database.read(move |connection| select(connection, &filter)).await
    }

    /// Checks the whole log and says where it ends.
    pub(crate) async fn verify_receipts(&self) -> Result<Result<Head, u64>, StoreError> {
        self.database.read(verify).await
    }
}

fn select(connection: &Connection, filter: &ReceiptFilter) -> Result<Vec<Receipt>, StoreError> {
    let sql = "SELECT entry, (SELECT later.entry FROM receipt AS later
                   WHERE later.payment_key = receipt.payment_key AND later.event = 'answered'
                     AND later.seq > receipt.seq ORDER BY later.seq DESC LIMIT 1)
               FROM receipt
               WHERE event IN ('paid', 'given_up') AND at >= ?1 AND (?2 IS NULL OR host = ?2)
               ORDER BY seq DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let since = super::seconds_to_db(filter.since.unwrap_or(0));
    let mut rows = statement.query(params![since, filter.host, filter.limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let paid = read_entry(&row.get::<_, String>(0)?)?;
        let later = row.get::<_, Option<String>>(1)?;
        let later = later.as_deref().map(read_entry).transpose()?;
        found.push(Receipt {
            rail: Rail::from_db(&paid.rail)?,
            answered: later.and_then(|entry| entry.answered),
            entry: paid,
        });
    }
    Ok(found)
}

fn read_entry(text: &str) -> Result<Entry, StoreError> {
    serde_json::from_str(text).map_err(|_| unreadable("a receipt"))
}

/// The head of a log that is whole, or the number of the first entry that is not as it was
/// written.
fn verify(connection: &Connection) -> Result<Result<Head, u64>, StoreError> {
    let sql = "SELECT seq, entry, hash, at, event, host, payment_key FROM receipt ORDER BY seq";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut head = Head { entries: 0, hash: GENESIS };
    while let Some(row) = rows.next()? {
        let expected = head.entries + 1;
        let (seq, text): (u64, String) = (row.get(0)?, row.get(1)?);
        let hash = chain(&head.hash, expected, &text);
        let is_entry = read_entry(&text).is_ok_and(|entry| {
            // The columns serve the search; the entry is what was hashed.
            let columns = (row.get(3).ok(), row.get(4).ok(), row.get(5).ok(), row.get(6).ok());
            columns
                == (Some(entry.at), Some(entry.event), Some(entry.host), Some(entry.payment_key))
        });
        if seq != expected || hash != row.get::<_, [u8; 32]>(2)? || !is_entry {
            return Ok(Err(expected));
        }
        head = Head { entries: seq, hash };
    }
    Ok(Ok(head))
}
