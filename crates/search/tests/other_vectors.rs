//! A search by the vectors of another model than our own.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use farebox_search::{Document, Embedding, Engine, Order, Query, Request, Tier, VectorIndex};

const TOPICS: [&str; 4] =
    ["weather forecast", "speech to text", "currency exchange", "image resizing"];

/// What the documents are about is known to the other model by their number.
fn other(topic: usize, number: usize) -> Embedding {
    let mut values = vec![1.0; 8];
    values[topic] += 2.0;
    values[4 + number % 4] += 0.2;
    Embedding::new(values).unwrap()
}

fn engine(count: usize) -> (Engine, Vec<String>) {
    let names: Vec<String> =
        (0..count).map(|number| format!("{} {number}", TOPICS[number % 4])).collect();
    let document = |name| Document { name, ..Document::default() };
    let engine = Engine::build(names.iter().map(|name| (document(name.as_str()), 0)));
    (engine, names)
}

fn found(engine: &Engine, text: &str, embedding: Option<&Embedding>) -> Vec<u32> {
    let (query, order) = (Query::parse(text), Order::of((0..engine.len()).collect()));
    let request = Request { embedding, ..Request::new(&query, &order, 200) };
    let hits = engine.search(&request).hits;
    assert!(hits.iter().all(|hit| hit.tier == Tier::Similar));
    hits.into_iter().map(|hit| hit.position).collect()
}

#[test]
fn documents_are_found_by_the_other_model_s_vectors_where_the_query_has_one() {
    let (engine, _) = engine(400);
    let others = VectorIndex::build((0..400).map(|number| Some(other(number % 4, number))));
    let engine = engine.with_vectors(others);
    // Words that our own model does not know, and the other does.
    let about_speech = other(1, 0);
    let hits = found(&engine, "qxzvk wprtl", Some(&about_speech));
    assert!(!hits.is_empty() && hits.iter().all(|position| position % 4 == 1), "{hits:?}");
    assert_eq!(found(&engine, "qxzvk wprtl", None), [0_u32; 0]);
}

#[test]
fn cosines_that_are_all_high_do_not_make_everything_alike() {
    let (engine, _) = engine(400);
    // As some models have it: unrelated texts at 0.97.
    let near = |number: usize| {
        let mut values = vec![10.0; 8];
        values[number % 4] += 5.0;
        values[4 + number / 4 % 4] += 0.5;
        Some(Embedding::new(values).unwrap())
    };
    let engine = engine.with_vectors(VectorIndex::build((0..400).map(near)));
    let hits = found(&engine, "qxzvk wprtl", near(2).as_ref());
    assert!(!hits.is_empty() && hits.iter().all(|position| position % 4 == 2), "{hits:?}");
}

#[test]
fn without_such_vectors_or_with_too_few_of_them_nothing_breaks() {
    let (engine, _) = engine(40);
    let query = other(1, 0);
    let plain = found(&engine, "audio transcription", None);
    assert!(!plain.is_empty());
    assert_eq!(found(&engine, "audio transcription", Some(&query)), plain, "there are no others");
    for vectors in [VectorIndex::build([]), VectorIndex::build((0..40).map(|_| None))] {
        assert!(found(&engine.with_vectors(vectors), "qxzvk", Some(&query)).is_empty());
    }
}
