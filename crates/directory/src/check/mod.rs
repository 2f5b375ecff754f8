//! Looks at a listed endpoint and takes over what was seen: health, offers, further rails.

mod facilitator;
mod judge;
mod reason;
mod taken;

pub use reason::{REASONS_MAX, Reason};

pub(crate) use facilitator::Facilitators;
pub(crate) use judge::judge;
pub(crate) use taken::Taken;

use crate::store::review::{ReviewKind, was_rejected};
use crate::validate::{ValidateRequest, Validation, validate};
use crate::{Change, Directory, DirectoryError, Listing, ListingStatus, Offer, Protocol};
use farebox_net::GuardedClient;
use farebox_store::StoreError;
use serde_json::json;

/// Looks at endpoints; cheap to clone.
#[derive(Clone)]
pub struct Checker {
    directory: Directory,
    client: GuardedClient,
    facilitators: Facilitators,
}

impl Checker {
    /// Looks through `client`.
    #[must_use]
    pub fn new(directory: Directory, client: GuardedClient) -> Self {
        Self { directory, client, facilitators: Facilitators::default() }
    }

    /// The directory whose endpoints are looked at.
    #[must_use]
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(crate) const fn client(&self) -> &GuardedClient {
        &self.client
    }

    /// Looks at an active listing now: records the check, takes over what was seen, and asks the
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
        let now = self.directory.now();
        let mut found = validate(&self.client, ValidateRequest::of_listing(&listing), now).await;
        if let Ok(found) = &mut found {
            found.facilitator_reachable = self.facilitators.of(&self.client, found, now).await;
        }
        let verdict = judge(&listing, found.as_ref());
        let check = verdict.check(self.directory.now());
        self.directory.record_check(listing_id, check).await?;
        let id = listing_id.to_owned();
        self.directory.change(move |change| take_over(change, &id, &verdict.taken)).await?;
        Ok(())
    }
}

/// The offers of each rail that can be paid at an endpoint now.
pub(crate) fn payable_offers(found: &Validation) -> Vec<(Protocol, Vec<Offer>)> {
    let offers = found.offers().into_iter();
    offers.filter(|(protocol, _)| found.is_payable_by(*protocol)).collect()
}

/// Takes over what was seen, and asks the admin about rails that are not listed yet.
pub(crate) fn take_over(change: &Change<'_>, id: &str, taken: &Taken) -> Result<(), StoreError> {
    let known = change.find(id)?.filter(|listing| listing.status == ListingStatus::Active);
    let Some(before) = known else { return Ok(()) };
    let mut after = before.clone();
    taken.apply(&mut after);
    if after != before {
        change.put(Some(&before), &after)?;
    }
    for (protocol, seen) in taken.others(before.facts.protocol) {
        propose_rail(change, &before, *protocol, seen)?;
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
