//! Endpoints as listings: new ones, and known ones after their provider said something new.

use super::rows::ServiceRecord;
use super::submission::Endpoint;
use super::write::WriteError;
use crate::canonical::host;
use crate::provenance::Provenance;
use crate::{Change, Listing, ListingFacts, ListingStatus, claim};

/// What a provider says of an endpoint.
const FIELDS: [&str; 7] =
    ["url", "description", "category", "price_sats", "price_usd", "content_type", "consumption"];
/// Who said it after the listing was there.
const OWNER: &str = "owner";
/// Why a listing is gone that its provider took out.
pub(super) const TAKEN_OUT: &str = "taken out by its provider";

/// What its listings are called.
pub(super) fn name_of(record: &ServiceRecord, listings: &[Listing]) -> String {
    let listed = || listings.first().map(|known| known.facts.name.clone());
    record.name.clone().or_else(listed).unwrap_or_else(|| record.id.clone())
}

/// The listing of an endpoint that was not listed before.
pub(super) fn fresh_listing(
    change: &Change<'_>,
    record: &ServiceRecord,
    name: &str,
    endpoint: &Endpoint,
    flags: &[String],
) -> Result<Listing, WriteError> {
    let mut facts = endpoint.facts(name);
    dress(&mut facts, record);
    let (mut facts, canonical) = facts.checked()?;
    facts.domain_verified = claim::is_verified(change.transaction(), &host(&canonical))?;
    let mut provenance = Provenance::default();
    provenance.mark(FIELDS, &facts.source, change.now());
    let fresh = Listing::new(facts, canonical, change.now());
    Ok(Listing {
        service_id: record.id.clone(),
        content_flags: flags.to_vec(),
        provenance: provenance.render(),
        ..fresh
    })
}

/// A listing after its provider said something new of it. What checks and admins found out stays.
pub(super) fn changed_listing(
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
    let mut provenance = Provenance::parse(&known.provenance);
    provenance.mark(FIELDS, OWNER, change.now());
    Ok(Listing {
        facts,
        status: standing(Some(known), flags),
        content_flags: merged_flags(known, flags),
        provenance: provenance.render(),
        deleted_at: None,
        updated_at: change.now(),
        ..known.clone()
    })
}

pub(super) fn dress(facts: &mut ListingFacts, record: &ServiceRecord) {
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
pub(super) fn standing(before: Option<&Listing>, flags: &[String]) -> ListingStatus {
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

pub(super) fn merged_flags(before: &Listing, flags: &[String]) -> Vec<String> {
    let mut all = before.content_flags.clone();
    all.extend(flags.iter().filter(|flag| !before.content_flags.contains(flag)).cloned());
    all
}
