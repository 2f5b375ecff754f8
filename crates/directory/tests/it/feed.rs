//! `GET /feed.xml`

use crate::common::{Fixture, NOW_S, PUBLIC_URL, facts, now};
use farebox_directory::{Check, HealthStatus, ListingFacts, Outcome, Protocol};
use farebox_money::{MicroUsd, Sats};
use http::StatusCode;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

const NO_HEADER: (&str, &str) = ("", "");

/// The text of every element of this name, unescaped; fails where the feed is no XML.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut open, mut texts) = (false, Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return texts,
            Event::Start(start) if start.name().into_inner() == name => {
                open = true;
                texts.push(String::new());
            }
            Event::End(_) => open = false,
            Event::Text(text) if open => texts.last_mut().unwrap().push_str(&text),
            Event::GeneralRef(entity) if open => {
                let unescaped = format!("&{};", &*entity);
                texts
                    .last_mut()
                    .unwrap()
                    .push_str(&quick_xml::escape::unescape(&unescaped).unwrap());
            }
            _ => {}
        }
    }
}

fn titles(xml: &str) -> Vec<String> {
    texts(xml, "title").split_off(1)
}

#[tokio::test]
async fn an_item_says_how_a_listing_is_called_and_paid() {
    let fixture = Fixture::empty().await;
    let id = fixture
        .list(ListingFacts {
            description: "Weather & more".to_owned(),
            category: "data/weather".to_owned(),
            price_sats: Some(Sats::new(5)),
            price_usd: Some(MicroUsd::new(2_000)),
            ..facts("weather?a=1&b=2", Protocol::L402, "Weather")
        })
        .await;
    let answer = fixture.feed("/feed.xml?protocol=l402", NO_HEADER).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/rss+xml; charset=utf-8");
    for part in [
        r#"<?xml version="1.0" encoding="UTF-8"?>"#,
        r#"<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:l402="https://402index.io/ns/l402">"#,
        "<lastBuildDate>Fri, 15 Jan 2027 08:00:00 GMT</lastBuildDate>",
        &format!(
            r#"<atom:link href="{PUBLIC_URL}/feed.xml?protocol=L402" rel="self" type="application/rss+xml"/>"#
        ),
        &format!("<link>{PUBLIC_URL}/service/{id}</link>"),
        &format!(r#"<guid isPermaLink="true">{PUBLIC_URL}/service/{id}</guid>"#),
        "<pubDate>Fri, 15 Jan 2027 08:00:00 GMT</pubDate>",
        "<description>Weather &amp; more</description>",
        "<category>data/weather</category>",
        r#"<l402:endpoint url="https://api.example.com/weather?a=1&amp;b=2" method="GET"/>"#,
        r#"<l402:protocol type="L402" health="unknown" reliability="0"/>"#,
        r#"<l402:price sats="5" usd="0.002"/>"#,
    ] {
        assert!(answer.text.contains(part), "{part} is not in\n{}", answer.text);
    }
}

#[tokio::test]
async fn the_newest_come_first_and_not_all() {
    let fixture = Fixture::empty().await;
    for number in 0..205 {
        let facts = facts(&number.to_string(), Protocol::X402, &format!("Number {number}"));
        let at = now() + number.minutes();
        fixture.directory.upsert_listing(facts, at).await.unwrap();
    }
    let titles = titles(&fixture.feed("/feed.xml", NO_HEADER).await.text);
    assert_eq!(titles.len(), 200);
    assert_eq!(titles.first().unwrap(), "Number 204");
    assert_eq!(titles.last().unwrap(), "Number 5");
}

#[tokio::test]
async fn filters_leave_what_they_name() {
    let fixture = Fixture::empty().await;
    let down = fixture.list(facts("a", Protocol::L402, "Down")).await;
    fixture.list(facts("b", Protocol::X402, "Unknown")).await;
    let old = Timestamp::from_second(1_600_000_000).unwrap();
    let facts = facts("c", Protocol::X402, "Old");
    fixture.directory.upsert_listing(facts, old).await.unwrap();
    let check = Check::new(now(), HealthStatus::Down, Outcome::Timeout);
    fixture.directory.record_check(&down, check).await.unwrap();
    let names = async |query: &str| {
        let mut names = titles(&fixture.feed(&format!("/feed.xml?{query}"), NO_HEADER).await.text);
        names.sort();
        names
    };
    assert_eq!(names("").await, ["Down", "Old", "Unknown"]);
    assert_eq!(names("protocol=x402").await, ["Old", "Unknown"]);
    assert_eq!(names("health=down").await, ["Down"]);
    assert_eq!(names("type=new").await, ["Down", "Unknown"]);
    assert_eq!(names("type=new&protocol=X402&health=unknown").await, ["Unknown"]);
    assert_eq!(names("protocol=mpp").await, [""; 0]);
}

#[tokio::test]
async fn what_cannot_be_used_is_named() {
    let fixture = Fixture::empty().await;
    for (query, wrong) in [
        ("protocol=l403", "protocol"),
        ("health_status=down", "health_status"),
        ("type=old", "type"),
        ("type=new&type=new", "type"),
    ] {
        let answer = fixture.feed(&format!("/feed.xml?{query}"), NO_HEADER).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.json()["error"]["parameters"], serde_json::json!([wrong]), "{query}");
    }
}

