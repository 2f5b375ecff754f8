//! Measures the embedding model and the vector index on this machine: times of the parts, and how
//! many of the 10 and 100 nearest are found. The texts are the names and descriptions of a file of
//! listings (JSON, one per line, on standard input), and for larger numbers words of several of
//! them together.
//!
//! ```sh
//! gzip -dc data/listings.jsonl.gz |
//!   cargo run --release -p farebox-search --example nearest -- 10000 100000
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "an example"
)]

use farebox_search::{BitSet, Embedding, Model, VectorIndex};
use std::hint::black_box;
use std::io::stdin;
use std::time::Instant;

const QUERIES: usize = 200;

fn main() {
    let listings = stdin().lines().map(|line| text_of(&line.unwrap()));
    let listings: Vec<String> = listings.collect();
    embed_all(&listings);
    for count in std::env::args().skip(1) {
        measure(&listings, count.parse().unwrap());
    }
}

fn text_of(line: &str) -> String {
    let listing: serde_json::Value = serde_json::from_str(line).unwrap();
    let field = |name: &str| listing[name].as_str().unwrap_or_default().to_owned();
    format!("{}. {}", field("name"), field("description"))
}

fn embed_all(texts: &[String]) {
    let begun = Instant::now();
    let model = Model::shipped();
    println!("model {} loaded in {:.1} ms", model.id(), begun.elapsed().as_secs_f64() * 1e3);
    let tokens: usize = texts.iter().map(|text| model.tokens(text).len()).sum();
    let per_text = best_of(5, || texts.iter().filter_map(|text| model.embed(text)).count());
    println!(
        "{} texts of {} tokens: {:.2} us each",
        texts.len(),
        tokens / texts.len().max(1),
        per_text / texts.len() as f64 * 1e6,
    );
    let per_query = best_of(5, || {
        (0..10_000).filter_map(|_| model.embed(black_box("weather forecast for tomorrow"))).count()
    });
    println!("a query of 4 words: {:.2} us", per_query / 10_000.0 * 1e6);
}

fn measure(listings: &[String], count: usize) {
    let mut state = 402;
    let texts = (0..count).map(|at| match listings.get(at) {
        Some(text) => text.clone(),
        None => recombined(listings, &mut state),
    });
    let embeddings: Vec<Option<Embedding>> =
        texts.map(|text| Model::shipped().embed(&text)).collect();
    let begun = Instant::now();
    let index = VectorIndex::build(embeddings.iter().cloned());
    let build = begun.elapsed().as_secs_f64();
    println!(
        "\n{count} documents: index built in {build:.2} s, {} bytes each",
        index.memory_len() / count
    );
    let queries: Vec<Embedding> = (0..QUERIES)
        .filter_map(|_| {
            Model::shipped().embed(&words_of(
                &listings[below(&mut state, listings.len())],
                4,
                &mut state,
            ))
        })
        .collect();
    let half = BitSet::of(
        u32::try_from(count).unwrap(),
        (0..u32::try_from(count).unwrap()).filter(|at| at % 2 == 0),
    );
    for (name, filter) in [("all", None), ("half", Some(&half))] {
        let mut times: Vec<f64> = queries
            .iter()
            .map(|query| best_of(3, || index.nearest(query, filter, 0.35, 100).len()))
            .collect();
        times.sort_by(f64::total_cmp);
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        println!(
            "nearest 100 of {name}: mean {:.0} us, p99 {:.0} us, recall {}",
            mean * 1e6,
            times[times.len() * 99 / 100] * 1e6,
            recall(&index, &embeddings, &queries, filter)
        );
    }
}

/// Of the exact nearest, how many are found.
fn recall(
    index: &VectorIndex,
    embeddings: &[Option<Embedding>],
    queries: &[Embedding],
    filter: Option<&BitSet>,
) -> String {
    let mut found_share = [(0, 0), (0, 0)];
    for query in queries.iter().take(50) {
        let mut exact: Vec<(f32, u32)> = (0..)
            .zip(embeddings)
            .filter(|(at, _)| filter.is_none_or(|filter| filter.contains(*at)))
            .filter_map(|(at, embedding)| Some((query.cosine(embedding.as_ref()?), at)))
            .filter(|(cosine, _)| *cosine >= 0.35)
            .collect();
        exact.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (nearest, (hit, of)) in [10, 100].into_iter().zip(&mut found_share) {
            let found = index.nearest(query, filter, 0.35, nearest);
            let last = exact.get(nearest - 1).map_or(0.35, |last| last.0);
            // Of equals, any will do.
            *hit += found
                .iter()
                .filter(|(at, _)| {
                    embeddings[*at as usize]
                        .as_ref()
                        .is_some_and(|e| query.cosine(e) >= last - 1e-4)
                })
                .count()
                .min(exact.len().min(nearest));
            *of += exact.len().min(nearest);
        }
    }
    found_share
        .map(|(hit, of)| {
            format!(
                "{:.4}",
                f64::from(u32::try_from(hit).unwrap()) / f64::from(u32::try_from(of).unwrap())
            )
        })
        .join(" of 10, ")
        + " of 100"
}

fn recombined(listings: &[String], state: &mut u64) -> String {
    (0..4)
        .map(|_| words_of(&listings[below(state, listings.len())], 6, state))
        .collect::<Vec<_>>()
        .join(" ")
}

fn words_of(text: &str, count: usize, state: &mut u64) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let begin = below(state, words.len().saturating_sub(count).max(1));
    words.iter().skip(begin).take(count).copied().collect::<Vec<_>>().join(" ")
}

fn below(state: &mut u64, bound: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 11).unwrap() % bound
}

/// The shortest time in seconds of some runs.
fn best_of(runs: usize, mut run: impl FnMut() -> usize) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..runs {
        let begun = Instant::now();
        black_box(run());
        best = best.min(begun.elapsed().as_secs_f64());
    }
    best
}
