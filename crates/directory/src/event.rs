//! What happens to listings. Pure: events follow from a listing before and after a change.

use crate::words::find;
use crate::{HealthStatus, Listing, ListingStatus, Offer};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What happened to a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// It is shown for the first time, or again.
    New,
    /// What is said about it changed.
    Updated,
    /// Its price changed.
    PriceChanged,
    /// Who is paid changed.
    PayToChanged,
    /// A check came to another verdict.
    HealthChanged,
    /// A check found it down that was not.
    Down,
    /// It was deleted.
    Deleted,
    /// Somebody asked for it to be listed. Private.
    Registered,
    /// An admin turned it down. Private.
    Rejected,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::New,
        Self::Updated,
        Self::PriceChanged,
        Self::PayToChanged,
        Self::HealthChanged,
        Self::Down,
        Self::Deleted,
        Self::Registered,
        Self::Rejected,
    ];

    /// The word of the API, such as `service.new`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "service.new",
            Self::Updated => "service.updated",
            Self::PriceChanged => "service.price_changed",
            Self::PayToChanged => "service.pay_to_changed",
            Self::HealthChanged => "service.health_changed",
            Self::Down => "service.down",
            Self::Deleted => "service.deleted",
            Self::Registered => "service.registered",
            Self::Rejected => "service.rejected",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        find(Self::ALL, Self::name, text)
    }

    /// Whether strangers may know.
    #[must_use]
    pub const fn is_public(self) -> bool {
        !matches!(self, Self::Registered | Self::Rejected)
    }
}

/// Something that happened to a listing, not yet written down.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Happening {
    /// What.
    pub(crate) kind: EventKind,
    /// How it was before, as far as it differs; null where there was nothing.
    pub(crate) before: Value,
    /// How it is now.
    pub(crate) after: Value,
}

/// What happened when a listing became another; nothing when they are the same.
pub(crate) fn happenings(before: Option<&Listing>, after: &Listing) -> Vec<Happening> {
    use ListingStatus::{Active, Deleted, Pending, Rejected};
    let one = |kind, before, after| vec![Happening { kind, before, after }];
    let status = before.map(|before| before.status);
    let was = status.map_or(Value::Null, |status| json!({ "status": status.name() }));
    let is = json!({ "status": after.status.name() });
    match (before, status, after.status) {
        (Some(before), Some(Active), Active) => differences(before, after),
        (_, _, Active) => one(EventKind::New, was, is),
        (_, Some(Active), Deleted | Pending | Rejected) => one(EventKind::Deleted, was, is),
        (_, status, Pending) if status != Some(Pending) => one(EventKind::Registered, was, is),
        (_, status, Rejected) if status != Some(Rejected) => one(EventKind::Rejected, was, is),
        _ => Vec::new(),
    }
}

fn differences(before: &Listing, after: &Listing) -> Vec<Happening> {
    let mut found = Vec::new();
    let mut note = |kind, before: Value, after: Value| {
        if before != after {
            found.push(Happening { kind, before, after });
        }
    };
    note(EventKind::PriceChanged, price(before), price(after));
    // Before the first look nobody knew who is paid.
    if !payees(before).is_empty() {
        note(EventKind::PayToChanged, json!(payees(before)), json!(payees(after)));
    }
    let health = |listing: &Listing| json!({ "health_status": listing.health.status.name() });
    note(EventKind::HealthChanged, health(before), health(after));
    if after.health.status == HealthStatus::Down && before.health.status != HealthStatus::Down {
        note(EventKind::Down, health(before), health(after));
    }
    let (before, after) = changed_texts(before, after);
    note(EventKind::Updated, before, after);
    found
}

fn price(listing: &Listing) -> Value {
    let facts = &listing.facts;
    json!({
        "price_sats": facts.price_sats,
        "price_usd": facts.price_usd.map(farebox_money::MicroUsd::to_f64),
        "payment_asset": facts.payment_asset,
        "payment_network": facts.payment_network,
    })
}

