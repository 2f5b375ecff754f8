//! Submissions and updates written into the directory, inside a transaction.

use super::flags::{flags, texts};
use super::ownership::{Conflict, conflicts};
use super::rows::{self, ServiceRecord};
use super::submission::{self, Endpoint, Submission, Update};
use super::{ManagementKey, issue_management_key, key};
use crate::canonical::host;
use crate::text::clean::{NAME_LEN_MAX, clean_text};
use crate::{
    Change, Listing, ListingError, ListingFacts, ListingStatus, ReviewKind, Snapshot, store,
};
use farebox_store::StoreError;
use serde_json::json;
use std::collections::HashSet;

/// Listings of a service that an update takes along at most.
const LISTINGS_MAX: usize = 200;
/// Why a listing is gone that its provider took out.
const TAKEN_OUT: &str = "taken out by its provider";

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
    let found = conflicts(change.transaction(), snapshot, &submission.endpoints, None)?;
    if !found.is_empty() {
        return Err(WriteError::Conflicts(found));
    }
    let id = format!("svc_{}", hex::encode(key::random::<6>()?));
    let own = [submission.name.as_str(), &submission.description];
    let contact = submission.contact.as_deref();
    let read = own.into_iter().chain(contact).chain(texts(&submission.endpoints));
    let flags = flags(read);
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
        let listing = fresh_listing(change, &record, &name, endpoint, &flags)?;
        let status = if is_pending { ListingStatus::Pending } else { ListingStatus::Active };
        let listing = Listing { status, ..listing };
        change.put(None, &listing)?;
        if is_pending {
            ask(change, ReviewKind::Registration, &listing)?;
        }
        record.pricing_models.insert(listing.id.clone(), endpoint.pricing.model.clone());
        listing_ids.push(listing.id);
    }
    rows::save(change, &record)?;
    let key = issue_management_key(change, &id)?;
    Ok(Listed { service_id: id, key, is_pending, listing_ids })
}

fn listed_again(change: &Change<'_>, service_id: String) -> Result<Listed, StoreError> {
    let key = issue_management_key(change, &service_id)?;
    let listings = store::of_service(change.transaction(), &service_id, LISTINGS_MAX)?;
    let is_pending = listings.iter().any(|listing| listing.status == ListingStatus::Pending);
    let listing_ids = listings.into_iter().map(|listing| listing.id).collect();
    Ok(Listed { service_id, key, is_pending, listing_ids })
}

/// Changes a service for whoever holds its key.
pub(super) fn update(
    change: &Change<'_>,
    snapshot: &Snapshot,
    service_id: &str,
    key: &ManagementKey,
    update: &Update,
) -> Result<(), WriteError> {
    let known = rows::find(change.transaction(), service_id)?;
    let listings = store::of_service(change.transaction(), service_id, LISTINGS_MAX + 1)?;
    let known = match known {
        Some(known) => known,
        None if listings.is_empty() => return Err(WriteError::UnknownService),
        None => return Err(WriteError::WrongKey),
    };
    if !known.key_sha256.as_deref().is_some_and(|digest| key.has_digest(digest)) {
        return Err(WriteError::WrongKey);
    }
    let mut record = merged(&known, update);
    record.updated_at = change.now();
    let own = [update.description.as_deref(), update.contact.as_deref()];
    let given = update.endpoints.as_deref().unwrap_or_default();
    let flags = flags(own.into_iter().flatten().chain(texts(given)));
    match &update.endpoints {
        Some(_) if listings.len() > LISTINGS_MAX => return Err(WriteError::TooManyListings),
        Some(endpoints) => {
            check_owner(change, snapshot, &known, &listings, endpoints)?;
            replace(change, &mut record, &listings, endpoints, &flags)?;
        }
        None if listings.len() <= LISTINGS_MAX => {
            dress_all(change, &known, &record, &listings, &flags)?
        }
        None => {}
    }
    rows::save(change, &record)?;
    let fields = changed_fields(update);
    change.audit(
        &format!("owner of {service_id}"),
        "service.update",
        service_id,
        &json!({ "fields": fields }),
    )?;
    Ok(())
}

fn merged(known: &ServiceRecord, update: &Update) -> ServiceRecord {
    let mut record = known.clone();
    if let Some(text) = &update.description {
        record.description = Some(submission::description(text));
    }
    if let Some(categories) = &update.categories {
        record.categories = Some(categories.clone());
    }
    if let Some(text) = &update.contact {
        record.contact = submission::contact(Some(text));
    }
    if let Some(url) = &update.docs_url {
        record.docs_url = Some(url.clone());
    }
    record
}

fn changed_fields(update: &Update) -> Vec<&'static str> {
    let given = [
        ("description", update.description.is_some()),
        ("endpoints", update.endpoints.is_some()),
        ("categories", update.categories.is_some()),
        ("contact", update.contact.is_some()),
        ("docs_url", update.docs_url.is_some()),
    ];
    given.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect()
}

/// A key opens no URL of others, and one that came with a proof for a host nothing outside of what
/// the service had: a listing elsewhere is paid for.
fn check_owner(
    change: &Change<'_>,
    snapshot: &Snapshot,
    known: &ServiceRecord,
    listings: &[Listing],
    endpoints: &[Endpoint],
) -> Result<(), WriteError> {
    let found = conflicts(change.transaction(), snapshot, endpoints, Some(&known.id))?;
    if !found.is_empty() {
        return Err(WriteError::Conflicts(found));
    }
    let hosts: HashSet<String> = listings.iter().map(Listing::host).collect();
    let was_submitted = known.name.is_some();
    let is_foreign = |endpoint: &Endpoint| {
        let canonical = crate::canonical_url(&endpoint.url);
        canonical.is_none_or(|canonical| !hosts.contains(&host(&canonical)))
    };
    match endpoints.iter().position(is_foreign) {
        Some(place) if !was_submitted => Err(WriteError::ForeignHost(place)),
        _ => Ok(()),
    }
}

