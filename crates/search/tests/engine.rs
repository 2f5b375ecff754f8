//! The whole search on generated listings and on a few by hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use farebox_search::{BitSet, Document, Engine, Order, Query, Ranking, Request, Tier, folded};
use farebox_testing::listings::{GeneratedListing, generated_listings};
use std::collections::{BTreeMap, BTreeSet};

const EVERYTHING: usize = usize::MAX;

fn document(listing: &GeneratedListing) -> (Document<'_>, u32) {
    let document = Document {
        name: &listing.name,
        description: &listing.description,
        labels: &listing.labels,
        url: &listing.url,
        provider: &listing.provider,
        rail: &listing.rail,
    };
    (document, listing.host)
}

fn engine_of(texts: &[(&str, &str)]) -> Engine {
    Engine::build(
        texts
            .iter()
            .map(|(name, description)| (Document { name, description, ..Document::default() }, 0)),
    )
}

fn by_position(engine: &Engine) -> Order {
    Order::by_key(engine.len(), |position| position)
}

fn positions(engine: &Engine, request: &Request<'_>) -> Vec<u32> {
    engine.search(request).hits.iter().map(|hit| hit.position).collect()
}

const TEXTS: [(&str, &str); 8] = [
    ("Sky", "Tells the weather now, for any place"),
    ("Bad weather alerts", "Storms and floods"),
    ("Weather", "Temperature and rain"),
    ("Forecast", "How hot or cold it will be tomorrow, and whether it rains"),
    ("Storm", "Weather warnings"),
    ("Currency converter", "Dollars to euros"),
    ("Speech to text", "Turns recordings into words"),
    ("Weather maps", "Clouds from above"),
];

#[test]
fn tiers_follow_each_other() {
    let engine = engine_of(&TEXTS);
    let order = by_position(&engine);
    let query = Query::parse(" WEATHER");
    let found = engine.search(&Request::new(&query, &order, 10));
    let tiers: Vec<Tier> = found.hits.iter().map(|hit| hit.tier).collect();
    assert!(tiers.is_sorted());
    let of = |tier: Tier| -> BTreeSet<u32> {
        found.hits.iter().filter(|hit| hit.tier == tier).map(|hit| hit.position).collect()
    };
    assert_eq!(of(Tier::Name), [2].into());
    assert_eq!(of(Tier::InName), [1, 7].into());
    assert_eq!(of(Tier::InDescription), [0, 4].into());
    assert!(of(Tier::Similar).contains(&3), "the forecast is about weather: {found:?}");
    assert!(!of(Tier::Similar).contains(&5));
    assert_eq!(found.total, found.hits.len());
}

#[test]
fn meaning_can_be_off_and_words_remain() {
    let engine = engine_of(&TEXTS);
    let order = by_position(&engine);
    let query = Query::parse("alerts about weather");
    let request = Request { by_meaning: false, explain: true, ..Request::new(&query, &order, 10) };
    let found = engine.search(&request);
    assert_eq!(found.hits[0].position, 1);
    assert_eq!(found.hits[0].tier, Tier::Similar);
    let why = found.hits[0].why.as_ref().unwrap();
    assert_eq!(why.cosine, None);
    assert!(why.coverage > 0.3 && why.words.len() == 2, "{why:?}");
    let with_meaning = engine.search(&Request { by_meaning: true, ..request });
    assert!(with_meaning.hits[0].why.as_ref().unwrap().cosine.unwrap() > 0.5);
}

#[test]
fn nonsense_finds_nothing() {
    let engine = engine_of(&TEXTS);
    let order = by_position(&engine);
    for nonsense in ["xqzvw", "zzkqj wvxqp", "%%%", "\u{0}\u{7}"] {
        let query = Query::parse(nonsense);
        let found = engine.search(&Request::new(&query, &order, 10));
        let expected = if query.is_empty() { TEXTS.len() } else { 0 };
        assert_eq!(found.total, expected, "{nonsense:?}: {found:?}");
    }
}

