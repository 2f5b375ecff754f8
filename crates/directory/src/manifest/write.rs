//! Submissions written into the directory, inside a transaction.

use super::hold;
use super::ownership::{Asker, Conflict, conflicts};
use super::rows::{self, ServiceRecord};
use super::shape::{changed_listing, fresh_listing};
use super::submission::{self, Endpoint, Submission};
use super::{ManagementKey, issue_management_key, key};
use crate::text::clean::{NAME_LEN_MAX, clean_text};
use crate::text::{KnownNames, content_flags};
use crate::{
    Change, Listing, ListingError, ListingFacts, ListingStatus, ReviewKind, Snapshot, store,
};
use farebox_store::StoreError;
use serde_json::json;

/// Listings of a service that an update takes along at most.
pub(super) const LISTINGS_MAX: usize = 200;
/// Why something was not written.
#[derive(Debug)]
pub(super) enum WriteError {
    /// A URL is somebody else's.
    Conflicts(Vec<Conflict>),
    /// No service has the id, or none of those that can be changed.
    UnknownService,
    /// The key is not that of the service.
    WrongKey,
    /// The endpoint at this place is on a host that the service is not on.
    ForeignHost(usize),
    /// The service has too many listings to be replaced by one list.
    TooManyListings,
    /// The facts make no listing.
    Listing(ListingError),
    /// The database did not take it.
    Store(StoreError),
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ListingError> for WriteError {
    fn from(error: ListingError) -> Self {
        Self::Listing(error)
    }
}

/// A service that was listed.
pub(super) struct Listed {
    /// Its id.
    pub(super) service_id: String,
    /// Its key, to be shown once.
    pub(super) key: ManagementKey,
    /// Whether an admin looks at it first.
    pub(super) is_pending: bool,
    /// Its listings.
    pub(super) listing_ids: Vec<String>,
}

/// Lists a service. A payment that listed one before, and whose answer was lost, gets that one again
/// with a new key.
pub(super) fn list(
    change: &Change<'_>,
    snapshot: &Snapshot,
    submission: &Submission,
    payment_reference: Option<String>,
    reviews: bool,
) -> Result<Listed, WriteError> {
    if let Some(reference) = &payment_reference
        && let Some(known) = rows::find_paid(change.transaction(), reference)?
    {
        return Ok(listed_again(change, known.id)?);
    }
    let asker = payment_reference.as_deref().map_or(Asker::Anybody, Asker::Payment);
    let found = conflicts(change.transaction(), &submission.endpoints, asker, change.now())?;
    if !found.is_empty() {
        return Err(WriteError::Conflicts(found));
    }
    let id = format!("svc_{}", hex::encode(key::random::<6>()?));
    let contact = submission.contact.as_deref();
    let texts = [Some(submission.description.as_str()), contact];
    let texts: Vec<&str> = texts.into_iter().flatten().collect();
    let flags = oddities(snapshot, &submission.name, &submission.endpoints, &texts);
    let name = clean_text(&submission.name, NAME_LEN_MAX);
    let mut record = ServiceRecord {
        name: Some(name.clone()),
        description: Some(submission::description(&submission.description)),
        categories: Some(submission.categories.clone()),
        contact: submission::contact(contact),
        docs_url: submission.docs_url.clone(),
        health_url: submission.health_url.clone(),
        payment_reference,
        ..ServiceRecord::new(id.clone(), change.now())
    };
    let is_pending = reviews || !flags.is_empty();
    let mut listing_ids = Vec::new();
    for endpoint in &submission.endpoints {
        let listing = put_submitted(change, &record, endpoint, &flags, is_pending)?;
        record.pricing_models.insert(listing.id.clone(), endpoint.pricing.model.clone());
        listing_ids.push(listing.id);
    }
    rows::save(change, &record)?;
    if let Some(reference) = &record.payment_reference {
        hold::drop_all(change.transaction(), reference)?;
    }
    let key = issue_management_key(change, &id)?;
    Ok(Listed { service_id: id, key, is_pending, listing_ids })
}

/// Lists one endpoint. Where somebody registered it, or a list named it, while it was set aside for
/// the payment, that listing becomes the payer's.
fn put_submitted(
    change: &Change<'_>,
    record: &ServiceRecord,
    endpoint: &Endpoint,
    flags: &[String],
    is_pending: bool,
) -> Result<Listing, WriteError> {
    let name = record.name.as_deref().unwrap_or_default();
    let fresh = fresh_listing(change, record, name, endpoint, flags)?;
    let (method, protocol) = (fresh.facts.method.as_deref(), fresh.facts.protocol);
    let known = change.find_endpoint(&fresh.canonical_url, method, protocol)?;
    let was_rejected = known.as_ref().is_some_and(|known| known.status == ListingStatus::Rejected);
    let mut listing = match &known {
        None => fresh,
        Some(known) => {
            let mut adopted = changed_listing(change, record, endpoint, known, flags)?;
            adopted.facts.name = fresh.facts.name;
            Listing { service_id: fresh.service_id, ..adopted }
        }
    };
    let is_pending = is_pending || was_rejected;
    listing.status = if is_pending { ListingStatus::Pending } else { ListingStatus::Active };
    change.put(known.as_ref(), &listing)?;
    if is_pending {
        ask(change, ReviewKind::Registration, &listing)?;
    }
    Ok(listing)
}

fn listed_again(change: &Change<'_>, service_id: String) -> Result<Listed, StoreError> {
    let key = issue_management_key(change, &service_id)?;
    let listings = store::of_service(change.transaction(), &service_id, LISTINGS_MAX)?;
    let is_pending = listings.iter().any(|listing| listing.status == ListingStatus::Pending);
    let listing_ids = listings.into_iter().map(|listing| listing.id).collect();
    Ok(Listed { service_id, key, is_pending, listing_ids })
}

/// What is odd about the texts of a service and its endpoints, as they came in.
pub(super) fn oddities(
    snapshot: &Snapshot,
    name: &str,
    endpoints: &[Endpoint],
    texts: &[&str],
) -> Vec<String> {
    let known = KnownNames::of(snapshot.listings());
    let whole = ListingFacts::new("", None, crate::Protocol::L402, name);
    let of_endpoints = endpoints.iter().map(|endpoint| {
        let facts = endpoint.facts(name);
        (facts, endpoint.texts().map(str::to_owned).collect())
    });
    let all = of_endpoints.chain(endpoints.is_empty().then_some((whole, Vec::new())));
    let mut found: Vec<String> = Vec::new();
    for (mut facts, own) in all {
        facts.tags = own;
        facts.tags.extend(texts.iter().map(|text| (*text).to_owned()));
        // The whole service has a description; an endpoint needs none of its own.
        facts.description = name.to_owned();
        let fresh = content_flags(&facts, &known);
        found.extend(fresh.into_iter().filter(|flag| !found.contains(flag)).collect::<Vec<_>>());
    }
    found
}

pub(super) fn put(
    change: &Change<'_>,
    before: Option<&Listing>,
    after: &Listing,
) -> Result<(), StoreError> {
    change.put(before, after)?;
    let was_pending = before.is_some_and(|before| before.status == ListingStatus::Pending);
    if after.status == ListingStatus::Pending && !was_pending {
        ask(change, ReviewKind::Flag, after)?;
    }
    Ok(())
}

fn ask(change: &Change<'_>, kind: ReviewKind, listing: &Listing) -> Result<(), StoreError> {
    let body = json!({
        "service_id": listing.service_id,
        "name": listing.facts.name,
        "url": listing.facts.url,
        "flags": listing.content_flags,
    });
    change.ask(kind, &listing.id, "submission", &body)
}
