//! Updates written into the directory, inside a transaction.

use super::ManagementKey;
use super::ownership::{Asker, conflicts};
use super::rows::{self, ServiceRecord};
use super::shape::{
    TAKEN_OUT, changed_listing, dress, fresh_listing, merged_flags, name_of, standing,
};
use super::submission::{self, Endpoint, Update};
use super::write::{LISTINGS_MAX, WriteError, oddities, put};
use crate::canonical::host;
use crate::{Change, Listing, ListingStatus, Snapshot, store};
use serde_json::json;
use std::collections::HashSet;

/// Changes a service for whoever holds its key.
pub(super) fn update(
    change: &Change<'_>,
    snapshot: &Snapshot,
    service_id: &str,
    key: &ManagementKey,
    update: &Update,
) -> Result<(), WriteError> {
    let listings = store::of_service(change.transaction(), service_id, LISTINGS_MAX + 1)?;
    let known = rows::find(change.transaction(), service_id)?;
    if known.is_none() && listings.is_empty() {
        return Err(WriteError::UnknownService);
    }
    let known = known.unwrap_or_else(|| ServiceRecord::new(service_id.to_owned(), change.now()));
    if !known.key_sha256.as_deref().is_some_and(|digest| key.has_digest(digest)) {
        return Err(WriteError::WrongKey);
    }
    let mut record = merged(&known, update);
    record.updated_at = change.now();
    let name = name_of(&record, &listings);
    let texts = [update.description.as_deref(), update.contact.as_deref()];
    let texts: Vec<&str> = texts.into_iter().flatten().collect();
    let given = update.endpoints.as_deref();
    let flags = oddities(snapshot, &name, given.unwrap_or_default(), &texts);
    match given {
        Some(_) if listings.len() > LISTINGS_MAX => return Err(WriteError::TooManyListings),
        Some(endpoints) => {
            check_owner(change, &known, &listings, endpoints)?;
            replace(change, &mut record, &listings, endpoints, &flags)?;
        }
        None if listings.len() <= LISTINGS_MAX => {
            dress_all(change, &known, &record, &listings, &flags)?;
        }
        None => {}
    }
    rows::save(change, &record)?;
    let detail = json!({ "fields": changed_fields(update) });
    change.audit(&format!("owner of {service_id}"), "service.update", service_id, &detail)?;
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
    known: &ServiceRecord,
    listings: &[Listing],
    endpoints: &[Endpoint],
) -> Result<(), WriteError> {
    let asker = Asker::Service(&known.id);
    let found = conflicts(change.transaction(), endpoints, asker, change.now())?;
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
    let name = name_of(record, listings);
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
