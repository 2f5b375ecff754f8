//! SQLite's full-text search: any of the telling words, stemmed, fields weighted.

use crate::listings::Listings;
use crate::words::telling_words;
use crate::{Failed, Search};
use farebox_store::rusqlite::{Connection, params};

/// Rows of an answer.
const ROWS_MAX: usize = 60;
const TABLE: &str = "CREATE VIRTUAL TABLE listing USING fts5 \
    (name, labels, description, address, provider, tokenize = 'porter unicode61')";
const INSERT: &str = "INSERT INTO listing (rowid, name, labels, description, address, provider) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const SELECT: &str = "SELECT rowid FROM listing WHERE listing MATCH ?1 \
    ORDER BY bm25(listing, 3.0, 2.0, 1.0, 0.7, 0.6) LIMIT ?2";

pub struct FullText {
    database: Connection,
}

impl FullText {
    pub fn build(listings: &Listings) -> Result<Self, Failed> {
        let mut database = Connection::open_in_memory()?;
        database.execute(TABLE, [])?;
        let transaction = database.transaction()?;
        for (place, row) in listings.rows.iter().enumerate() {
            let texts = (&row.name, row.labels(), row.description(), row.address(), row.provider());
            let (name, labels, description, address, provider) = texts;
            let values = params![place, name, labels, description, address, provider];
            transaction.prepare_cached(INSERT)?.execute(values)?;
        }
        transaction.commit()?;
        Ok(Self { database })
    }
}

impl Search for FullText {
    fn name(&self) -> &'static str {
        "FTS5"
    }

    fn search(&self, query: &str) -> Result<Vec<usize>, Failed> {
        let quoted = telling_words(query).into_iter().map(|word| format!("\"{word}\""));
        let any = quoted.collect::<Vec<_>>().join(" OR ");
        let mut statement = self.database.prepare_cached(SELECT)?;
        let rows = statement.query_map(params![any, ROWS_MAX], |row| row.get::<_, usize>(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
