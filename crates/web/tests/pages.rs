//! The pages as a browser gets them.

#![cfg(test)]

use axum::body::Body;
use farebox_directory::{Check, Directory, HealthStatus, ListingFacts, Outcome, Protocol};
use farebox_money::{BtcUsd, MicroUsd, Sats};
use farebox_testing::TestDatabase;
use farebox_web::PageSettings;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use jiff::Timestamp;
use tower::ServiceExt;

struct Site {
    directory: Directory,
    _database: TestDatabase,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Site {
    async fn open() -> Self {
        let database = farebox_testing::database();
        let store = database.open(|| vec![farebox_directory::schema()]).await;
        let rate = BtcUsd::new(MicroUsd::new(100_000_000_000));
        let directory = Directory::open(store, rate).await.unwrap();
        Self { directory, _database: database }
    }

    async fn list(&self, facts: ListingFacts) -> String {
        self.directory.upsert_listing(facts, Timestamp::UNIX_EPOCH).await.unwrap()
    }

    async fn get(&self, path: &str) -> Answer {
        let settings = PageSettings { public_url: "https://d.example/".to_owned(), demo: true };
        let routes = axum::Router::from(farebox_web::routes(self.directory.clone(), settings));
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (parts, body) = routes.oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

fn facts(path: &str, name: &str) -> ListingFacts {
    let url = format!("https://api.example.com/{path}");
    ListingFacts::new(&url, Some("GET"), Protocol::L402, name)
}

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u{202e}txet";

fn hostile() -> ListingFacts {
    ListingFacts {
        url: "https://api.example.com/'\"><script>alert(1)</script>".to_owned(),
        description: HOSTILE.to_owned(),
        provider: HOSTILE.to_owned(),
        category: HOSTILE.to_owned(),
        tags: vec![HOSTILE.to_owned()],
        price_note: Some(HOSTILE.to_owned()),
        payment_asset: Some(HOSTILE.to_owned()),
        payment_network: Some(HOSTILE.to_owned()),
        probe_body: Some("{\"a\":\"</code><script>'\"}".to_owned()),
        source: HOSTILE.to_owned(),
        source_ref: Some(HOSTILE.to_owned()),
        licence: Some(HOSTILE.to_owned()),
        method: Some("POST".to_owned()),
        ..facts("x", HOSTILE)
    }
}

#[tokio::test]
async fn hostile_text_of_a_listing_stays_text() {
    let site = Site::open().await;
    let id = site.list(hostile()).await;
    let check = Check {
        error_message: Some(HOSTILE.to_owned()),
        ..Check::new(Timestamp::UNIX_EPOCH, HealthStatus::Degraded, Outcome::NotPayable)
    };
    site.directory.record_check(&id, check).await.unwrap();
    for path in [format!("/service/{id}"), "/".to_owned(), "/?q=script".to_owned()] {
        let page = site.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("&lt;script&gt;alert(1)"), "{path}: the text is not shown");
        assert_eq!(page.text.matches("<script").count(), 1, "{path}: a script came in");
        for harm in ["<img src=x", "onerror=alert(1)>", "\u{202e}"] {
            assert!(!page.text.contains(harm), "{path} holds {harm:?}");
        }
    }
}

#[tokio::test]
async fn hostile_parameters_stay_text() {
    let site = Site::open().await;
    let query = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    for path in [format!("/?q={query}"), format!("/?{query}=1"), format!("/?protocol={query}")] {
        let page = site.get(&path).await;
        assert_eq!(page.text.matches("<script").count(), 1, "{path}");
    }
}

#[tokio::test]
async fn every_page_allows_nothing_but_its_own_files() {
    let site = Site::open().await;
    let id = site.list(facts("x", "X")).await;
    for path in ["/", "/?limit=x", "/nothing", "/service/nothing", &format!("/service/{id}")] {
        let page = site.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        for inline in [" style=", "<style", " onclick=", "javascript:"] {
            assert!(!page.text.contains(inline), "{path} holds {inline}");
        }
    }
}

#[tokio::test]
async fn searching_works_without_javascript() {
    let site = Site::open().await;
    site.list(facts("rain", "Rain radar")).await;
    site.list(facts("sun", "Sunshine")).await;
    let start = site.get("/").await;
    assert!(start.text.contains("<form class=\"search\" action=\"/\" method=\"get\""));
    // What a browser sends when only the search is filled in.
    let sent = "/?q=radar&protocol=&health=&category=&max_price_usd=&sort=";
    let found = site.get(sent).await;
    assert_eq!(found.status, StatusCode::OK);
    assert!(found.text.contains("Rain radar") && !found.text.contains("Sunshine"));
    assert!(found.text.contains("value=\"radar\""), "the form forgot the search");
}

#[tokio::test]
async fn the_listing_page_has_the_command_that_buys() {
    let site = Site::open().await;
    let summary = ListingFacts {
        method: Some("POST".to_owned()),
        price_sats: Some(Sats::new(7)),
        probe_body: Some(r#"{"text":"it's"}"#.to_owned()),
        ..facts("summary", "Summary")
    };
    let id = site.list(summary).await;
    let page = site.get(&format!("/service/{id}")).await;
    let command = "farebox get -X POST -d '{&quot;text&quot;:&quot;it'\\''s&quot;}' \
                   --max-cost 7 'https://api.example.com/summary'";
    assert!(page.text.contains(command), "{}", page.text);
    assert!(page.text.contains("7 sats") && page.text.contains("about $0.007"));
    assert!(page.text.contains("rel=\"noreferrer nofollow\""));
}

#[tokio::test]
async fn pages_follow_each_other_and_keep_the_filters() {
    let site = Site::open().await;
    for number in 0..30 {
        site.list(facts(&number.to_string(), &format!("Number {number:02}"))).await;
    }
    let first = site.get("/?protocol=l402&health=").await;
    assert!(first.text.contains("href=\"/?protocol=l402&amp;page=2\""), "{}", first.text);
    assert!(first.text.contains("Number 00") && !first.text.contains("Number 24"));
    let second = site.get("/?protocol=l402&page=2").await;
    assert!(second.text.contains("href=\"/?protocol=l402\""));
    assert!(second.text.contains("Number 24") && !second.text.contains("Number 00"));
    let beyond = site.get("/?page=9").await;
    assert!(beyond.text.contains("There is nothing on this page"));
}

#[tokio::test]
async fn wrong_parameters_are_explained_to_people() {
    let site = Site::open().await;
    let page = site.get("/?healht=up&max_price_usd=cheap&page=0").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for words in ["did you mean health?", "max_price_usd must be", "page must be"] {
        assert!(page.text.contains(words), "{words}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_readers_form() {
    let site = Site::open().await;
    for path in ["/service/nothing", "/nothing", "/assets"] {
        let page = site.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(page.text.contains("Search the directory"), "{path}");
    }
    let api = site.get("/api/v1/nothing").await;
    assert_eq!(api.status, StatusCode::NOT_FOUND);
    assert!(api.text.starts_with("{\"error\":{\"code\":\"not_found\""), "{}", api.text);
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_the_name_of_their_content() {
    let site = Site::open().await;
    let page = site.get("/").await.text;
    let start = page.find("/assets/farebox-").unwrap();
    let path = &page[start..start + page[start..].find('"').unwrap()];
    let style = site.get(path).await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.header("cache-control").contains("immutable"));
    let other = site.get("/assets/farebox-000000000000.css").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}
