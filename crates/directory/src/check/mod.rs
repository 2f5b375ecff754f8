//! Looks at a listed endpoint and takes over what was seen: health, offers, further rails.

mod judge;
mod reason;

pub use reason::{REASONS_MAX, Reason};

use judge::judge;

use crate::store::review::{ReviewKind, was_rejected};
use crate::validate::{ValidateRequest, Validation, validate};
use crate::{Change, Check, Directory, DirectoryError, Listing, ListingStatus, Offer, Protocol};
use farebox_net::GuardedClient;
use farebox_store::StoreError;
use serde_json::json;

/// Looks at endpoints; cheap to clone.
#[derive(Clone)]
pub struct Checker {
    directory: Directory,
    client: GuardedClient,
}

impl Checker {
    /// Looks through `client`.
    #[must_use]
    pub const fn new(directory: Directory, client: GuardedClient) -> Self {
        Self { directory, client }
    }

    /// The directory whose endpoints are looked at.
    #[must_use]
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(crate) const fn client(&self) -> &GuardedClient {
        &self.client
    }

    /// Looks at an active listing now: records the check, takes over what it costs, and asks the
    /// admin about rails that are not listed. Sample data is never looked at.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownListing`] where there is nothing to look at; [`StoreError`].
    pub async fn check(&self, listing_id: &str) -> Result<(), DirectoryError> {
        let unknown = || DirectoryError::UnknownListing(listing_id.to_owned());
        let snapshot = self.directory.snapshot();
        let listing = snapshot.get(listing_id).ok_or_else(unknown)?.listing().clone();
        if listing.facts.sample_data {
            return Err(unknown());
        }
        let request = ValidateRequest {
            url: listing.facts.url.clone(),
            method: listing.facts.method.as_deref().and_then(|method| method.parse().ok()),
            probe_body: listing.facts.probe_body.clone(),
            protocol: Some(listing.facts.protocol),
        };
        let found = validate(&self.client, request, self.directory.now()).await;
        let verdict = judge(&listing, found.as_ref());
        let offers = found.as_ref().map(payable_offers).unwrap_or_default();
        let check = Check {
            checked_at: self.directory.now(),
            healthy: verdict.status,
            outcome: verdict.outcome,
            response_time_ms: verdict.response_time_ms,
            http_status: verdict.http_status,
            error_message: verdict.message,
            reasons: Vec::new(),
        };
        self.directory.record_check(listing_id, check).await?;
        let id = listing_id.to_owned();
        self.directory.change(move |change| take_over(change, &id, &offers)).await?;
        Ok(())
    }
}

/// The offers of each rail that can be paid at an endpoint now.
pub(crate) fn payable_offers(found: &Validation) -> Vec<(Protocol, Vec<Offer>)> {
    let offers = found.offers().into_iter();
    offers.filter(|(protocol, _)| found.is_payable_by(*protocol)).collect()
}

/// Takes over the offers that were seen, and asks the admin about rails that are not listed yet.
fn take_over(
    change: &Change<'_>,
    id: &str,
    offers: &[(Protocol, Vec<Offer>)],
) -> Result<(), StoreError> {
    let known = change.find(id)?.filter(|listing| listing.status == ListingStatus::Active);
    let Some(before) = known else { return Ok(()) };
    for (protocol, seen) in offers {
        if *protocol == before.facts.protocol {
            let mut after = before.clone();
            after.take_offers(seen.clone());
            if after != before {
                change.put(Some(&before), &after)?;
            }
        } else {
            propose_rail(change, &before, *protocol, seen)?;
        }
    }
    Ok(())
}

fn propose_rail(
    change: &Change<'_>,
    listing: &Listing,
    protocol: Protocol,
    offers: &[Offer],
) -> Result<(), StoreError> {
    let method = listing.facts.method.as_deref();
    let known = change.find_endpoint(&listing.canonical_url, method, protocol)?;
    let kind = ReviewKind::ProtocolChange;
    let is_settled =
        known.is_some() || was_rejected(change.transaction(), kind, &listing.id, protocol.name())?;
    if is_settled {
        return Ok(());
    }
    let body = json!({ "protocol": protocol.name(), "offers": offers });
    change.ask(kind, &listing.id, protocol.name(), &body)
}
