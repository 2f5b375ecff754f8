//! Lists are brought in: what is new, what changes, what stays, and what is refused and why.

use crate::common::{Fixture, facts, now};
use axum::Router;
use axum::body::Body;
use axum::response::Redirect;
use axum::routing::get;
use farebox_directory::import::formats::Format;
use farebox_directory::import::{
    FetchError, FetchOptions, IMPORT_PATH, Import, Report, admin_routes, past_runs,
};
use farebox_directory::{Admin, AdminSecret, Listing, Protocol, Trust, events_after};
use farebox_net::{AddressPolicy, DnsResolver, GuardOptions, GuardedClient};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use ipnet::IpNet;
use serde_json::{Value, json};
use std::io::{Cursor, Error, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;
use tower::ServiceExt;
use url::Url;

fn import(source: &str, format: Format) -> Import {
    Import { source: source.to_owned(), format, document: None, trust: None, dry_run: false }
}

async fn bring(fixture: &Fixture, import: Import, list: impl ToString) -> Report {
    let input = Cursor::new(list.to_string());
    fixture.directory.import(import, input, |_| {}).await.unwrap()
}

fn row(path: &str, name: &str, price_usd: &str) -> Value {
    json!({"url": format!("https://api.example.com/{path}"), "http_method": "GET",
        "protocol": "x402", "name": name, "price_usd": price_usd})
}

fn lines(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

fn listing(fixture: &Fixture, path: &str) -> Listing {
    let snapshot = fixture.directory.snapshot();
    let url = format!("https://api.example.com/{path}");
    let found = snapshot.listings().find(|listing| listing.canonical_url == url);
    found.unwrap_or_else(|| panic!("{url} is not listed")).clone()
}

fn counts(report: &Report) -> (u64, u64, u64, u64, u64) {
    let Report { added, changed, unchanged, .. } = *report;
    (added, changed, unchanged, report.kept_count(), report.refused_count())
}

async fn events(fixture: &Fixture) -> Vec<&'static str> {
    let read = |transaction: &farebox_store::Transaction<'_>| events_after(transaction, 0, 10_000);
    let events = fixture.directory.store().read(read).await.unwrap();
    events.iter().map(|event| event.kind.name()).collect()
}

#[tokio::test]
async fn a_list_is_brought_in_and_again_changes_nothing() {
    let fixture = Fixture::empty().await;
    let list = lines(&[row("a", "A", "0.01"), row("b", "B", "0.02"), json!({"name": "C"})]);
    let report = bring(&fixture, import("other", Format::Jsonl), &list).await;
    assert_eq!(counts(&report), (2, 0, 0, 0, 1));
    let refused = report.refused_rows.first().unwrap();
    assert_eq!((refused.position, refused.reason.as_str()), (3, "names no URL"));
    assert_eq!(report.refused, [("no_url".to_owned(), 1)].into());
    assert_eq!(report.incomplete, None);
    assert_eq!(fixture.names("source=other&sort=name").await, ["A", "B"]);
    assert_eq!(events(&fixture).await, ["service.new", "service.new"]);

    let again = bring(&fixture, import("other", Format::Jsonl), &list).await;
    assert_eq!(counts(&again), (0, 0, 2, 0, 1));
    // A source that does not name a listing any more does not take it out.
    let less = lines(&[row("a", "A", "0.03")]);
    let less = bring(&fixture, import("other", Format::Jsonl), &less).await;
    assert_eq!(counts(&less), (0, 1, 0, 0, 0));
    assert_eq!(fixture.names("sort=name").await, ["A", "B"]);
    assert_eq!(events(&fixture).await.last(), Some(&"service.price_changed"));
}

#[tokio::test]
async fn what_an_owner_says_outlives_every_aggregator() {
    let fixture = Fixture::empty().await;
    bring(&fixture, import("bazaar", Format::Jsonl), lines(&[row("a", "A", "0.01")])).await;
    let id = listing(&fixture, "a").id;
    let edited = id.clone();
    let edit = move |change: &farebox_directory::Change<'_>| {
        let before = change.find(&edited)?.unwrap();
        let mut after = before.clone();
        after.facts.name = "The owner's".to_owned();
        let mut provenance: Value = serde_json::from_str(&after.provenance).unwrap();
        provenance["name"] = json!({"source": "owner", "at": change.now()});
        after.provenance = provenance.to_string().into();
        change.put(Some(&before), &after)
    };
    fixture.directory.change::<_, farebox_store::StoreError, _>(edit).await.unwrap();
    for (source, trust) in
        [("bazaar", None), ("mpp", Some(Trust::Registry)), ("me", Some(Trust::Admin))]
    {
        let import = Import { trust, ..import(source, Format::Jsonl) };
        bring(&fixture, import, lines(&[row("a", "Theirs", "0.09")])).await;
    }
    let listing = listing(&fixture, "a");
    assert_eq!(listing.id, id);
    assert_eq!(listing.facts.name, "The owner's");
    // What the owner did not say is of whom is believed most.
    assert_eq!(listing.facts.price_usd.unwrap().to_string(), "0.09");
    assert_eq!(listing.facts.source, "bazaar,mpp,me");
    // It is so after a restart too.
    let fixture = fixture.reopened().await;
    assert_eq!(crate::imports::listing(&fixture, "a").facts.name, "The owner's");
}

