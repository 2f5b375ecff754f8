//! Whose a URL is: what one has listed, no other can.

use super::submission::Endpoint;
use crate::canonical::canonical_url;
use crate::{Listing, Snapshot, store};
use farebox_store::{StoreError, Transaction};
use url::Url;

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
                "is on a host whose owner proved that it is theirs; its listings are those of {service_id}"
            );
        }
        format!(
            "is listed already, in service {service_id}; if it is yours, POST /api/claim/{service_id} \
             to prove it and change the listing"
        )
    }
}

/// The endpoints whose URL is listed in another service than `own`, whatever the listing's method,
/// rail and standing, or whose host somebody proved to be theirs.
pub(super) fn conflicts(
    transaction: &Transaction<'_>,
    snapshot: &Snapshot,
    endpoints: &[Endpoint],
    own: Option<&str>,
) -> Result<Vec<Conflict>, StoreError> {
    let mut found = Vec::new();
    for (place, endpoint) in endpoints.iter().enumerate() {
        let pointer = format!("/endpoints/{place}/url");
        let Some(canonical) = canonical_url(&endpoint.url) else { continue };
        let mut known = store::of_url(transaction, &canonical, LISTINGS_OF_URL_MAX)?;
        if let Some(other) = other_scheme(&canonical) {
            known.extend(store::of_url(transaction, &other, LISTINGS_OF_URL_MAX)?);
        }
        let listed = known.iter().find(|listing| own != Some(listing.service_id.as_str()));
        let owned = || owner_of_host(snapshot, &canonical, own);
        let (owner, is_host) = match listed {
            Some(listing) => (Some(listing), false),
            None => (owned(), true),
        };
        if let Some(owner) = owner {
            let service_id = owner.service_id.clone();
            found.push(Conflict { pointer, service_id, is_host });
        }
    }
    Ok(found)
}

/// A listing of somebody else on the same host, who proved that the host is theirs.
fn owner_of_host<'a>(
    snapshot: &'a Snapshot,
    canonical: &str,
    own: Option<&str>,
) -> Option<&'a Listing> {
    let host = host_of(canonical)?;
    snapshot.listings().find(|listing| {
        listing.facts.domain_verified
            && own != Some(listing.service_id.as_str())
            && host_of(&listing.canonical_url).as_deref() == Some(&host)
    })
}

fn host_of(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

/// The same address with and without TLS is one place to everybody who reads it.
fn other_scheme(url: &str) -> Option<String> {
    match url.split_once("://")? {
        ("https", rest) => Some(format!("http://{rest}")),
        ("http", rest) => Some(format!("https://{rest}")),
        _ => None,
    }
}
