use super::*;
use crate::{ListingFacts, Offer};
use farebox_net::GuardError;
use farebox_wire::probe::{self, RecordedAnswer};
use serde_json::json;

const URL: &str = "https://api.seller.dev/paid";
const PAYEE: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn listing(protocol: Protocol) -> Listing {
    let facts = ListingFacts::new(URL, Some("GET"), protocol, "A thing");
    let (facts, canonical) = facts.checked().unwrap();
    Listing::new(facts, canonical, now())
}

fn x402(amount: &str, pay_to: &str) -> (u16, String) {
    let entry = json!({
        "scheme": "exact", "network": "base", "maxAmountRequired": amount,
        "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "payTo": pay_to,
        "maxTimeoutSeconds": 60, "resource": URL,
        "extra": { "name": "USD Coin", "version": "2" },
    });
    (402, json!({ "x402Version": 1, "accepts": [entry] }).to_string())
}

fn seen((status, body): (u16, String)) -> Validation {
    let answer = RecordedAnswer {
        method: "GET".into(),
        url: URL.into(),
        status,
        body: body.into_bytes(),
        ..Default::default()
    };
    let terms = Terms { now_s: 1_800_000_000, accepts_test_money: false };
    let report = probe::classify(&answer, terms);
    found(Ok(Probe { attempts: Vec::new(), redirect: None, answer, report }))
}

fn found(seen: Result<Probe, ProbeError>) -> Validation {
    Validation::of_answer(crate::validate::ValidateRequest::new(URL), seen, now())
}

fn judged(listing: &Listing, found: &Validation) -> Verdict {
    judge(listing, Ok(found))
}

fn codes(verdict: &Verdict) -> Vec<&str> {
    verdict.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

#[test]
fn a_good_answer_is_healthy_and_taken_over() {
    let mut listing = listing(Protocol::X402);
    let verdict = judged(&listing, &seen(x402("10000", PAYEE)));
    assert_eq!((verdict.status, verdict.outcome), (HealthStatus::Healthy, Outcome::Payable));
    assert_eq!((codes(&verdict)[0], &verdict.message), ("challenge_ok", &None));
    verdict.taken.apply(&mut listing);
    let facts = &listing.facts;
    assert_eq!((facts.x402_payment_valid, facts.x402_asset_known), (Some(true), Some(true)));
    assert_eq!(facts.x402_facilitator_reachable, None, "nobody asked for it");
    assert_eq!(facts.price_usd.map(|usd| usd.get()), Some(10_000));
    assert_eq!((listing.offers.len(), listing.offers[0].is_payable), (1, Some(true)));
}

#[test]
fn a_challenge_on_another_rail_does_not_make_the_listing_healthy() {
    let verdict = judged(&listing(Protocol::Mpp), &seen(x402("10000", PAYEE)));
    assert_eq!((verdict.status, verdict.outcome), (HealthStatus::Degraded, Outcome::NotPayable));
    assert!(codes(&verdict).contains(&"rail_not_offered"));
    let others: Vec<_> = verdict.taken.others(Protocol::Mpp).map(|(one, _)| *one).collect();
    assert_eq!(others, [Protocol::X402], "the other rail is offered to be listed");
}

#[test]
fn a_new_price_or_payee_counts_from_the_second_look_on() {
    let other = "0x1111111111111111111111111111111111111111";
    for (amount, payee, code) in
        [("5000000", PAYEE, "price_changed"), ("10000", other, "payto_changed")]
    {
        let mut listing = listing(Protocol::X402);
        judged(&listing, &seen(x402("10000", PAYEE))).taken.apply(&mut listing);
        let found = seen(x402(amount, payee));
        let first = judged(&listing, &found);
        assert_eq!((first.status, codes(&first)[0]), (HealthStatus::Degraded, code));
        first.taken.apply(&mut listing);
        assert_eq!(
            listing.facts.price_usd.map(|usd| usd.get()),
            Some(10_000),
            "not taken over yet"
        );
        let offer: &Offer = &listing.offers[0];
        assert_eq!(
            (offer.is_payable, offer.reasons.as_slice()),
            (Some(false), &[code.to_owned()][..])
        );
        let second = judged(&listing, &found);
        assert_eq!(second.status, HealthStatus::Healthy, "{code}");
        second.taken.apply(&mut listing);
        let listed = listing.facts.price_usd.map(|usd| usd.get().to_string());
        assert_eq!(listed.as_deref(), Some(amount));
        assert_eq!(listing.offers[0].is_payable, Some(true));
    }
}

#[test]
fn failures_are_down_from_the_third_in_a_row_and_some_at_once() {
    let place = || "https://api.seller.dev".to_owned();
    let dns = |reason: &str| ProbeError::Dns { place: place(), reason: reason.to_owned() };
    let connect = |reason: &str| ProbeError::Connect { place: place(), reason: reason.to_owned() };
    let tls = ProbeError::Tls { place: place(), reason: "expired".to_owned() };
    use HealthStatus::{Degraded, Down};
    for (error, first, outcome, code) in [
        (ProbeError::Timeout { place: place() }, Degraded, Outcome::Timeout, "timeout"),
        (connect("connection refused"), Degraded, Outcome::Connect, "connect_refused"),
        (connect("network unreachable"), Degraded, Outcome::Connect, "connect_failed"),
        (dns("the name servers do not answer"), Degraded, Outcome::Dns, "dns_unanswered"),
        (dns("the name does not exist"), Down, Outcome::Dns, "dns_failure"),
        (tls, Down, Outcome::Tls, "tls_invalid"),
    ] {
        let mut listing = listing(Protocol::L402);
        let found = found(Err(error));
        let verdict = judged(&listing, &found);
        assert_eq!(
            (verdict.status, verdict.outcome, codes(&verdict)),
            (first, outcome, vec![code])
        );
        assert!(verdict.message.is_some() && !verdict.reasons[0].fix.is_empty());
        listing.health.consecutive_failures = 2;
        assert_eq!(judged(&listing, &found).status, Down, "{code}");
    }
}

#[test]
fn what_was_not_asked_is_unknown() {
    let refused = ValidateError::Refused(GuardError::Scheme);
    let verdict = judge(&listing(Protocol::L402), Err(&refused));
    assert_eq!((verdict.status, verdict.outcome), (HealthStatus::Unknown, Outcome::Refused));
    assert_eq!(codes(&verdict), ["blocked_by_guard"]);
    let facts = ListingFacts::new("https://api.seller.dev/{id}", None, Protocol::L402, "A thing");
    let (facts, canonical) = facts.checked().unwrap();
    let template = Listing::new(facts, canonical, now());
    assert_eq!(codes(&judge(&template, Err(&refused))), ["url_template"]);
}

#[test]
fn input_that_is_wanted_first_makes_it_unprobeable_until_a_challenge_comes() {
    use crate::ProbeStatus::{Probeable, Unprobeable};
    let mut listing = listing(Protocol::X402);
    judged(&listing, &seen((422, "{}".to_owned()))).taken.apply(&mut listing);
    assert_eq!(listing.facts.probe_status, Unprobeable);
    judged(&listing, &seen((500, String::new()))).taken.apply(&mut listing);
    assert_eq!(listing.facts.probe_status, Unprobeable, "a failure says nothing about it");
    judged(&listing, &seen(x402("1", PAYEE))).taken.apply(&mut listing);
    assert_eq!(listing.facts.probe_status, Probeable);
}