#[tokio::test]
async fn what_was_registered_here_is_not_replaced_by_a_list() {
    let fixture = Fixture::empty().await;
    fixture.list(facts("a", Protocol::X402, "Registered")).await;
    let report =
        bring(&fixture, import("bazaar", Format::Jsonl), lines(&[row("a", "Theirs", "0.01")]))
            .await;
    assert_eq!(counts(&report), (0, 1, 0, 0, 0));
    let listing = listing(&fixture, "a");
    assert_eq!(listing.facts.name, "Registered");
    assert_eq!(listing.facts.price_usd.unwrap().to_string(), "0.01", "a gap is filled");
}

#[tokio::test]
async fn a_deleted_listing_stays_deleted() {
    let fixture = Fixture::empty().await;
    let list = lines(&[row("a", "A", "0.01")]);
    bring(&fixture, import("bazaar", Format::Jsonl), &list).await;
    let id = listing(&fixture, "a").id;
    let delete = move |change: &farebox_directory::Change<'_>| {
        let before = change.find(&id)?.unwrap();
        let status = farebox_directory::ListingStatus::Deleted;
        change.put(Some(&before), &Listing { status, ..before.clone() })
    };
    fixture.directory.change::<_, farebox_store::StoreError, _>(delete).await.unwrap();
    let report = bring(&fixture, import("bazaar", Format::Jsonl), &list).await;
    assert_eq!(counts(&report), (0, 0, 0, 1, 0));
    assert_eq!(report.kept, [("was deleted".to_owned(), 1)].into());
    assert!(fixture.directory.snapshot().is_empty());
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let fixture = Fixture::empty().await;
    let twice = lines(&[row("a", "A", "0.01"), row("a", "A", "0.01"), row("b", "B", "0.01")]);
    let dry = Import { dry_run: true, ..import("other", Format::Jsonl) };
    let report = bring(&fixture, dry, &twice).await;
    assert_eq!(counts(&report), (2, 0, 1, 0, 0));
    assert!(fixture.directory.snapshot().is_empty());
    assert_eq!(events(&fixture).await, [""; 0]);
    let runs = fixture.directory.store().read(|store| past_runs(store, None, 10)).await.unwrap();
    assert_eq!(runs, []);
    let report = bring(&fixture, import("other", Format::Jsonl), &twice).await;
    assert_eq!(counts(&report), (2, 0, 1, 0, 0));
}

#[tokio::test]
async fn a_method_that_nobody_named_is_filled_in() {
    let fixture = Fixture::empty().await;
    let mut nameless = row("a", "A", "0.01");
    nameless.as_object_mut().unwrap().remove("http_method");
    bring(&fixture, import("one", Format::Jsonl), lines(&[nameless.clone()])).await;
    let before = listing(&fixture, "a");
    assert_eq!(before.facts.method, None);
    let mut post = row("a", "Another", "0.01");
    post["http_method"] = json!("POST");
    let both = lines(&[row("a", "A", "0.01"), post]);
    let report = bring(&fixture, import("two", Format::Jsonl), &both).await;
    assert_eq!(counts(&report), (1, 1, 0, 0, 0));
    let fixture = fixture.reopened().await;
    let snapshot = fixture.directory.snapshot();
    let after = snapshot.get(&before.id).unwrap().listing();
    assert_eq!(after.facts.method.as_deref(), Some("GET"));
    let report = bring(&fixture, import("one", Format::Jsonl), lines(&[nameless])).await;
    assert_eq!(counts(&report), (0, 0, 1, 0, 0));
    assert_eq!(fixture.directory.snapshot().len(), 2);
}

