//! Whose a URL is: what one has listed, no other can.

use super::submission::Endpoint;
use crate::canonical::{canonical_url, host, service_id};
use crate::{Listing, claim, store};
use farebox_store::{StoreError, Transaction};

/// Listings of one URL that are looked at.
const LISTINGS_OF_URL_MAX: usize = 100;

/// A URL that is somebody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    /// Which endpoint, as a JSON pointer.
    pub(super) pointer: String,
    /// The service that it belongs to.
    pub(super) service_id: String,
    /// Whether its whole host belongs to whoever proved it.
    pub(super) is_host: bool,
}

impl Conflict {
    /// What it means for whoever asked.
    pub(super) fn message(&self) -> String {
        let Self { service_id, .. } = self;
        if self.is_host {
            return format!(
                "is on a host whose owner proved that it is theirs; whoever holds the domain's token \
                 lists there with POST /api/v1/register, whoever holds the key of {service_id} with \
                 PUT /api/services/{service_id}"
            );
        }
        format!(
            "is listed already, in service {service_id}; if it is yours, POST /api/claim/{service_id} \
             to prove it and change the listing"
        )
    }
}

/// The endpoints whose URL is listed in another service than `own`, whatever the listing's method,
/// rail and standing, and new ones on a host that somebody proved to be theirs.
pub(super) fn conflicts(
    transaction: &Transaction<'_>,
    endpoints: &[Endpoint],
    own: Option<&str>,
) -> Result<Vec<Conflict>, StoreError> {
    let mut found = Vec::new();
    for (place, endpoint) in endpoints.iter().enumerate() {
        let Some(canonical) = canonical_url(&endpoint.url) else { continue };
        if let Some((service_id, is_host)) = owner(transaction, &canonical, own)? {
            let pointer = format!("/endpoints/{place}/url");
            found.push(Conflict { pointer, service_id, is_host });
        }
    }
    Ok(found)
}

/// The other service that a URL belongs to, and whether it does because of its host.
fn owner(
    transaction: &Transaction<'_>,
    canonical: &str,
    own: Option<&str>,
) -> Result<Option<(String, bool)>, StoreError> {
    let mut known = store::of_url(transaction, canonical, LISTINGS_OF_URL_MAX)?;
    if let Some(other) = other_scheme(canonical) {
        known.extend(store::of_url(transaction, &other, LISTINGS_OF_URL_MAX)?);
    }
    let is_own = |listing: &Listing| own == Some(listing.service_id.as_str());
    if let Some(listed) = known.iter().find(|listing| !is_own(listing)) {
        return Ok(Some((listed.service_id.clone(), false)));
    }
    let host = host(canonical);
    let of_host = service_id(&host);
    let is_free = !known.is_empty() || own == Some(of_host.as_str());
    if is_free || !claim::is_verified(transaction, &host)? {
        return Ok(None);
    }
    Ok(Some((of_host, true)))
}

/// The same address with and without TLS is one place to everybody who reads it.
fn other_scheme(url: &str) -> Option<String> {
    match url.split_once("://")? {
        ("https", rest) => Some(format!("http://{rest}")),
        ("http", rest) => Some(format!("https://{rest}")),
        _ => None,
    }
}
