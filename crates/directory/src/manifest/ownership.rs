//! Whose a URL is: what one has listed, no other can.

use super::hold;
use super::submission::Endpoint;
use crate::canonical::{canonical_url, host, service_id};
use crate::{Listing, claim, store};
use farebox_store::{StoreError, Transaction};
use jiff::Timestamp;

/// Listings of one URL that are looked at.
const LISTINGS_OF_URL_MAX: usize = 100;

/// A URL that is somebody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    /// Which endpoint, as a JSON pointer.
    pub(super) pointer: String,
    /// What it belongs to.
    pub(super) owner: Owner,
}

/// Whose a URL is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// It is listed in this service.
    Service(String),
    /// Its whole host belongs to whoever proved it; the service of the host.
    Host(String),
    /// Somebody pays for it at this moment.
    Payer,
}

/// Who wants URLs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asker<'a> {
    /// Somebody new.
    Anybody,
    /// The payment of this reference: what is set aside for it is its own.
    Payment(&'a str),
    /// The service of this id: its own listings are no conflict.
    Service(&'a str),
}

impl Conflict {
    /// What it means for whoever asked.
    pub(super) fn message(&self) -> String {
        match &self.owner {
            Owner::Host(service_id) => format!(
                "is on a host whose owner proved that it is theirs; whoever holds the domain's token \
                 lists there with POST /api/v1/register, whoever holds the key of {service_id} with \
                 PUT /api/services/{service_id}"
            ),
            Owner::Service(service_id) => format!(
                "is listed already, in service {service_id}; if it is yours, POST \
                 /api/claim/{service_id} to prove it and change the listing"
            ),
            Owner::Payer => {
                "is being paid for by somebody else at this moment; ask again in some minutes"
                    .to_owned()
            }
        }
    }
}

/// The endpoints whose URL is listed in another service than the asker's, whatever the listing's
/// method, rail and standing, new ones on a host that somebody proved to be theirs, and those that
/// somebody else pays for at this moment. What is set aside for the asker is none of them.
pub(super) fn conflicts(
    transaction: &Transaction<'_>,
    endpoints: &[Endpoint],
    asker: Asker<'_>,
    now: Timestamp,
) -> Result<Vec<Conflict>, StoreError> {
    let mut found = Vec::new();
    for (place, endpoint) in endpoints.iter().enumerate() {
        let Some(canonical) = canonical_url(&endpoint.url) else { continue };
        let holder = hold::holder(transaction, &canonical, now)?;
        let owner = match asker {
            Asker::Payment(payment) if holder.as_deref() == Some(payment) => continue,
            Asker::Service(own) => owner(transaction, &canonical, Some(own))?,
            Asker::Payment(_) | Asker::Anybody => owner(transaction, &canonical, None)?,
        };
        let owner = owner.or_else(|| holder.map(|_| Owner::Payer));
        let pointer = format!("/endpoints/{place}/url");
        found.extend(owner.map(|owner| Conflict { pointer, owner }));
    }
    Ok(found)
}

/// What else than `own` a URL belongs to, as far as that is listed or proven.
fn owner(
    transaction: &Transaction<'_>,
    canonical: &str,
    own: Option<&str>,
) -> Result<Option<Owner>, StoreError> {
    let mut known = store::of_url(transaction, canonical, LISTINGS_OF_URL_MAX)?;
    if let Some(other) = other_scheme(canonical) {
        known.extend(store::of_url(transaction, &other, LISTINGS_OF_URL_MAX)?);
    }
    let is_own = |listing: &Listing| own == Some(listing.service_id.as_str());
    if let Some(listed) = known.iter().find(|listing| !is_own(listing)) {
        return Ok(Some(Owner::Service(listed.service_id.clone())));
    }
    let host = host(canonical);
    let of_host = service_id(&host);
    let is_free = !known.is_empty() || own == Some(of_host.as_str());
    if is_free || !claim::is_verified(transaction, &host)? {
        return Ok(None);
    }
    Ok(Some(Owner::Host(of_host)))
}

/// The same address with and without TLS is one place to everybody who reads it.
fn other_scheme(url: &str) -> Option<String> {
    match url.split_once("://")? {
        ("https", rest) => Some(format!("http://{rest}")),
        ("http", rest) => Some(format!("https://{rest}")),
        _ => None,
    }
}