#[test]
fn the_caller_decides_who_comes_first() {
    let engine = engine_of(&TEXTS);
    let order = by_position(&engine);
    let query = Query::parse("weather");
    let request = Request::new(&query, &order, 10);
    let plain = positions(&engine, &request);
    let featured = BitSet::of(engine.len(), [7, 4, 3]);
    let first = positions(&engine, &Request { featured: Some(&featured), ..request });
    assert_eq!(first[..4], [2, 7, 1, 4]);
    assert_eq!(first.len(), plain.len());
    let ahead = BitSet::of(engine.len(), [0, 1]);
    let first = positions(&engine, &Request { ahead: Some(&ahead), ..request });
    assert_eq!(first[..3], [1, 0, 2]);
    let reverse = Order::by_key(engine.len(), std::cmp::Reverse);
    let sorted = positions(&engine, &Request { sort: Some(&reverse), ..request });
    let mut expected = plain.clone();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(sorted, expected);
    let sorted =
        positions(&engine, &Request { sort: Some(&reverse), ahead: Some(&ahead), ..request });
    assert_eq!(sorted[..3], [1, 0, 7]);
}

#[test]
fn what_a_query_says_about_paying_is_not_looked_for() {
    let mut documents: Vec<Document<'_>> = TEXTS
        .iter()
        .map(|(name, description)| Document { name, description, ..Document::default() })
        .collect();
    documents[7].rail = "L402 lightning";
    documents[1].rail = "x402 base usdc";
    let engine = Engine::build(documents.iter().map(|document| (*document, 0)));
    let order = by_position(&engine);
    let query = Query::parse("weather paid with lightning under 50 sats");
    assert!(query.parsed().price().is_some());
    let found = engine.search(&Request { explain: true, ..Request::new(&query, &order, 10) });
    let first: Vec<(u32, Tier)> = found.hits.iter().map(|it| (it.position, it.tier)).collect();
    assert_eq!(first[..3], [(2, Tier::Name), (7, Tier::InName), (1, Tier::InName)]);
    assert!(found.hits[1].why.as_ref().unwrap().is_rail_named);
    assert!(!found.hits[2].why.as_ref().unwrap().is_rail_named);
}

/// Queries of every kind, for generated listings.
fn queries(listings: &[GeneratedListing]) -> Vec<String> {
    let mut queries: Vec<String> =
        ["api", "data", "image generation", "e", "of the", "bitcoin"].map(str::to_owned).into();
    queries.extend(
        ["turn a recording into text", "translate", "", "weather in lisbon"].map(str::to_owned),
    );
    queries.extend(listings.iter().step_by(listings.len() / 5).map(|it| it.name.clone()));
    queries
}

#[test]
fn pages_lose_nothing_and_repeat_nothing() {
    let listings = generated_listings(4_000, 1);
    let engine = Engine::build(listings.iter().map(document));
    let len = engine.len();
    let order = Order::by_key(len, |at| listings[at as usize].price_micro_usd);
    let healthy = BitSet::of(len, (0..len).filter(|at| listings[*at as usize].health == 0));
    let featured = BitSet::of(len, (0..len).filter(|at| listings[*at as usize].featured));
    let ahead = BitSet::of(len, (0..len).step_by(7));
    for text in queries(&listings) {
        let query = Query::parse(&text);
        for ranking in [Ranking::Tiers, Ranking::Best] {
            for filter in [None, Some(&healthy)] {
                let request = Request {
                    filter,
                    ranking,
                    featured: Some(&featured),
                    ahead: filter.map(|_| &ahead),
                    ..Request::new(&query, &order, EVERYTHING)
                };
                let whole = engine.search(&request);
                assert_eq!(whole.hits.len(), whole.total, "{text}");
                let distinct: BTreeSet<u32> = whole.hits.iter().map(|it| it.position).collect();
                assert_eq!(distinct.len(), whole.total, "{text}");
                assert!(filter.is_none_or(|set| distinct.iter().all(|at| set.contains(*at))));
                for (offset, limit) in [(0, 10), (7, 50), (190, 20), (1_995, 10), (whole.total, 5)]
                {
                    let page = engine.search(&Request { offset, limit, ..request });
                    let expected: Vec<_> = whole.hits.iter().skip(offset).take(limit).collect();
                    assert_eq!(page.hits.iter().collect::<Vec<_>>(), expected, "{text} {offset}");
                    assert_eq!(page.total, whole.total);
                }
            }
        }
    }
}

