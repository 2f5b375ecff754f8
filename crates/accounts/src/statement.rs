//! What moved in and out of an account.

use crate::accounts::user;
use crate::{AccountError, Accounts};
use farebox_money::Msat;
use farebox_store::StoreError;
use rusqlite::{Connection, params};

/// Entries of one page.
pub(crate) const PAGE_LEN: usize = 100;

/// One movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the ledger.
    pub seq: u64,
    /// What for.
    pub code: String,
    /// The event that it belongs to.
    pub reference: String,
    /// Whether it came in.
    pub is_credit: bool,
    /// How much.
    pub amount: Msat,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// A page of movements, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The movements.
    pub entries: Vec<Entry>,
    /// Where the next page begins; `None` on the last one.
    pub next_cursor: Option<u64>,
}

impl Accounts {
    /// The movements of an account before `cursor`, or the newest ones.
    ///
    /// # Errors
    /// [`AccountError::Store`].
    pub async fn statement(
        &self,
        account: &str,
        cursor: Option<u64>,
    ) -> Result<Statement, AccountError> {
        let key = user(account).to_string();
        let before = cursor.map_or(i64::MAX, |cursor| i64::try_from(cursor).unwrap_or(i64::MAX));
        let read = move |connection: &Connection| read_page(connection, &key, before);
        let mut entries = self.database.read(read).await?;
        let has_more = entries.len() > PAGE_LEN;
        entries.truncate(PAGE_LEN);
        let next_cursor = entries.last().filter(|_| has_more).map(|entry| entry.seq);
        Ok(Statement { entries, next_cursor })
    }
}

fn read_page(connection: &Connection, key: &str, before: i64) -> Result<Vec<Entry>, StoreError> {
    let sql = "SELECT t.seq, t.code, t.reference, t.credit = a.id, t.amount_msat, t.at_ms \
               FROM ledger_account a JOIN ledger_transfer t \
               ON t.debit = a.id OR t.credit = a.id \
               WHERE a.key = ?1 AND t.seq < ?2 ORDER BY t.seq DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![key, before, PAGE_LEN + 1])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let amount = Msat::from_db(row.get(4)?);
        entries.push(Entry {
            seq: row.get(0)?,
            code: row.get(1)?,
            reference: row.get(2)?,
            is_credit: row.get(3)?,
            amount: amount.ok_or_else(|| StoreError::Unreadable("an amount".into()))?,
            at_ms: row.get(5)?,
        });
    }
    Ok(entries)
}
