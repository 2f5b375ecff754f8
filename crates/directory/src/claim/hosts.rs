//! The listings of a host.

use super::Hostname;
use crate::{Change, Listing, ListingStatus, canonical, store};
use farebox_store::{StoreError, Transaction, params};

/// Listings of one host that a claim concerns at most.
const LISTINGS_MAX: usize = 20_000;

/// Every listing at a host, whatever its standing, over `http` or `https` and at any port.
pub(super) fn listings(
    transaction: &Transaction<'_>,
    host: &Hostname,
) -> Result<Vec<Listing>, StoreError> {
    let mut found = Vec::new();
    for scheme in ["http", "https"] {
        // What follows a host in a canonical URL is its path or its port.
        for (first, last) in [("/", "0"), (":", ";")] {
            let from = format!("{scheme}://{host}{first}");
            let to = format!("{scheme}://{host}{last}");
            let sql = "SELECT id FROM listing WHERE canonical_url >= ?1 AND canonical_url < ?2 \
                       ORDER BY canonical_url LIMIT ?3";
            let ids: Vec<String> =
                transaction.all(sql, params![from, to, LISTINGS_MAX], |row| row.get(0))?;
            for id in ids {
                found.extend(store::find(transaction, &id)?);
            }
        }
    }
    found.retain(|listing| canonical::host(&listing.canonical_url) == host.as_str());
    found.truncate(LISTINGS_MAX);
    Ok(found)
}

/// Marks every listing of a host as its provider's, or no longer so. Returns how many of them are
/// not deleted.
pub(super) fn mark(
    change: &Change<'_>,
    host: &Hostname,
    is_verified: bool,
) -> Result<usize, StoreError> {
    let listings = listings(change.transaction(), host)?;
    for before in &listings {
        if before.facts.domain_verified != is_verified {
            let mut after = before.clone();
            after.facts.domain_verified = is_verified;
            change.put(Some(before), &after)?;
        }
    }
    let is_kept = |listing: &&Listing| listing.status != ListingStatus::Deleted;
    Ok(listings.iter().filter(is_kept).count())
}
