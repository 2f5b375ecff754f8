//! The sample listings, asked as people ask.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use farebox_search::{Document, Engine, Order, Query, Request};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::io::Read;

static SAMPLES: &[u8] = include_bytes!("../../../data/listings.jsonl.gz");

struct Samples {
    rows: Vec<Value>,
    engine: Engine,
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

impl Samples {
    fn load() -> Self {
        let mut lines = String::new();
        GzDecoder::new(SAMPLES).read_to_string(&mut lines).unwrap();
        let rows: Vec<Value> =
            lines.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        let document = |row: &'_ Value| -> (String, String) {
            let rail = ["protocol", "network", "asset"].map(|key| text(row, key));
            (text(row, "category").to_owned(), rail.join(" "))
        };
        let made: Vec<(String, String)> = rows.iter().map(document).collect();
        let documents = (0..).zip(&rows).zip(&made).map(|((number, row), (labels, rail))| {
            let url = text(row, "url");
            let document = Document {
                name: text(row, "name"),
                description: text(row, "description"),
                labels,
                url: url.split_once("://").map_or(url, |(_, rest)| rest),
                provider: text(row, "provider"),
                rail,
            };
            (document, number)
        });
        let engine = Engine::build(documents);
        Self { rows, engine }
    }

    /// The texts of the best hits.
    fn best(&self, query: &str, count: usize) -> Vec<String> {
        let order = Order::by_key(self.engine.len(), |position| position);
        let query = Query::parse(query);
        let found = self.engine.search(&Request::new(&query, &order, count));
        let row = |position: u32| &self.rows[position as usize];
        let texts = found.hits.iter().map(|hit| {
            ["name", "description", "url"].map(|key| text(row(hit.position), key)).join(" ")
        });
        texts.map(|text| text.to_lowercase()).collect()
    }
}

#[test]
fn what_is_meant_is_found() {
    let samples = Samples::load();
    for (query, meant) in [
        // Misspelt.
        ("tranlsate text", "translat"),
        ("wether forcast", "weather"),
        ("screnshot of a webpage", "screenshot"),
        // Spanish.
        ("pronóstico del tiempo", "weather"),
        ("traducir un texto", "translat"),
        ("enviar correo electrónico", "email"),
        // German, Chinese.
        ("wettervorhersage für eine stadt", "weather"),
        ("天气预报", "weather"),
    ] {
        let best = samples.best(query, 3);
        assert!(best.iter().filter(|text| text.contains(meant)).count() >= 2, "{query} {best:#?}");
    }
}

#[test]
fn what_shares_no_word_with_the_query_is_found() {
    let samples = Samples::load();
    for (query, meant) in [("tldr", "summar"), ("equities", "stock"), ("read aloud", "speech")] {
        let best = samples.best(query, 5);
        let other = |text: &&String| {
            text.contains(meant)
                && query.split(' ').all(|word| word.len() < 3 || !text.contains(word))
        };
        assert!(best.iter().any(|text| other(&text)), "{query} {best:#?}");
    }
}
