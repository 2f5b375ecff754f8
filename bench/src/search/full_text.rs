//! The peer: SQLite's full-text search over the same listings, in memory. Any of the words, ranked
//! by BM25, the same filters, orders, pages and totals.

use crate::Failed;
use crate::directory::category;
use crate::questions::{Question, Sort};
use farebox_store::rusqlite::types::Value;
use farebox_store::rusqlite::{Connection, params, params_from_iter};
use farebox_testing::listings::GeneratedListing;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const TABLES: &str = "CREATE TABLE listing (id INTEGER PRIMARY KEY, name TEXT, description TEXT, \
    labels TEXT, protocol INTEGER, health INTEGER, category TEXT, price INTEGER, standing INTEGER); \
    CREATE INDEX by_price ON listing (price); CREATE INDEX by_category ON listing (category); \
    CREATE INDEX by_name ON listing (name); CREATE INDEX by_standing ON listing (standing, name); \
    CREATE VIRTUAL TABLE words USING fts5 (name, labels, description, content = 'listing', \
    content_rowid = 'id', tokenize = 'porter unicode61')";
const INSERT: &str = "INSERT INTO listing VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const INDEX: &str = "INSERT INTO words (words) VALUES ('rebuild')";

pub struct FullText {
    database: Connection,
    /// How long it took to insert and to index.
    pub build_time: Duration,
}

impl FullText {
    pub fn build(listings: &[GeneratedListing]) -> Result<Self, Failed> {
        let begun = Instant::now();
        let mut database = Connection::open_in_memory()?;
        database.execute_batch(TABLES)?;
        let transaction = database.transaction()?;
        for (place, one) in (0_i64..).zip(listings) {
            let standing = i64::from(!one.featured) << 8 | i64::from(one.health);
            let price = i64::try_from(one.price_micro_usd)?;
            let texts = (&one.name, &one.description, &one.labels);
            let values = params![
                place,
                texts.0,
                texts.1,
                texts.2,
                one.protocol,
                one.health,
                category(one),
                price,
                standing
            ];
            transaction.prepare_cached(INSERT)?.execute(values)?;
        }
        transaction.execute(INDEX, [])?;
        transaction.commit()?;
        Ok(Self { database, build_time: begun.elapsed() })
    }

    /// The ids of the page, and how many are found in all.
    pub fn search(&self, question: &Question) -> Result<(Vec<i64>, usize), Failed> {
        let (from, mut values) = source(question);
        let order = match (question.sort, question.text.is_empty()) {
            (Some(Sort::Price), _) => "price",
            (Some(Sort::Name), _) => "listing.name",
            (None, true) => "standing, listing.name",
            (None, false) => "bm25(words, 3.0, 1.5, 1.0)",
        };
        let mut count = self.database.prepare_cached(&format!("SELECT count(*) {from}"))?;
        let total: usize = count.query_row(params_from_iter(&values), |row| row.get(0))?;
        let page = format!("SELECT listing.id {from} ORDER BY {order} LIMIT ? OFFSET ?");
        values.push(i64::try_from(question.limit)?.into());
        values.push(i64::try_from(question.offset)?.into());
        let mut page = self.database.prepare_cached(&page)?;
        let ids = page.query_map(params_from_iter(&values), |row| row.get(0))?;
        Ok((ids.collect::<Result<_, _>>()?, total))
    }
}

/// Where the rows come from, and the values of its parameters.
fn source(question: &Question) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = Vec::new();
    let mut from = "FROM listing WHERE 1".to_owned();
    if !question.text.is_empty() {
        let words = question.text.split(|c: char| !c.is_alphanumeric());
        let quoted = words.filter(|word| !word.is_empty()).map(|word| format!("\"{word}\""));
        "FROM words JOIN listing ON listing.id = words.rowid WHERE words MATCH ?"
            .clone_into(&mut from);
        // Nothing but signs finds nothing; an empty expression is an error.
        let expression = quoted.collect::<Vec<_>>().join(" OR ");
        let expression = if expression.is_empty() { "\"\"".to_owned() } else { expression };
        values.push(expression.into());
    }
    let mut filter = |column: &str, value: Option<Value>| {
        if let Some(value) = value {
            let _ = write!(from, " AND listing.{column} ?");
            values.push(value);
        }
    };
    filter("protocol =", question.protocol.map(|it| i64::from(it).into()));
    filter("health =", question.health.map(|it| i64::from(it).into()));
    filter("category =", question.category.clone().map(Into::into));
    let price = question.price_max_micro_usd.and_then(|it| i64::try_from(it).ok());
    filter("price <=", price.map(Into::into));
    (from, values)
}
