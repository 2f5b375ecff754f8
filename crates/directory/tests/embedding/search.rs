//! What a search answers while the service is well, and while it is not.

use crate::double::{Double, Manner};
use axum::body::Body;
use farebox_directory::embedding::DocumentVectors;
use farebox_directory::{Clock, Directory, ListingFacts, Protocol, Semantics, routes, schema};
use farebox_store::{Store, schema as services_schema};
use http::Request;
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;
use tower::ServiceExt;

struct Answer {
    degraded: Option<String>,
    names: Vec<String>,
}

async fn search(directory: &Directory, query: &str) -> Answer {
    let (router, _) = routes(directory.clone()).split_for_parts();
    let uri = format!("/api/v1/services?q={}", query.replace(' ', "+"));
    let request = Request::get(uri).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert!(response.status().is_success());
    let degraded = response.headers().get("x-402index-search-degraded");
    let degraded = degraded.map(|reason| reason.to_str().unwrap().to_owned());
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let rows = body["services"].as_array().unwrap();
    let names = rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
    Answer { degraded, names }
}

async fn list(directory: &Directory, path: &str, name: &str) {
    let url = format!("https://api.example.com/{path}");
    let facts = ListingFacts::new(&url, Some("GET"), Protocol::L402, name);
    directory.upsert_listing(facts, Timestamp::UNIX_EPOCH).await.unwrap();
}

#[tokio::test]
async fn a_search_goes_by_the_services_vectors_and_says_when_it_does_not() {
    let database = farebox_testing::sqlite();
    let schemas = vec![services_schema(), schema()];
    let store = Store::open(database.location.clone(), schemas).await.unwrap();
    let double = Double::start().await;
    let (embedder, _) = double.embedder();
    let vectors = DocumentVectors::new(store.clone(), embedder.clone(), Clock::default());
    let directory = Directory::open(store, None).await.unwrap();
    let directory = directory.with_semantics(Semantics { embedder, vectors: vectors.clone() });
    list(&directory, "a", "Sky 333333").await;
    list(&directory, "b", "Sea 777777").await;

    // The double counts digits: nobody else would find the second by this.
    let asked = "7 7 7 7 7 7";
    let early = search(&directory, asked).await;
    assert_eq!(early.degraded.as_deref(), Some("vec-deadline"));

    let texts = directory.clone();
    let running =
        tokio::spawn(vectors.clone().run("here".to_owned(), move |seen| texts.texts(seen)));
    let complete = async {
        while !vectors.is_complete() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), complete).await.unwrap();
    directory.refresh().await.unwrap();
    let found = search(&directory, asked).await;
    assert_eq!(found.degraded, None);
    assert_eq!(found.names.first().map(String::as_str), Some("Sea 777777"), "{:?}", found.names);

    double.is(Manner::Status(500));
    let failed = search(&directory, "another query").await;
    assert_eq!(failed.degraded.as_deref(), Some("embed-error"));
    let listed = search(&directory, "").await;
    assert_eq!((listed.degraded, listed.names.len()), (None, 2), "nothing was searched for");
    running.abort();
}
