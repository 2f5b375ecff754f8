//! The vector of a query, or the reason why there is none.

use crate::double::{DIMENSIONS, Double, Manner, vector};
use farebox_directory::embedding::{
    ApiKey, DEGRADED_HEADER, Degraded, Embedder, EmbedderOptions, ProviderUrl,
};
use farebox_search::Embedding;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn a_query_is_asked_for_as_the_wire_has_it_and_remembered() {
    let double = Double::start().await;
    let options = EmbedderOptions { dimensions: Some(DIMENSIONS), ..double.options() };
    let embedder = Embedder::new(&options).unwrap();
    assert_eq!(embedder.space().as_deref(), Some("text-model@12"));
    let found = embedder.query("  Weather\tin LISBON ").await.unwrap();
    let expected = Embedding::new(vector("weather in lisbon", DIMENSIONS)).unwrap();
    assert!(found.cosine(&expected) > 0.999_99);
    let again = embedder.query("weather in  lisbon").await.unwrap();
    assert_eq!(again, found);

    let [request] = double.requests().try_into().unwrap();
    let expected = json!({
        "model": "text-model", "input": ["weather in lisbon"], "encoding_format": "float",
        "dimensions": DIMENSIONS,
    });
    assert_eq!(request.body, expected);
    assert_eq!(request.authorization.as_deref(), Some("Bearer sk-test"));
    let stats = embedder.stats();
    assert_eq!((stats.answered, stats.failed, stats.remembered, stats.degraded), (1, 0, 1, 0));
}

#[tokio::test]
async fn without_a_number_of_dimensions_none_is_asked_for_and_the_first_answer_s_counts() {
    let double = Double::start().await;
    let options = EmbedderOptions { api_key: ApiKey::NotNeeded, ..double.options() };
    let embedder = Embedder::new(&options).unwrap();
    assert_eq!(embedder.space(), None);
    assert_eq!(embedder.query("one").await.unwrap().dimensions(), DIMENSIONS);
    assert_eq!(embedder.space().as_deref(), Some("text-model@12"));
    assert_eq!(double.requests()[0].body.get("dimensions"), None);
    assert_eq!(double.requests()[0].authorization, None);
    double.is(Manner::Dimensions(13));
    assert_eq!(embedder.query("two").await, Err(Degraded::Failed));
}

#[tokio::test]
async fn who_asks_for_the_same_at_the_same_time_shares_one_request() {
    let double = Double::start().await;
    double.is(Manner::Slow(Duration::from_millis(200)));
    let (embedder, _) = double.embedder();
    let all = (0..50).map(|_| embedder.query("the same"));
    let found = futures_util::future::join_all(all).await;
    assert!(found.iter().all(|one| one.is_ok() && *one == found[0]));
    assert_eq!(double.asked(), 1);
}

#[tokio::test]
async fn a_key_that_is_not_there_or_refused_is_named() {
    let double = Double::start().await;
    let options = EmbedderOptions { api_key: ApiKey::read(""), ..double.options() };
    let embedder = Embedder::new(&options).unwrap();
    assert_eq!(embedder.query("q").await, Err(Degraded::NoApiKey));
    assert_eq!(double.asked(), 0, "nobody is asked without the key that there should be");
    for status in [401, 403] {
        double.is(Manner::Status(status));
        assert_eq!(double.embedder().0.query("q").await, Err(Degraded::NoApiKey));
    }
}

#[tokio::test]
async fn a_service_that_hangs_is_waited_for_only_so_long() {
    let double = Double::start().await;
    double.is(Manner::Hang);
    let options = EmbedderOptions { timeout: Duration::from_millis(100), ..double.options() };
    let embedder = Embedder::with_clock(&options, || 0).unwrap();
    for number in 0..5 {
        assert_eq!(embedder.query(&format!("query {number}")).await, Err(Degraded::Timeout));
    }
    // Whoever waited may be told a moment before the breaker is.
    tokio::time::timeout(Duration::from_secs(10), async {
        while embedder.query("one more").await != Err(Degraded::CircuitOpen) {}
    })
    .await
    .unwrap();
    let asked = double.asked();
    assert_eq!(embedder.query("another").await, Err(Degraded::CircuitOpen));
    assert_eq!(double.asked(), asked, "it is left alone");
}

#[tokio::test]
async fn too_many_different_queries_at_once_are_not_all_asked() {
    let double = Double::start().await;
    double.is(Manner::Hang);
    let options = EmbedderOptions { timeout: Duration::from_secs(1), ..double.options() };
    let embedder = Embedder::new(&options).unwrap();
    let all = (0..200).map(|number| {
        let embedder = embedder.clone();
        async move { embedder.query(&format!("query {number}")).await }
    });
    let found = futures_util::future::join_all(all).await;
    let count = |reason| found.iter().filter(|found| **found == Err(reason)).count();
    assert_eq!((count(Degraded::Timeout), count(Degraded::CircuitOpen)), (32, 168));
    assert!(double.asked() <= 32);
}