#[tokio::test]
async fn a_seller_s_document_corrects_an_aggregator_on_its_own_host_only() {
    let fixture = Fixture::empty().await;
    let mut elsewhere = row("", "B", "0.01");
    elsewhere["url"] = json!("https://other.example.com/b");
    bring(&fixture, import("bazaar", Format::Jsonl), lines(&[row("a", "A", "0.01"), elsewhere]))
        .await;
    let document = json!({"name": "The seller", "endpoints": [
        {"path": "/a", "method": "GET", "name": "Its own", "price": "$0.05"},
        {"url": "https://other.example.com/b", "method": "GET", "name": "Not its own", "price": "$9"},
    ]});
    let url = Url::parse("https://api.example.com/.well-known/x402").unwrap();
    let well_known = Import { document: Some(url), ..import("well-known", Format::WellKnown) };
    bring(&fixture, well_known, document).await;
    assert_eq!(fixture.names("sort=name").await, ["B", "Its own"]);
}

#[tokio::test]
async fn runs_are_written_down_with_their_counts() {
    let fixture = Fixture::empty().await;
    let url = Url::parse("https://list.example/x.jsonl?key=secret").unwrap();
    let from = Import { document: Some(url), ..import("other", Format::Jsonl) };
    bring(&fixture, from, lines(&[row("a", "A", "0.01"), json!({})])).await;
    // A list that breaks off keeps what came before.
    let broken = format!("[{},{}", row("b", "B", "0.01"), r#"{"url": "#);
    let report = bring(&fixture, import("broken", Format::Services), broken).await;
    assert_eq!((report.added, report.incomplete.is_some()), (1, true));
    let runs = fixture.directory.store().read(|store| past_runs(store, None, 10)).await.unwrap();
    let [broken, other] = runs.try_into().unwrap();
    assert_eq!((other.added, other.refused, other.error.as_deref()), (1, 1, None));
    assert_eq!(other.origin.as_deref(), Some("https://list.example/x.jsonl"));
    assert!(other.finished_at.is_some());
    assert!(broken.error.unwrap().contains("ends in the middle"));
    let named = |store: &farebox_store::Transaction<'_>| past_runs(store, Some("other"), 10);
    assert_eq!(fixture.directory.store().read(named).await.unwrap(), [other]);
}

#[tokio::test]
async fn input_that_fails_keeps_what_came_before() {
    struct Failing(Cursor<String>);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(Error::other("the line went dead")),
                len => Ok(len),
            }
        }
    }
    let fixture = Fixture::empty().await;
    let input = Failing(Cursor::new(lines(&[row("a", "A", "0.01")])));
    let from = import("other", Format::Jsonl);
    let report = fixture.directory.import(from, input, |_| {}).await.unwrap();
    assert_eq!(report.added, 1);
    assert!(report.incomplete.unwrap().contains("the line went dead"));
}

#[tokio::test]
async fn many_batches_are_told_of_as_they_are_written() {
    let fixture = Fixture::empty().await;
    let rows: Vec<Value> = (0..2_500).map(|n| row(&format!("x{n}"), "A", "0.01")).collect();
    let seen = AtomicU64::new(0);
    let note = |report: &Report| seen.store(report.added, Ordering::Relaxed);
    let input = Cursor::new(lines(&rows));
    let report = fixture.directory.import(import("o", Format::Jsonl), input, note).await.unwrap();
    assert_eq!((report.added, seen.into_inner()), (2_500, 2_500));
    assert_eq!(fixture.directory.snapshot().len(), 2_500);
    assert!(
        listing(&fixture, "x7").registered_at > now() - jiff::SignedDuration::from_hours(1_000_000)
    );
}

/// A client that may go to this machine, for servers of these tests.
fn client(networks: &[&str]) -> GuardedClient {
    let networks: Vec<IpNet> = networks.iter().map(|text| text.parse().unwrap()).collect();
    let seconds = std::time::Duration::from_secs(20);
    GuardedClient::new(GuardOptions {
        user_agent: "farebox-test".to_owned(),
        connect_timeout: seconds,
        total_timeout: seconds,
        addresses: AddressPolicy::and_networks(networks),
        resolver: Arc::new(DnsResolver::system().unwrap()),
        certificate: None,
    })
    .unwrap()
}