/// Lightning invoices name a node, which a seller's wallet provider may change at will; everybody
/// else is named by an address of their own.
fn payees(listing: &Listing) -> BTreeSet<&str> {
    let has_address =
        |offer: &&Offer| !matches!(offer.kind.as_str(), "bolt11" | "lightning/charge");
    listing.offers.iter().filter(has_address).filter_map(|offer| offer.pay_to.as_deref()).collect()
}

/// The texts that differ, before and after.
fn changed_texts(before: &Listing, after: &Listing) -> (Value, Value) {
    let texts = |listing: &Listing| {
        let facts = &listing.facts;
        [
            ("url", json!(facts.url)),
            ("http_method", json!(facts.method)),
            ("name", json!(facts.name)),
            ("description", json!(facts.description)),
            ("category", json!(facts.category)),
            ("provider", json!(facts.provider)),
            ("tags", json!(facts.tags)),
            ("docs_url", json!(facts.docs_url)),
            ("domain_verified", json!(facts.domain_verified)),
            ("probe_status", json!(facts.probe_status.name())),
        ]
    };
    let mut differing = (serde_json::Map::new(), serde_json::Map::new());
    for ((name, before), (_, after)) in texts(before).into_iter().zip(texts(after)) {
        if before != after {
            differing.0.insert(name.to_owned(), before);
            differing.1.insert(name.to_owned(), after);
        }
    }
    (differing.0.into(), differing.1.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ListingFacts, Protocol};
    use farebox_money::Sats;
    use jiff::Timestamp;

    fn listing() -> Listing {
        let facts = ListingFacts::new("https://a.example/x", Some("GET"), Protocol::X402, "A name");
        let (facts, canonical) = facts.checked().unwrap();
        Listing::new(facts, canonical, Timestamp::UNIX_EPOCH)
    }

    fn kinds(before: Option<&Listing>, after: &Listing) -> Vec<EventKind> {
        happenings(before, after).iter().map(|happening| happening.kind).collect()
    }

    #[test]
    fn the_life_of_a_listing_is_told_step_by_step() {
        let active = listing();
        let standing = |status| Listing { status, ..active.clone() };
        let pending = standing(ListingStatus::Pending);
        let deleted = standing(ListingStatus::Deleted);
        let rejected = standing(ListingStatus::Rejected);
        assert_eq!(kinds(None, &pending), [EventKind::Registered]);
        assert_eq!(kinds(Some(&pending), &pending), []);
        assert_eq!(kinds(Some(&pending), &active), [EventKind::New]);
        assert_eq!(kinds(Some(&pending), &rejected), [EventKind::Rejected]);
        assert_eq!(kinds(Some(&active), &active), []);
        assert_eq!(kinds(Some(&active), &deleted), [EventKind::Deleted]);
        assert_eq!(kinds(Some(&pending), &deleted), [], "nobody knew of it");
        assert_eq!(kinds(Some(&deleted), &active), [EventKind::New]);
    }

    #[test]
    fn a_change_says_what_was_and_what_is() {
        let before = listing();
        let mut after = before.clone();
        after.facts.price_sats = Some(Sats::new(5));
        after.facts.name = "Another name".to_owned();
        after.health.status = HealthStatus::Down;
        let found = happenings(Some(&before), &after);
        use EventKind::{Down, HealthChanged, PriceChanged, Updated};
        assert_eq!(kinds(Some(&before), &after), [PriceChanged, HealthChanged, Down, Updated]);
        assert_eq!(found[0].before["price_sats"], Value::Null);
        assert_eq!(found[0].after["price_sats"], 5);
        assert_eq!(found[3].after, json!({ "name": "Another name" }));
    }

    #[test]
    fn a_new_payee_is_told_once_one_was_known() {
        let unseen = listing();
        let paid_to = |address: &str| {
            let offer = Offer {
                kind: "exact".to_owned(),
                pay_to: Some(address.to_owned()),
                ..Offer::default()
            };
            Listing { offers: vec![offer], ..unseen.clone() }
        };
        assert_eq!(kinds(Some(&unseen), &paid_to("0x1")), []);
        assert_eq!(kinds(Some(&paid_to("0x1")), &paid_to("0x2")), [EventKind::PayToChanged]);
    }
}