#[test]
fn phrase_tiers_are_exact_under_filters() {
    let listings = generated_listings(3_000, 2);
    let engine = Engine::build(listings.iter().map(document));
    let order = by_position(&engine);
    let len = engine.len();
    let cheap =
        BitSet::of(len, (0..len).filter(|at| listings[*at as usize].price_micro_usd < 3_000));
    for text in queries(&listings).iter().filter(|text| !text.is_empty()) {
        let query = Query::parse(text);
        let request = Request { filter: Some(&cheap), ..Request::new(&query, &order, EVERYTHING) };
        let found = engine.search(&request);
        let phrase = folded(text);
        let tier_of = |at: &u32| {
            let (name, description) =
                (folded(&listings[*at as usize].name), folded(&listings[*at as usize].description));
            match () {
                () if name == phrase => Some(Tier::Name),
                () if name.contains(&phrase) => Some(Tier::InName),
                () => description.contains(&phrase).then_some(Tier::InDescription),
            }
        };
        let expected = cheap.iter().filter_map(|at| Some((at, tier_of(&at)?)));
        let found = found.hits.iter().map(|hit| (hit.position, hit.tier));
        let found = found.filter(|(_, tier)| *tier != Tier::Similar);
        assert_eq!(found.collect::<BTreeSet<_>>(), expected.collect(), "{text}");
    }
}

#[test]
fn one_host_does_not_fill_a_page() {
    let listings = generated_listings(2_000, 3);
    let few_hosts = listings.iter().map(|it| (document(it).0, it.host % 40));
    let engine = Engine::build(few_hosts);
    let order = by_position(&engine);
    for text in ["price of a coin in euros", "make a picture from words", "weather tomorrow"] {
        let query = Query::parse(text);
        let request = Request { ranking: Ranking::Best, ..Request::new(&query, &order, 10) };
        let mut hosts: BTreeMap<u32, usize> = BTreeMap::new();
        let hits = engine.search(&request).hits;
        assert_eq!(hits.len(), 10, "{text}");
        for hit in hits.iter().filter(|hit| hit.tier != Tier::Name) {
            *hosts.entry(listings[hit.position as usize].host % 40).or_default() += 1;
        }
        assert!(hosts.values().all(|count| *count <= 3), "{text}: {hosts:?}");
    }
}

#[test]
fn changes_find_what_building_anew_finds() {
    let listings = generated_listings(2_300, 4);
    let (base, added) = listings.split_at(2_000);
    let first = Engine::build(base.iter().map(document));
    // Two changes, one after the other: the second takes out one that the first added.
    let second = first.with_changes([3, 700, 1_999], added[..200].iter().map(document));
    let third = second.with_changes([2_100, 5], added.iter().map(document));
    let gone: BTreeSet<u32> = [3, 5, 700, 1_999, 2_100].into();
    let kept: Vec<u32> = (0..third.len()).filter(|at| !gone.contains(at)).collect();
    let anew = Engine::build(kept.iter().map(|at| document(&listings[*at as usize])));
    let orders = (by_position(&third), by_position(&anew));
    let found = |engine: &Engine, order: &Order, text: &str, real: &dyn Fn(u32) -> u32| {
        let query = Query::parse(text);
        let hits = engine.search(&Request::new(&query, order, EVERYTHING)).hits;
        hits.into_iter().map(|hit| (real(hit.position), hit.tier)).collect::<BTreeSet<_>>()
    };
    let holds_phrase = |hit: &&(u32, Tier)| hit.1 != Tier::Similar;
    for text in queries(&listings) {
        let changed = found(&third, &orders.0, &text, &|at| at);
        let expected = found(&anew, &orders.1, &text, &|at| kept[at as usize]);
        let tiers = |all: &BTreeSet<(u32, Tier)>| -> BTreeSet<(u32, Tier)> {
            all.iter().filter(holds_phrase).copied().collect()
        };
        assert_eq!(tiers(&changed), tiers(&expected), "{text}");
        assert!(changed.iter().all(|(at, _)| !gone.contains(at)), "{text}");
        // Meaning knows no statistics; words weigh a little differently.
        let same = changed.intersection(&expected).count();
        assert!(same * 4 >= expected.len() * 3, "{text}: {same} of {}", expected.len());
    }
}
