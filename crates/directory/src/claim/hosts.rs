//! The listings of a host.

use super::Hostname;
use crate::{Change, Listing, ListingStatus, canonical, store};
use farebox_store::{StoreError, Transaction, params};
use url::Url;

/// Listings of one host that a claim concerns at most.
const LISTINGS_MAX: usize = 20_000;

/// Ids and addresses of up to `len_max` listings at a host, over `http` or `https` and at any
/// port; all of them, or those that are active.
fn rows(
    transaction: &Transaction<'_>,
    host: &Hostname,
    only_active: bool,
    len_max: usize,
) -> Result<Vec<(String, String)>, StoreError> {
    let mut found = Vec::new();
    for scheme in ["http", "https"] {
        // What follows a host in a canonical URL is its path or its port.
        for (first, last) in [("/", "0"), (":", ";")] {
            let from = format!("{scheme}://{host}{first}");
            let to = format!("{scheme}://{host}{last}");
            let sql = "SELECT id, canonical_url FROM listing \
                       WHERE canonical_url >= ?1 AND canonical_url < ?2 \
                       AND (?3 = 0 OR status = 'active') ORDER BY canonical_url LIMIT ?4";
            let parameters = params![from, to, only_active, len_max];
            transaction.each(sql, parameters, |row| {
                found.push((row.get(0)?, row.get(1)?));
                Ok::<(), StoreError>(())
            })?;
        }
    }
    found.retain(|(_, url): &(String, String)| canonical::host(url) == host.as_str());
    found.truncate(len_max);
    Ok(found)
}

/// Up to `len_max` active listings of a host.
pub(super) fn active(
    transaction: &Transaction<'_>,
    host: &Hostname,
    len_max: usize,
) -> Result<Vec<Listing>, StoreError> {
    let rows = rows(transaction, host, true, len_max)?;
    let listings = rows.iter().map(|(id, _)| store::find(transaction, id));
    listings.filter_map(Result::transpose).collect()
}

/// Where an active listing says that the host answers over `http`.
pub(super) fn plain_origin(
    transaction: &Transaction<'_>,
    host: &Hostname,
) -> Result<Option<String>, StoreError> {
    let urls = rows(transaction, host, true, LISTINGS_MAX)?;
    let urls = urls.iter().filter_map(|(_, url)| Url::parse(url).ok());
    let mut plain = urls.filter(|url| url.scheme() == "http");
    Ok(plain.next().map(|url| url.origin().ascii_serialization()))
}

/// Marks every listing of a host as its provider's, or no longer so. Returns how many of them are
/// not deleted.
pub(super) fn mark(
    change: &Change<'_>,
    host: &Hostname,
    is_verified: bool,
) -> Result<usize, StoreError> {
    let mut kept = 0;
    for (id, _) in rows(change.transaction(), host, false, LISTINGS_MAX)? {
        let Some(before) = change.find(&id)? else { continue };
        kept += usize::from(before.status != ListingStatus::Deleted);
        if before.facts.domain_verified != is_verified {
            let mut after = before.clone();
            after.facts.domain_verified = is_verified;
            change.put_as_is(Some(&before), &after)?;
        }
    }
    Ok(kept)
}