/// A server for one test; ends with its task.
async fn serve(router: Router) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

#[tokio::test]
async fn another_directory_is_read_page_by_page() {
    let other = Fixture::empty().await;
    let rows: Vec<Value> = (0..450).map(|n| row(&format!("x{n}"), "A", "0.01")).collect();
    bring(&other, import("bazaar", Format::Jsonl), lines(&rows)).await;
    let url = serve(farebox_directory::routes(other.directory.clone()).into()).await;
    let list = url.join("/api/v1/services?limit=3&protocol=x402").unwrap();
    let fixture = Fixture::empty().await;
    let options = FetchOptions { source: Some("other".to_owned()), ..FetchOptions::default() };
    let (client, directory) = (client(&["127.0.0.0/8"]), &fixture.directory);
    let report = directory.import_from(&client, &list, None, &options, |_| {}).await.unwrap();
    assert_eq!(counts(&report), (450, 0, 0, 0, 0));
    assert_eq!((report.source.as_str(), report.format.as_str()), ("other", "farebox"));
    assert_eq!(fixture.directory.snapshot().len(), 450);
}

#[tokio::test]
async fn a_server_that_sends_one_page_for_ever_is_read_once() {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let page = json!({"items": [{"resource": "https://a.example/x", "accepts": [{"network": "base",
        "asset": "USDC", "amount": "100"}]}], "pagination": {}});
    let answer = move || {
        count.fetch_add(1, Ordering::Relaxed);
        std::future::ready(axum::Json(page.clone()))
    };
    let url = serve(Router::new().route("/", get(answer))).await;
    let fixture = Fixture::empty().await;
    let (client, options) = (client(&["127.0.0.0/8"]), FetchOptions::default());
    let format = Some(Format::Bazaar);
    let report = fixture.directory.import_from(&client, &url, format, &options, |_| {}).await;
    assert_eq!(counts(&report.unwrap()), (1, 0, 0, 0, 0));
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn no_list_is_fetched_from_where_the_guard_refuses() {
    let fixture = Fixture::empty().await;
    let (guarded, options) = (client(&[]), FetchOptions::default());
    for text in [
        "http://127.0.0.1:1/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://0x7f000001/",
        "http://localhost/",
        "file:///etc/passwd",
    ] {
        let url = Url::parse(text).unwrap();
        let format = Some(Format::Jsonl);
        let done = fixture.directory.import_from(&guarded, &url, format, &options, |_| {}).await;
        assert!(matches!(done, Err(FetchError::Guard(_))), "{text}: {done:?}");
    }
    // A redirect is judged like a first request.
    let away = || std::future::ready(Redirect::temporary("http://169.254.169.254/latest"));
    let url = serve(Router::new().route("/", get(away))).await;
    let client = client(&["127.0.0.0/8"]);
    let format = Some(Format::Jsonl);
    let done = fixture.directory.import_from(&client, &url, format, &options, |_| {}).await;
    assert!(matches!(done, Err(FetchError::Guard(_))), "{done:?}");
    let runs = fixture.directory.store().read(|store| past_runs(store, None, 20)).await.unwrap();
    assert_eq!(runs.len(), 9);
    assert!(runs.iter().all(|run| run.error.is_some()));
}

#[tokio::test]
async fn an_answer_that_is_no_list_is_named() {
    let fixture = Fixture::empty().await;
    let page = || std::future::ready(axum::response::Html("<!doctype html>"));
    let url = serve(Router::new().route("/page", get(page))).await;
    let (client, options) = (client(&["127.0.0.0/8"]), FetchOptions::default());
    for (path, expected) in [("/page", "cannot tell how"), ("/none", "answered 404")] {
        let url = url.join(path).unwrap();
        let done = fixture.directory.import_from(&client, &url, None, &options, |_| {}).await;
        let error = done.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

async fn post(fixture: &Fixture, query: &str, body: impl Into<Body>) -> (StatusCode, Value) {
    post_as(SECRET, fixture, query, body).await
}

const SECRET: &str = "the secret of the admin";

async fn post_as(
    secret: &str,
    fixture: &Fixture,
    query: &str,
    body: impl Into<Body>,
) -> (StatusCode, Value) {
    let admin = Admin::new(fixture.directory.clone(), AdminSecret::new(SECRET).unwrap());
    let router: Router = admin_routes(admin, client(&["127.0.0.0/8"])).into();
    let request = Request::post(format!("{IMPORT_PATH}?{query}"))
        .header("authorization", format!("Bearer {secret}"))
        .body(body.into())
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_list_is_taken_over_http_while_the_server_runs() {
    let fixture = Fixture::empty().await;
    let list = lines(&[row("a", "A", "0.01"), json!({})]);
    let (status, report) = post(&fixture, "source=mine&dry_run=true", list.clone()).await;
    assert_eq!(
        (status, &report["added"], &report["dry_run"]),
        (StatusCode::OK, &json!(1), &json!(true))
    );
    assert!(fixture.directory.snapshot().is_empty());
    let (status, _) = post_as("another secret", &fixture, "source=mine", list.clone()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(fixture.directory.snapshot().is_empty());
    let (status, report) = post(&fixture, "source=mine&trust=admin", list).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&report["added"], &report["refused"]), (&json!(1), &json!({"no_url": 1})));
    assert_eq!(fixture.names("source=mine").await, ["A"]);
    for (query, body, expected) in [
        ("format=xml", "", (StatusCode::BAD_REQUEST, "invalid_parameter")),
        ("trust=king", "", (StatusCode::BAD_REQUEST, "invalid_parameter")),
        ("colour=red", "", (StatusCode::BAD_REQUEST, "invalid_parameter")),
        ("from=nowhere", "", (StatusCode::BAD_REQUEST, "invalid_parameter")),
        ("from=http://169.254.169.254/", "", (StatusCode::BAD_GATEWAY, "not_fetched")),
        ("", "<html>", (StatusCode::UNPROCESSABLE_ENTITY, "unknown_format")),
    ] {
        let (status, body) = post(&fixture, query, body).await;
        assert_eq!((status, body["error"]["code"].as_str().unwrap()), expected, "{query}");
    }
}

#[tokio::test]
async fn the_first_import_of_a_source_is_in_the_log_and_no_news() {
    let fixture = Fixture::empty().await;
    let (first, second) = (row("a", "First", "0.01"), row("b", "Second", "0.01"));
    let list = || import("bazaar", Format::Jsonl);
    let broken = Broken { rest: Cursor::new(lines(std::slice::from_ref(&first)).into_bytes()) };
    fixture.directory.import(list(), broken, |_| {}).await.unwrap();
    // What broke off is still the first, and so is what another source names first.
    bring(&fixture, list(), lines(&[first.clone(), second.clone()])).await;
    bring(&fixture, import("other", Format::Jsonl), lines(&[row("c", "Third", "0.01")])).await;
    let (changed, new) = (row("a", "First", "0.02"), row("d", "Fourth", "0.01"));
    bring(&fixture, list(), lines(&[changed, second, new])).await;

    let shown = fixture.feed("/api/v1/changes", ("", "")).await.json();
    let shown = shown["events"].as_array().unwrap().iter();
    let shown: Vec<_> = shown
        .map(|event| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&event["kind"]), text(&event["data"]["name"]), event["bulk"].as_bool().unwrap())
        })
        .collect();
    let event = |kind: &str, name: &str, bulk| (kind.to_owned(), name.to_owned(), bulk);
    assert_eq!(
        shown,
        [
            event("service.new", "First", true),
            event("service.new", "Second", true),
            event("service.new", "Third", true),
            event("service.price_changed", "First", false),
            event("service.new", "Fourth", false),
        ]
    );
    let feed = fixture.feed("/feed.xml", ("", "")).await.text;
    let is_in_feed = |name: &str| feed.contains(&format!("<title>{name}</title>"));
    assert!(is_in_feed("Fourth") && !is_in_feed("First") && !is_in_feed("Third"), "{feed}");
    let fixture = fixture.reopened().await;
    assert!(listing(&fixture, "a").came_in_bulk && !listing(&fixture, "d").came_in_bulk);
}

/// A list that breaks off.
struct Broken {
    rest: Cursor<Vec<u8>>,
}

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.rest.read(buffer)? {
            0 => Err(Error::other("broken off")),
            len => Ok(len),
        }
    }
}