/// Makes `endpoints` the whole of the service.
fn replace(
    change: &Change<'_>,
    record: &mut ServiceRecord,
    listings: &[Listing],
    endpoints: &[Endpoint],
    flags: &[String],
) -> Result<(), WriteError> {
    let mut kept = HashSet::new();
    let name = record.name.clone().or(listings.first().map(|known| known.facts.name.clone()));
    let name = name.unwrap_or_else(|| record.id.clone());
    record.pricing_models.clear();
    for endpoint in endpoints {
        let fresh = fresh_listing(change, record, &name, endpoint, flags)?;
        let before = listings.iter().find(|known| is_same_endpoint(known, &fresh));
        let after = match before {
            None => Listing { status: standing(None, flags), ..fresh },
            Some(before) => changed_listing(change, record, endpoint, before, flags)?,
        };
        put(change, before, &after)?;
        record.pricing_models.insert(after.id.clone(), endpoint.pricing.model.clone());
        kept.insert(after.id);
    }
    let is_gone = |listing: &&Listing| {
        !kept.contains(&listing.id) && listing.status != ListingStatus::Deleted
    };
    for gone in listings.iter().filter(is_gone) {
        let after = Listing {
            status: ListingStatus::Deleted,
            status_reason: Some(TAKEN_OUT.to_owned()),
            deleted_at: Some(change.now()),
            ..gone.clone()
        };
        change.put(Some(gone), &after)?;
    }
    Ok(())
}

fn is_same_endpoint(known: &Listing, other: &Listing) -> bool {
    known.canonical_url == other.canonical_url
        && known.facts.method == other.facts.method
        && known.facts.protocol == other.facts.protocol
}

/// Carries what the whole service says into its listings.
fn dress_all(
    change: &Change<'_>,
    known: &ServiceRecord,
    record: &ServiceRecord,
    listings: &[Listing],
    flags: &[String],
) -> Result<(), WriteError> {
    for before in listings.iter().filter(|one| one.status != ListingStatus::Deleted) {
        let mut facts = before.facts.clone();
        // An endpoint that says nothing of its own has the description of the whole.
        if known.description.as_ref() == Some(&facts.description) {
            facts.description = String::new();
        }
        dress(&mut facts, record);
        let (facts, _) = facts.checked()?;
        let status = standing(Some(before), flags);
        let after = Listing {
            facts,
            status,
            content_flags: merged_flags(before, flags),
            updated_at: change.now(),
            ..before.clone()
        };
        if after.facts != before.facts || after.status != before.status {
            put(change, Some(before), &after)?;
        }
    }
    Ok(())
}

/// The listing of an endpoint that was not listed before.
fn fresh_listing(
    change: &Change<'_>,
    record: &ServiceRecord,
    name: &str,
    endpoint: &Endpoint,
    flags: &[String],
) -> Result<Listing, WriteError> {
    let mut facts = endpoint.facts(name);
    dress(&mut facts, record);
    let (facts, canonical) = facts.checked()?;
    let fresh = Listing::new(facts, canonical, change.now());
    Ok(Listing { service_id: record.id.clone(), content_flags: flags.to_vec(), ..fresh })
}

/// A listing after its provider said something new of it. What checks and admins found out stays.
fn changed_listing(
    change: &Change<'_>,
    record: &ServiceRecord,
    endpoint: &Endpoint,
    known: &Listing,
    flags: &[String],
) -> Result<Listing, WriteError> {
    let said = endpoint.facts(&known.facts.name);
    let mut facts = ListingFacts {
        url: said.url,
        description: said.description,
        price_sats: said.price_sats,
        price_usd: said.price_usd,
        content_type: said.content_type,
        probe_body: said.probe_body,
        consumption: said.consumption,
        ..known.facts.clone()
    };
    dress(&mut facts, record);
    let (facts, _) = facts.checked()?;
    Ok(Listing {
        facts,
        status: standing(Some(known), flags),
        content_flags: merged_flags(known, flags),
        deleted_at: None,
        updated_at: change.now(),
        ..known.clone()
    })
}

fn dress(facts: &mut ListingFacts, record: &ServiceRecord) {
    if let Some((first, more)) = record.categories.as_deref().and_then(<[String]>::split_first) {
        facts.category.clone_from(first);
        facts.tags = more.to_vec();
    }
    if record.docs_url.is_some() {
        facts.docs_url.clone_from(&record.docs_url);
    }
    if facts.description.is_empty() {
        facts.description = record.description.clone().unwrap_or_default();
    }
}

/// How a listing stands after its provider changed it: odd texts are looked at first, and what an
/// admin decided stays decided.
fn standing(before: Option<&Listing>, flags: &[String]) -> ListingStatus {
    let fine = if flags.is_empty() { ListingStatus::Active } else { ListingStatus::Pending };
    match before {
        None => fine,
        Some(before) => match before.status {
            ListingStatus::Active => fine,
            ListingStatus::Deleted if before.status_reason.as_deref() == Some(TAKEN_OUT) => fine,
            ListingStatus::Deleted | ListingStatus::Pending => ListingStatus::Pending,
            ListingStatus::Rejected => ListingStatus::Rejected,
        },
    }
}

fn merged_flags(before: &Listing, flags: &[String]) -> Vec<String> {
    let mut all = before.content_flags.clone();
    all.extend(flags.iter().filter(|flag| !before.content_flags.contains(flag)).cloned());
    all
}

fn put(change: &Change<'_>, before: Option<&Listing>, after: &Listing) -> Result<(), StoreError> {
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