#[tokio::test]
async fn whatever_is_no_vector_is_an_error_that_is_not_remembered() {
    let double = Double::start().await;
    let nan = format!(r#"{{"data":[{{"embedding":[NaN{}]}}]}}"#, ",1".repeat(DIMENSIONS - 1));
    let infinite = nan.replace("NaN", "1e300");
    let zero = nan.replace("NaN", "0").replace(",1", ",0");
    for manner in [
        Manner::Status(500),
        Manner::Status(302),
        Manner::Status(404),
        Manner::Status(400),
        Manner::Body("<html>".to_owned()),
        Manner::Body(r#"{"error":{"message":"no"}}"#.to_owned()),
        Manner::Body("[".repeat(50_000)),
        Manner::Body(nan),
        Manner::Body(infinite),
        Manner::Body(zero),
        Manner::Dimensions(DIMENSIONS + 1),
        Manner::Dimensions(0),
        Manner::Endless,
    ] {
        let options = EmbedderOptions { dimensions: Some(DIMENSIONS), ..double.options() };
        let embedder = Embedder::new(&options).unwrap();
        double.is(manner.clone());
        assert_eq!(embedder.query("q").await, Err(Degraded::Failed), "{manner:?}");
        double.is(Manner::Well);
        assert!(embedder.query("q").await.is_ok(), "after {manner:?}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_an_error() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = ProviderUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let options = EmbedderOptions { url, ..Double::start().await.options() };
    assert_eq!(Embedder::new(&options).unwrap().query("q").await, Err(Degraded::Failed));
}

#[tokio::test]
async fn a_service_that_fails_is_left_alone_and_tried_again_later() {
    let double = Double::start().await;
    double.is(Manner::Status(500));
    let (embedder, time_ms) = double.embedder();
    for number in 0..5 {
        assert_eq!(embedder.query(&format!("query {number}")).await, Err(Degraded::Failed));
    }
    double.is(Manner::Well);
    assert_eq!(embedder.query("q").await, Err(Degraded::CircuitOpen));
    assert_eq!(double.asked(), 5);
    time_ms.store(5_000, Ordering::SeqCst);
    assert!(embedder.query("q").await.is_ok());
    assert!(embedder.query("another").await.is_ok());
    assert_eq!(embedder.stats().degraded, 6);
}

#[tokio::test]
async fn a_service_that_says_when_to_come_back_is_left_alone_until_then() {
    let double = Double::start().await;
    double.is(Manner::Busy(60));
    let (embedder, time_ms) = double.embedder();
    assert_eq!(embedder.query("q").await, Err(Degraded::Failed));
    double.is(Manner::Well);
    time_ms.store(59_999, Ordering::SeqCst);
    assert_eq!(embedder.query("q").await, Err(Degraded::CircuitOpen));
    time_ms.store(60_000, Ordering::SeqCst);
    assert!(embedder.query("q").await.is_ok());
}

#[tokio::test]
async fn what_is_remembered_needs_no_service() {
    let double = Double::start().await;
    let (embedder, _) = double.embedder();
    let found = embedder.query("weather").await.unwrap();
    double.is(Manner::Status(500));
    for number in 0..6 {
        let _ = embedder.query(&format!("query {number}")).await;
    }
    assert_eq!(embedder.query("new").await, Err(Degraded::CircuitOpen));
    assert_eq!(embedder.query("weather").await, Ok(found));
}

#[tokio::test]
async fn nothing_is_asked_for_an_empty_query_and_little_for_a_long_one() {
    let double = Double::start().await;
    let (embedder, _) = double.embedder();
    assert_eq!(embedder.query(" \n ").await, Err(Degraded::Failed));
    assert_eq!(double.asked(), 0);
    embedder.query(&"\u{130}".repeat(10_000)).await.unwrap();
    let text = double.requests()[0].body["input"][0].as_str().unwrap().to_owned();
    assert_eq!(text.chars().count(), 500);
}

#[test]
fn the_reasons_are_the_reference_s() {
    let codes: Vec<&str> = Degraded::ALL.into_iter().map(Degraded::code).collect();
    assert_eq!(
        codes,
        ["no-api-key", "embed-timeout", "embed-error", "circuit-open", "vec-deadline"]
    );
    assert_eq!(DEGRADED_HEADER, "X-402index-Search-Degraded");
}
