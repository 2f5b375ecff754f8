//! Whether a database is whole, as far as it can say so itself.

use crate::{Dialect, StoreError, Transaction, params};

/// Findings listed at most.
const FINDINGS_MAX: usize = 100;

/// Reads every page and index of a SQLite file and follows every reference between rows. What is
/// wrong, one line each; nothing from a PostgreSQL, which has no such check of its own.
///
/// # Errors
/// [`StoreError`] when the file cannot be read at all.
pub fn check(transaction: &Transaction<'_>) -> Result<Vec<String>, StoreError> {
    if transaction.dialect() == Dialect::Postgres {
        return Ok(Vec::new());
    }
    let sql = "PRAGMA integrity_check(100)";
    let pages = transaction.all(sql, params![], |row| row.get::<String>(0))?;
    let mut findings: Vec<String> = pages.into_iter().filter(|line| line != "ok").collect();
    transaction.each("PRAGMA foreign_key_check", params![], |row| {
        if findings.len() < FINDINGS_MAX {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            findings.push(format!("a row of {table} names one of {parent} that is not there"));
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(findings)
}
