//! The table `sample_import`.

use super::store_facts;
use crate::Listing;
use farebox_store::StoreError;
use farebox_store::rusqlite::{Connection, params};
use jiff::Timestamp;

/// Whether this edition of the sample listings was imported before.
pub(crate) fn is_imported(connection: &Connection, digest: &str) -> Result<bool, StoreError> {
    let query = "SELECT EXISTS (SELECT 1 FROM sample_import WHERE digest = ?1)";
    Ok(connection.query_row(query, [digest], |row| row.get(0))?)
}

/// Puts an edition of the sample listings in the place of an earlier one. Real listings of the
/// same endpoints are left alone.
pub(crate) fn replace_samples(
    connection: &Connection,
    digest: &str,
    listings: &[Listing],
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute("DELETE FROM listing WHERE sample_data = 1 AND is_demo = 0", [])?;
    let mut listed = connection.prepare(
        "SELECT EXISTS (SELECT 1 FROM listing
         WHERE canonical_url = ?1 AND method = ?2 AND protocol = ?3)",
    )?;
    for listing in listings {
        let method = listing.facts.method.as_deref().unwrap_or_default();
        let key = params![listing.canonical_url, method, listing.facts.protocol.name()];
        if !listed.query_row(key, |row| row.get(0))? {
            store_facts(connection, listing)?;
        }
    }
    connection.execute("DELETE FROM sample_import", [])?;
    connection.execute(
        "INSERT INTO sample_import (digest, imported_at) VALUES (?1, ?2)",
        params![digest, now.as_second()],
    )?;
    Ok(())
}
