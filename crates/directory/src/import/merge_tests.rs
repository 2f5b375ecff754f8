use super::*;
use crate::{ListingFacts, Protocol};
use farebox_money::{MicroUsd, Sats};
use jiff::Timestamp;
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn said(source: &str, trust: Trust, change: impl FnOnce(&mut ListingFacts)) -> Said {
    let mut facts = ListingFacts::new("https://a.example/x", Some("GET"), Protocol::X402, "A name");
    facts.source = source.to_owned();
    change(&mut facts);
    let (facts, canonical_url) = facts.checked().unwrap();
    let mark = Origin { source: source.to_owned(), trust: Some(trust), at: at(100) };
    Said { facts, canonical_url, offers: Vec::new(), has_name: true, mark }
}

fn added(said: &Said) -> Listing {
    match merge(None, said) {
        Outcome::Added(listing) => *listing,
        other => panic!("{other:?}"),
    }
}

/// Who said a field.
fn origin(listing: &Listing, field: &str) -> Origin {
    let provenance = Provenance::parse(&listing.provenance);
    provenance.of([field]).or(provenance.rest()).unwrap().clone()
}

/// The listing after something was said about it.
fn after(known: &Listing, said: &Said) -> Listing {
    match merge(Some(known), said) {
        Outcome::Changed(listing) | Outcome::Confirmed(listing) => *listing,
        Outcome::Unchanged => known.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_again_changes_nothing() {
    let first = said("bazaar", Trust::Aggregator, |facts| facts.price_usd = Some(MicroUsd::new(5)));
    let listing = added(&first);
    let later = Said { mark: Origin { at: at(200), ..first.mark.clone() }, ..first.clone() };
    assert_eq!(merge(Some(&listing), &later), Outcome::Unchanged);
    assert_eq!(origin(&listing, "price_usd").at, at(100));
}

#[test]
fn a_source_may_change_its_own_word() {
    let listing = added(&said("bazaar", Trust::Aggregator, |_| {}));
    let changed = said("bazaar", Trust::Aggregator, |facts| facts.name = "Another".to_owned());
    assert_eq!(after(&listing, &changed).facts.name, "Another");
}

#[test]
fn an_owner_s_word_is_never_overwritten_by_anybody_else() {
    let mut listing = added(&said("bazaar", Trust::Aggregator, |_| {}));
    let mut provenance = Provenance::parse(&listing.provenance);
    provenance.mark(["name", "description", "price_sats"], "owner", at(150));
    listing.facts.name = "The owner's".to_owned();
    listing.facts.price_sats = Some(Sats::new(7));
    listing.provenance = provenance.render();
    for trust in Trust::ALL.into_iter().filter(|trust| *trust < Trust::Owner) {
        let other = said("bazaar", trust, |facts| {
            facts.name = "Theirs".to_owned();
            facts.description = "What the owner left out on purpose".to_owned();
            facts.price_usd = Some(MicroUsd::new(1));
        });
        let after = after(&listing, &other);
        assert_eq!(after.facts.name, "The owner's");
        assert_eq!(after.facts.description, "");
        assert_eq!((after.facts.price_sats, after.facts.price_usd), (Some(Sats::new(7)), None));
    }
}

#[test]
fn a_claimed_host_protects_what_bears_no_mark() {
    let mut listing = added(&said("self-registered", Trust::SelfRegistered, |_| {}));
    listing.provenance = "{}".into();
    listing.facts.domain_verified = true;
    let other = said("a", Trust::Admin, |facts| facts.name = "Theirs".to_owned());
    assert_eq!(after(&listing, &other).facts.name, "A name");
    listing.facts.domain_verified = false;
    let list = said("a", Trust::FirstParty, |facts| facts.name = "Theirs".to_owned());
    assert_eq!(after(&listing, &list).facts.name, "A name");
    assert_eq!(after(&listing, &other).facts.name, "Theirs");
}

#[test]
fn among_equals_the_first_stays_and_gaps_are_filled() {
    let listing = added(&said("bazaar", Trust::Aggregator, |_| {}));
    let other = said("satring", Trust::Aggregator, |facts| {
        facts.name = "Theirs".to_owned();
        facts.description = "Words".to_owned();
        facts.price_sats = Some(Sats::new(5));
    });
    let both = after(&listing, &other);
    assert_eq!(both.facts.name, "A name");
    assert_eq!(both.facts.description, "Words");
    assert_eq!(both.facts.price_sats, Some(Sats::new(5)));
    assert_eq!(both.facts.source, "bazaar,satring");
    assert_eq!(merge(Some(&both), &other), Outcome::Unchanged);
    assert_eq!(origin(&both, "name").source, "bazaar");
    assert_eq!(origin(&both, "price_sats").source, "satring");
}

#[test]
fn who_is_believed_more_confirms_without_a_change() {
    let listing = added(&said("bazaar", Trust::Aggregator, |_| {}));
    let mut same = said("bazaar", Trust::Admin, |_| {});
    let Outcome::Confirmed(listing) = merge(Some(&listing), &same) else { panic!() };
    assert_eq!(origin(&listing, "name").trust(), Trust::Admin);
    same.mark.trust = Some(Trust::Aggregator);
    same.facts.name = "Another".to_owned();
    assert_eq!(after(&listing, &same).facts.name, "A name");
}

#[test]
fn a_name_made_of_the_address_gives_way_to_any_other() {
    let mut nameless = said("bazaar", Trust::FirstParty, |facts| facts.name = "a.example x".into());
    nameless.has_name = false;
    let listing = added(&nameless);
    let named = said("satring", Trust::Aggregator, |_| {});
    assert_eq!(after(&listing, &named).facts.name, "A name");
    assert_eq!(after(&after(&listing, &named), &nameless).facts.name, "A name");
}

#[test]
fn what_is_not_shown_stays_so() {
    let new = said("bazaar", Trust::Owner, |_| {});
    for (status, kept) in [
        (ListingStatus::Pending, Kept::Pending),
        (ListingStatus::Rejected, Kept::Rejected),
        (ListingStatus::Deleted, Kept::Deleted),
    ] {
        let known = Listing { status, ..added(&new) };
        assert_eq!(merge(Some(&known), &new), Outcome::Kept(kept));
    }
    let mut own = added(&new);
    own.facts.is_demo = true;
    assert_eq!(merge(Some(&own), &new), Outcome::Kept(Kept::Own));
}

#[test]
fn what_a_probe_saw_is_not_replaced_by_what_somebody_says() {
    let offer = |pay_to: &str| crate::Offer {
        kind: "exact".to_owned(),
        pay_to: Some(pay_to.to_owned()),
        ..crate::Offer::default()
    };
    let mut new = said("bazaar", Trust::Aggregator, |_| {});
    new.offers = vec![offer("0xtheirs")];
    let mut listing = added(&new);
    listing.offers = vec![crate::Offer { is_payable: Some(true), ..offer("0xseen") }];
    assert_eq!(merge(Some(&listing), &new), Outcome::Unchanged);
}

#[test]
fn sample_data_becomes_real_when_a_source_names_it() {
    let mut listing = added(&said("samples", Trust::Sample, |_| {}));
    listing.facts.sample_data = true;
    listing.provenance = "{}".into();
    let real = said("bazaar", Trust::Aggregator, |facts| facts.name = "Real".to_owned());
    let after = after(&listing, &real);
    assert!(!after.facts.sample_data);
    assert_eq!(after.facts.name, "Real");
}

proptest! {
    /// Whatever is said in whatever order, a field bears the word of whom is believed most.
    #[test]
    fn the_most_trusted_word_stands(words in prop::collection::vec((0..5_usize, 0..3_usize, 0..4_u64), 1..12)) {
        let sources = ["a", "b", "c"];
        let mut listing: Option<Listing> = None;
        let mut best: Option<Trust> = None;
        for (trust, source, price) in words {
            let trust = Trust::ALL[trust + 2];
            let said = said(sources[source], trust, |facts| facts.price_usd = Some(MicroUsd::new(price)));
            let next = match &listing {
                None => added(&said),
                Some(known) => after(known, &said),
            };
            if best.is_none_or(|best| trust > best) {
                prop_assert_eq!(next.facts.price_usd, Some(MicroUsd::new(price)));
                best = Some(trust);
            }
            prop_assert_eq!(Some(origin(&next, "price_usd").trust()), best);
            prop_assert_eq!(merge(Some(&next), &said), Outcome::Unchanged);
            listing = Some(next);
        }
    }
}
