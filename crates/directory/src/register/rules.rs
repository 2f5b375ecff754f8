//! What a registration that was verified does to the directory.

use super::Registration;
use crate::provenance::Provenance;
use crate::review::sibling;
use crate::store::review::ReviewKind;
use crate::store::set_contact_email;
use crate::{Change, Listing, ListingError, ListingFacts, ListingStatus, Offer, Protocol};
use farebox_store::StoreError;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What a check found at the endpoint.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// The offers of each rail that can be paid there.
    pub(crate) offers: Vec<(Protocol, Vec<Offer>)>,
    /// What is odd about the texts.
    pub(crate) content_flags: Vec<String>,
}

impl Found {
    fn of(&self, protocol: Protocol) -> Vec<Offer> {
        let found = self.offers.iter().find(|(rail, _)| *rail == protocol);
        found.map(|(_, offers)| offers.clone()).unwrap_or_default()
    }
}

/// What became of a registration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// The listing as it stands.
    pub(crate) listing: Listing,
    /// Whether its texts wait for an admin although the listing itself is shown.
    pub(crate) has_proposal: bool,
    /// Listings of the same endpoint on other rails that were found and wait as well.
    pub(crate) also_registered: Vec<Listing>,
}

/// A registration that was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum RegisterError {
    /// The facts make no listing.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// The database did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes a registration in. A new endpoint waits for an admin. What is said about an endpoint that
/// is shown already waits as well, because whoever says so did not prove to be its provider; what
/// the check found there is taken over at once.
pub(super) fn register(
    change: &Change<'_>,
    registration: Registration,
    found: &Found,
) -> Result<Outcome, RegisterError> {
    let now = change.now();
    let (facts, canonical_url) = registration.facts.checked()?;
    let protocol = facts.protocol;
    let mut fresh = Listing {
        status: ListingStatus::Pending,
        content_flags: found.content_flags.clone(),
        provenance: provenance(&facts, now),
        ..Listing::new(facts, canonical_url, now)
    };
    fresh.take_offers(found.of(protocol));
    let method = fresh.facts.method.clone();
    let known = change.find_endpoint(&fresh.canonical_url, method.as_deref(), protocol)?;
    let (listing, has_proposal) = take_in(change, known, fresh)?;
    if let Some(email) = registration.contact_email.filter(|_| !has_proposal) {
        set_contact_email(change.transaction(), &listing.id, &email)?;
    }
    let also_registered = take_in_siblings(change, &listing, found)?;
    Ok(Outcome { listing, has_proposal, also_registered })
}

fn take_in(
    change: &Change<'_>,
    known: Option<Listing>,
    fresh: Listing,
) -> Result<(Listing, bool), StoreError> {
    let ask = |listing: &Listing, subject: &str, proposal: Value| {
        let flags = &fresh.content_flags;
        let body = json!({ "proposal": proposal, "content_flags": flags });
        change.ask(ReviewKind::Registration, &listing.id, subject, &body)
    };
    let Some(before) = known else {
        change.put(None, &fresh)?;
        ask(&fresh, "new", Value::Null)?;
        return Ok((fresh, false));
    };
    if before.status == ListingStatus::Active {
        let mut after = before.clone();
        after.take_offers(fresh.offers.clone());
        change.put(Some(&before), &after)?;
        let proposal = proposal(&before.facts, &fresh.facts);
        let has_proposal = proposal.as_object().is_some_and(|texts| !texts.is_empty());
        if has_proposal {
            ask(&after, "texts", proposal)?;
        }
        return Ok((after, has_proposal));
    }
    let subject = if before.status == ListingStatus::Deleted { "deleted before" } else { "new" };
    let after = Listing {
        id: before.id.clone(),
        service_id: before.service_id.clone(),
        registered_at: before.registered_at,
        facts: ListingFacts {
            domain_verified: before.facts.domain_verified,
            ..fresh.facts.clone()
        },
        ..fresh.clone()
    };
    change.put(Some(&before), &after)?;
    ask(&after, subject, Value::Null)?;
    Ok((after, false))
}

/// The texts that would change, by name.
fn proposal(before: &ListingFacts, after: &ListingFacts) -> Value {
    let mut texts = serde_json::Map::new();
    let mut note = |name: &str, before: &str, after: &str| {
        if before != after && !after.is_empty() {
            texts.insert(name.to_owned(), after.into());
        }
    };
    note("name", &before.name, &after.name);
    note("description", &before.description, &after.description);
    if after.category != crate::UNCATEGORIZED {
        note("category", &before.category, &after.category);
    }
    note("provider", &before.provider, &after.provider);
    let body = |facts: &ListingFacts| facts.probe_body.clone().unwrap_or_default();
    note("probe_body", &body(before), &body(after));
    texts.into()
}

/// A listing with the texts that somebody proposed and an admin approved.
pub(crate) fn with_proposal(before: &Listing, body: &Value, now: Timestamp) -> Listing {
    let text = |name: &str| {
        let value = body.get("proposal").and_then(|proposal| proposal.get(name));
        value.and_then(Value::as_str).map(str::to_owned)
    };
    let mut after = Listing { updated_at: now, ..before.clone() };
    let facts = &mut after.facts;
    let replace = |place: &mut String, text: Option<String>| {
        if let Some(text) = text {
            *place = text;
        }
    };
    replace(&mut facts.name, text("name"));
    replace(&mut facts.description, text("description"));
    replace(&mut facts.category, text("category"));
    replace(&mut facts.provider, text("provider"));
    facts.probe_body = text("probe_body").or_else(|| facts.probe_body.take());
    after
}

fn take_in_siblings(
    change: &Change<'_>,
    listing: &Listing,
    found: &Found,
) -> Result<Vec<Listing>, StoreError> {
    let mut taken = Vec::new();
    for (protocol, offers) in &found.offers {
        if *protocol == listing.facts.protocol {
            continue;
        }
        let method = listing.facts.method.as_deref();
        if change.find_endpoint(&listing.canonical_url, method, *protocol)?.is_some() {
            continue;
        }
        let found = json!({ "offers": offers });
        let fresh = sibling(listing, *protocol, &found, ListingStatus::Pending, change.now());
        change.put(None, &fresh)?;
        let body = json!({ "also_registered_with": listing.id });
        change.ask(ReviewKind::Registration, &fresh.id, "new", &body)?;
        taken.push(fresh);
    }
    Ok(taken)
}

/// Every field that the provider filled in is theirs.
fn provenance(facts: &ListingFacts, now: Timestamp) -> Box<str> {
    let given = [
        ("name", true),
        ("description", !facts.description.is_empty()),
        ("category", facts.category != crate::UNCATEGORIZED),
        ("provider", !facts.provider.is_empty()),
        ("price_sats", facts.price_sats.is_some()),
        ("price_usd", facts.price_usd.is_some()),
        ("probe_body", facts.probe_body.is_some()),
    ];
    let fields = given.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name);
    let mut provenance = Provenance::default();
    provenance.mark(fields, "self-registered", now);
    provenance.render()
}
