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
    if let Some(flags) = body.get("content_flags") {
        after.content_flags = serde_json::from_value(flags.clone()).unwrap_or_default();
    }
    let mut changed = Vec::new();
    let mut take = |name: &'static str| {
        let text = text(name)?;
        changed.push(name);
        Some(text)
    };
    let facts = &mut after.facts;
    facts.name = take("name").unwrap_or_else(|| facts.name.clone());
    facts.description = take("description").unwrap_or_else(|| facts.description.clone());
    facts.category = take("category").unwrap_or_else(|| facts.category.clone());
    facts.provider = take("provider").unwrap_or_else(|| facts.provider.clone());
    facts.probe_body = take("probe_body").or_else(|| facts.probe_body.clone());
    let mut provenance = Provenance::parse(&after.provenance);
    provenance.mark(changed, "self-registered", now);
    after.provenance = provenance.render();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Directory;
    use crate::review::{Decision, decide};
    use crate::store::review::{ReviewItem, ReviewStatus, questions};
    use farebox_testing::TestDatabase;

    struct House {
        directory: Directory,
        _database: TestDatabase,
    }

    impl House {
        async fn open() -> Self {
            let database = farebox_testing::database();
            let store = database.open(|| vec![crate::schema()]).await;
            Self { directory: Directory::open(store, None).await.unwrap(), _database: database }
        }

        async fn register(&self, name: &str, rails: &[(Protocol, u64)]) -> Outcome {
            let offer = |msat: u64| Offer {
                kind: "bolt11".to_owned(),
                price_msat: Some(msat),
                is_payable: Some(true),
                ..Offer::default()
            };
            let offers = rails.iter().map(|(rail, msat)| (*rail, vec![offer(*msat)])).collect();
            let found = Found { offers, content_flags: Vec::new() };
            let url = "https://api.example.com/x";
            let facts = ListingFacts::new(url, Some("GET"), Protocol::L402, name);
            let registration = Registration { facts, contact_email: None, ignored: Vec::new() };
            let work = move |change: &Change<'_>| register(change, registration, &found);
            self.directory.change(work).await.unwrap()
        }

        async fn open_questions(&self) -> Vec<ReviewItem> {
            let read = self
                .directory
                .store()
                .read(|transaction| questions(transaction, ReviewStatus::Open, 0, 100));
            read.await.unwrap()
        }

        async fn approve(&self, id: i64) {
            let by = "admin".to_owned();
            let decision = Decision { status: ReviewStatus::Approved, by, reason: None };
            let work = move |change: &Change<'_>| decide(change, id, &decision);
            self.directory.change(work).await.unwrap();
        }
    }

    const L402: (Protocol, u64) = (Protocol::L402, 5_000);

    #[tokio::test]
    async fn a_new_endpoint_waits_with_every_rail_that_was_found() {
        let house = House::open().await;
        let outcome = house.register("Mine", &[L402, (Protocol::Mpp, 5_000)]).await;
        assert_eq!(outcome.listing.status, ListingStatus::Pending);
        assert_eq!(outcome.also_registered[0].facts.protocol, Protocol::Mpp);
        assert!(house.directory.snapshot().is_empty(), "nothing is shown before its review");
        let again = house.register("Mine, better said", &[L402]).await;
        assert_eq!(again.listing.id, outcome.listing.id);
        assert_eq!(again.listing.facts.name, "Mine, better said");
        let waiting = house.open_questions().await;
        assert_eq!(waiting.len(), 2, "the same is asked once");
        for question in waiting {
            house.approve(question.id).await;
        }
        assert_eq!(house.directory.snapshot().len(), 2);
    }

    #[tokio::test]
    async fn a_stranger_changes_no_text_of_what_is_shown() {
        let house = House::open().await;
        let id = house.register("Mine", &[L402]).await.listing.id;
        house.approve(house.open_questions().await[0].id).await;
        let shown = || house.directory.snapshot().get(&id).unwrap().listing().facts.clone();
        let outcome = house.register("Theirs", &[(Protocol::L402, 9_000)]).await;
        assert!(outcome.has_proposal);
        assert_eq!(shown().name, "Mine");
        // What the endpoint itself asks for is no stranger's word.
        assert_eq!(shown().price_sats.map(farebox_money::Sats::get), Some(9));
        house.approve(house.open_questions().await[0].id).await;
        assert_eq!(shown().name, "Theirs", "once an admin said so");
        let snapshot = house.directory.snapshot();
        let provenance = &snapshot.get(&id).unwrap().listing().provenance;
        assert!(provenance.contains("self-registered"), "{provenance}");
    }

    #[tokio::test]
    async fn what_its_owner_deleted_comes_back_only_by_a_review() {
        let house = House::open().await;
        let id = house.register("Mine", &[L402]).await.listing.id;
        house.approve(house.open_questions().await[0].id).await;
        let deleted = id.clone();
        let delete = move |change: &Change<'_>| {
            let before = change.find(&deleted)?.unwrap();
            let after = Listing {
                status: ListingStatus::Deleted,
                deleted_at: Some(change.now()),
                ..before.clone()
            };
            change.put(Some(&before), &after)
        };
        house.directory.change(delete).await.unwrap();
        let outcome = house.register("Mine", &[L402]).await;
        assert_eq!((&outcome.listing.id, outcome.listing.status), (&id, ListingStatus::Pending));
        assert!(house.directory.snapshot().is_empty());
        assert_eq!(house.open_questions().await[0].subject, "deleted before");
    }
}
