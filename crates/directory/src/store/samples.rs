//! The table `sample_import`.

use super::{revision, save};
use crate::Listing;
use farebox_store::{StoreError, Transaction, params};
use jiff::Timestamp;

/// Whether this edition of the sample listings was imported before.
pub(crate) fn is_imported(transaction: &Transaction<'_>, digest: &str) -> Result<bool, StoreError> {
    let query = "SELECT EXISTS (SELECT 1 FROM sample_import WHERE digest = ?1)";
    transaction.one(query, params![digest], |row| row.get(0))
}

/// Puts an edition of the sample listings in the place of an earlier one. Real listings of the
/// same endpoints are left alone.
pub(crate) fn replace_samples(
    transaction: &Transaction<'_>,
    digest: &str,
    listings: &[Listing],
    now: Timestamp,
) -> Result<(), StoreError> {
    let revision = revision::next_whole(transaction)?;
    transaction.execute("DELETE FROM listing WHERE sample_data = 1 AND is_demo = 0", params![])?;
    let listed = "SELECT EXISTS (SELECT 1 FROM listing
         WHERE canonical_url = ?1 AND method = ?2 AND protocol = ?3)";
    for listing in listings {
        let method = listing.facts.method.as_deref().unwrap_or_default();
        let protocol = listing.facts.protocol.name();
        let key = params![listing.canonical_url, method, protocol];
        if !transaction.one(listed, key, |row| row.get::<bool>(0))? {
            save(transaction, listing, revision)?;
        }
    }
    transaction.execute("DELETE FROM sample_import", params![])?;
    transaction.execute(
        "INSERT INTO sample_import (digest, imported_at) VALUES (?1, ?2)",
        params![digest, now.as_second()],
    )?;
    Ok(())
}
