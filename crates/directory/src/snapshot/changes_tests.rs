//! A large directory after changes shows what one built anew shows.

use super::Snapshot;
use crate::store::revision::Revision;
use crate::{
    Health, HealthStatus, ListQuery, Listing, ListingFacts, ListingStatus, Protocol, Sort, SortKey,
};
use farebox_money::{BtcUsd, MicroUsd};
use jiff::Timestamp;

/// Large enough for changes not to build everything anew.
const LEN: u64 = 20_500;

fn listing(number: u64) -> Listing {
    let protocol = Protocol::ALL[(number % 3) as usize];
    let url = format!("https://host{}.example/call/{number}", number % 97);
    let name = format!("Tool {} of the {}", number, ["sea", "sky", "land"][(number % 3) as usize]);
    let mut facts = ListingFacts::new(&url, Some("GET"), protocol, &name);
    facts.category = ["data", "ai/text", "ai"][(number / 7 % 3) as usize].to_owned();
    facts.price_usd = (!number.is_multiple_of(5)).then(|| MicroUsd::new(number * 37 % 100_000));
    let (facts, canonical) = facts.checked().unwrap();
    Listing::new(facts, canonical, Timestamp::UNIX_EPOCH)
}

fn rate() -> BtcUsd {
    BtcUsd::new(MicroUsd::new(100_000_000_000)).unwrap()
}

fn ids(snapshot: &Snapshot, query: &ListQuery) -> (Vec<String>, usize) {
    let page = snapshot.list(query);
    (page.rows.iter().map(|row| row.listing().id.clone()).collect(), page.total)
}

/// What stands in texts as it is asked; what is alike is judged by each part of the index alone.
fn questions() -> Vec<ListQuery> {
    let asked = |search: Option<&str>, key: Option<SortKey>, most: Option<u64>| {
        let mut query = ListQuery { limit: 300, ..ListQuery::default() };
        query.search = search.map(str::to_owned);
        query.sort = key.map(|key| Sort { key, descending: key == SortKey::Name });
        query.filters.max_price_usd = most.map(MicroUsd::new);
        query
    };
    let mut all = vec![
        asked(None, None, None),
        asked(None, Some(SortKey::Price), None),
        asked(None, Some(SortKey::Name), Some(20_000)),
        asked(Some("of the sky"), Some(SortKey::Price), None),
        asked(Some("changed"), None, None),
    ];
    for health in HealthStatus::ALL {
        let mut query = asked(None, Some(SortKey::Name), None);
        query.filters.health = Some(health);
        all.push(query);
    }
    let mut within = asked(None, Some(SortKey::Uptime), None);
    within.filters.category = Some("ai".to_owned());
    all.push(within);
    all
}

/// Listings that changed their texts, changed otherwise, went and came.
fn changes(before: &[Listing]) -> Vec<Listing> {
    let mut changed = Vec::new();
    for (number, known) in before.iter().enumerate().step_by(211) {
        let mut listing = known.clone();
        match number % 4 {
            0 => listing.facts.name = format!("A changed name {number}"),
            1 => listing.facts.price_usd = Some(MicroUsd::new(7)),
            2 => listing.status = ListingStatus::Deleted,
            _ => listing.facts.category = "ai/image".to_owned(),
        }
        changed.push(listing);
    }
    changed.extend((LEN..LEN + 40).map(listing));
    // The same address on another rail.
    let mut sibling = listing(12);
    sibling.facts.protocol = Protocol::ALL[1];
    sibling.id = "sibling00000".to_owned();
    changed.push(sibling);
    changed
}

fn health(of: &[Listing]) -> Vec<(String, Health)> {
    let health = |(number, listing): (usize, &Listing)| {
        let status = HealthStatus::ALL[number % 4];
        let health = Health {
            status,
            uptime_30d: Some(f64::from(u8::try_from(number % 100).unwrap()) / 100.0),
            ..listing.health.clone()
        };
        (listing.id.clone(), health)
    };
    of.iter().enumerate().step_by(131).map(health).collect()
}

#[test]
fn a_large_directory_shows_changes_as_if_it_were_built_anew() {
    let before: Vec<Listing> = (0..LEN).map(listing).collect();
    let snapshot = Snapshot::build(before.clone(), Some(rate()), Revision::default());
    let (changed, health) = (changes(&before), health(&before));

    let mut after = snapshot.with_changes(changed.clone(), health.clone(), Revision::default());
    assert!(!after.is_settled(), "everything was built anew");
    // Once more, over what was added before.
    let again: Vec<Listing> = (LEN..LEN + 20)
        .map(|number| {
            let mut again = listing(number);
            again.facts.name = format!("Changed once more {number}");
            again
        })
        .collect();
    after = after.with_changes(again.clone(), Vec::new(), Revision::default());

    let mut expected: Vec<Listing> = before;
    for listing in changed.into_iter().chain(again) {
        expected.retain(|one| one.id != listing.id);
        expected.push(listing);
    }
    expected.retain(|one| one.status == ListingStatus::Active);
    for (id, health) in health {
        if let Some(listing) = expected.iter_mut().find(|one| one.id == id) {
            listing.health = health;
        }
    }
    let expected = Snapshot::build(expected, Some(rate()), Revision::default());

    assert_eq!(after.len(), expected.len());
    assert_eq!(after.stats(), expected.stats());
    // What is found follows at once, and how much of it; the order when it has settled.
    for query in questions() {
        assert_eq!(after.list(&query).total, expected.list(&query).total, "{query:?}");
    }
    let settled = after.settled();
    for query in questions() {
        let is_by_relevance = query.search.is_some() && query.sort.is_none();
        if !is_by_relevance {
            assert_eq!(ids(&settled, &query), ids(&expected, &query), "{query:?}");
        }
    }
    let sibling = settled.get("sibling00000").unwrap();
    assert_eq!(sibling.related_protocols(), [Protocol::ALL[0]]);
    let other = settled.get(&listing(12).id).unwrap();
    assert_eq!(other.related_protocols(), [Protocol::ALL[1]]);
    assert!(settled.get(&listing(2 * 211).id).is_none(), "it was deleted");
}
