//! `GET /badge/{name}`

use crate::common::{Answer, Fixture, NOW_S, facts, outcome};
use farebox_directory::{Check, HealthStatus, ListingFacts, Protocol};
use farebox_money::{MicroUsd, Sats};
use http::StatusCode;
use jiff::Timestamp;

const NO_HEADER: (&str, &str) = ("", "");

async fn badge(fixture: &Fixture, path: &str) -> Answer {
    fixture.feed(&format!("/badge/{path}"), NO_HEADER).await
}

async fn check(fixture: &Fixture, id: &str, healthy: HealthStatus, after_s: i64) {
    let at = Timestamp::from_second(NOW_S + after_s).unwrap();
    let check = Check::new(at, healthy, outcome(healthy));
    fixture.directory.record_check(id, check).await.unwrap();
}

#[tokio::test]
async fn a_badge_shows_health_price_and_uptime() {
    let fixture = Fixture::empty().await;
    let priced = ListingFacts { price_sats: Some(Sats::new(5)), ..facts("a", Protocol::L402, "A") };
    let id = fixture.list(priced).await;
    let unchecked = badge(&fixture, &format!("{id}.svg")).await;
    assert!(unchecked.text.contains(">unknown<"), "{}", unchecked.text);
    let no_uptime = badge(&fixture, &format!("{id}.svg?show=uptime")).await;
    assert!(no_uptime.text.contains(">no checks<"), "{}", no_uptime.text);
    check(&fixture, &id, HealthStatus::Healthy, 0).await;
    check(&fixture, &id, HealthStatus::Down, 600).await;
    for (query, shown) in [
        ("", ">down<"),
        ("?style=flat", ">down<"),
        ("?show=health", ">down<"),
        ("?show=price", ">5 sats<"),
        ("?show=uptime", ">50%<"),
    ] {
        let answer = badge(&fixture, &format!("{id}.svg{query}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), "image/svg+xml");
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        assert!(answer.text.contains(shown), "{query}: {}", answer.text);
    }
    let dollars =
        ListingFacts { price_usd: Some(MicroUsd::new(1_500)), ..facts("b", Protocol::X402, "B") };
    let id = fixture.list(dollars).await;
    let answer = badge(&fixture, &format!("{id}.svg?show=price")).await;
    assert!(answer.text.contains(">$0.0015<"), "{}", answer.text);
}

#[tokio::test]
async fn a_name_is_read_out_and_cannot_break_the_picture() {
    let fixture = Fixture::empty().await;
    let name = "</title><script>alert(1)</script>\" onload=\"x\u{fffe}";
    let id = fixture.list(facts("a", Protocol::L402, name)).await;
    let picture = badge(&fixture, &format!("{id}.svg")).await.text;
    assert!(!picture.contains("<script") && !picture.contains("\" onload"), "{picture}");
    assert!(!picture.contains('\u{fffe}'), "{picture}");
    let title = "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&quot;x";
    assert!(picture.contains(&format!("<title>{title}, health: unknown</title>")), "{picture}");
    assert!(picture.contains(r#"role="img""#), "{picture}");
}

#[tokio::test]
async fn what_is_not_there_is_a_grey_picture_and_what_is_wrong_is_named() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("a", Protocol::L402, "A")).await;
    for name in ["000000000000.svg", &id, &format!("{id}.png"), "%ff.svg"] {
        let answer = badge(&fixture, name).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
        assert!(answer.text.contains(">not listed<"), "{name}: {}", answer.text);
    }
    for query in ["show=latency", "style=plastic", "size=1"] {
        let answer = badge(&fixture, &format!("{id}.svg?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn a_page_is_not_sent_the_picture_that_it_has() {
    let fixture = Fixture::empty().await;
    let id = fixture.list(facts("a", Protocol::L402, "A")).await;
    let path = format!("/badge/{id}.svg");
    let tag = fixture.feed(&path, NO_HEADER).await.header("etag").to_owned();
    let again = fixture.feed(&path, ("if-none-match", &tag)).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    check(&fixture, &id, HealthStatus::Down, 0).await;
    let changed = fixture.feed(&path, ("if-none-match", &tag)).await;
    assert_eq!(changed.status, StatusCode::OK);
}