#[tokio::test]
async fn a_reader_is_not_sent_what_it_has() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("a", Protocol::L402, "First")).await;
    let first = fixture.feed("/feed.xml", NO_HEADER).await;
    let tag = first.header("etag").to_owned();
    assert_eq!(first.header("last-modified"), "Fri, 15 Jan 2027 08:00:00 GMT");
    let again = fixture.feed("/feed.xml", ("if-none-match", &tag)).await;
    assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(again.header("etag"), tag);
    let at = Timestamp::from_second(NOW_S + 60).unwrap();
    let check = Check {
        response_time_ms: Some(10),
        http_status: Some(402),
        ..Check::new(at, HealthStatus::Healthy, Outcome::Payable)
    };
    fixture.directory.record_check(&id, check).await.unwrap();
    let changed = fixture.feed("/feed.xml", ("if-none-match", &tag)).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert!(changed.text.contains(r#"health="healthy""#), "{}", changed.text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_breaks_the_feed_or_adds_an_element(
        name in "[<>&\"'\\]a\u{fffe}\u{ffff}\u{1}\u{85}\u{10ffff}]{1,40}",
        path in "[!-~\u{fffe}é]{0,20}",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let fixture = Fixture::empty().await;
            let facts = ListingFacts {
                description: name.clone(),
                category: name.clone(),
                ..facts(&path, Protocol::L402, &format!("x{name}"))
            };
            if fixture.directory.upsert_listing(facts, now()).await.is_ok() {
                let xml = fixture.feed("/feed.xml", NO_HEADER).await.text;
                let illegal = |character: char| {
                    matches!(character, '\0'..='\u{8}' | '\u{fffe}' | '\u{ffff}')
                };
                assert!(!xml.contains(illegal), "{xml:?}");
                assert_eq!(texts(&xml, "item").len(), 1);
                let id = fixture.directory.snapshot().listings().next().unwrap().id.clone();
                let listed = fixture.directory.snapshot().get(&id).unwrap().listing().clone();
                let shown: String = listed.facts.name.replace(illegal, "");
                assert_eq!(titles(&xml), [shown]);
            }
        });
    }
}

#[tokio::test]
async fn events_are_read_on_from_the_last_one() {
    let fixture = Fixture::empty().await;
    let a = fixture.list(facts("a", Protocol::L402, "A")).await;
    let cheaper =
        ListingFacts { price_sats: Some(Sats::new(2)), ..facts("a", Protocol::L402, "A") };
    fixture.list(cheaper).await;
    fixture.list(facts("b", Protocol::X402, "B")).await;
    let read = async |query: &str| {
        let answer = fixture.feed(&format!("/api/v1/changes?{query}"), NO_HEADER).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
        answer.json()
    };
    let kinds = |page: &serde_json::Value| -> Vec<String> {
        let events = page["events"].as_array().unwrap();
        events.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    };
    let all = read("").await;
    assert_eq!(kinds(&all), ["service.new", "service.price_changed", "service.new"]);
    assert_eq!(all["has_more"], false);
    let changed = &all["events"][1];
    assert_eq!(changed["listing_id"], a.as_str());
    assert_eq!(changed["protocol"], "L402");
    assert_eq!(changed["at"], "2027-01-15T08:00:00Z");
    assert_eq!(changed["data"]["after"]["price_sats"], 2);

    let (mut seen, mut after) = (Vec::new(), serde_json::json!(0));
    for _ in 0..3 {
        let page = read(&format!("limit=1&after={after}")).await;
        seen.extend(kinds(&page));
        after = page["next"].clone();
        assert_eq!(page["has_more"], seen.len() < 3, "{page}");
    }
    assert_eq!(seen, kinds(&all));
    let end = read(&format!("after={after}")).await;
    assert_eq!((kinds(&end), &end["next"]), (vec![], &after));

    let new = read("kind=service.new&limit=1").await;
    assert_eq!((kinds(&new), &new["has_more"]), (vec!["service.new".to_owned()], &true.into()));
    let rest = read(&format!("kind=service.new&after={}", new["next"])).await;
    assert_eq!(rest["events"][0]["data"]["name"], "B");
    assert_eq!(read("kind=service.down").await["next"], after, "what was looked at is behind");
}

#[tokio::test]
async fn what_happened_in_private_and_what_has_not_happened_is_not_told() {
    let fixture = Fixture::empty().await;
    for (query, status) in [
        ("kind=service.registered", StatusCode::BAD_REQUEST),
        ("after=-1", StatusCode::BAD_REQUEST),
        ("limit=1001", StatusCode::BAD_REQUEST),
        ("cursor=1", StatusCode::BAD_REQUEST),
        ("after=7", StatusCode::NOT_FOUND),
        ("after=0", StatusCode::OK),
    ] {
        let answer = fixture.feed(&format!("/api/v1/changes?{query}"), NO_HEADER).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
    }
}
