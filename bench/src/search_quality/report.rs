//! The scores, for people and as JSON.

use crate::listings::Listings;
use crate::measure::Score;
use crate::queries::Query;
use crate::{Column, Failed, Search};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Characters of a query that are shown.
const QUERY_SHOWN: usize = 48;
/// Rows of an answer that are shown.
const ROWS_SHOWN: usize = 10;
/// Characters of a name that are shown.
const NAME_SHOWN: usize = 70;

/// What is in a group of queries, by the name of the group.
type Groups<'a> = BTreeMap<&'a str, Vec<usize>>;

fn by_split(queries: &[Query]) -> Groups<'_> {
    grouped(queries.iter().map(|query| query.split.as_str()))
}

fn by_kind(queries: &[Query]) -> Groups<'_> {
    grouped(queries.iter().map(|query| query.tags.first().map_or("", String::as_str)))
}

fn grouped<'a>(names: impl Iterator<Item = &'a str>) -> Groups<'a> {
    let mut groups = Groups::new();
    for (place, name) in names.enumerate() {
        groups.entry(name).or_default().push(place);
    }
    groups
}

impl Column {
    fn mean(&self, places: &[usize]) -> (f64, f64) {
        Score::mean(places.iter().filter_map(|place| self.scores.get(*place)).copied())
    }
}

pub fn print(queries: &[Query], columns: &[Column]) {
    println!("nDCG@10; * = one of the first three does what was asked\n");
    print!("{:6} {:5} {:QUERY_SHOWN$}", "", "", "");
    columns.iter().for_each(|column| print!(" {:>10}", column.name));
    println!();
    for (place, query) in queries.iter().enumerate() {
        let text: String = query.text.chars().take(QUERY_SHOWN).collect();
        print!("{:6} {:5} {text:QUERY_SHOWN$}", query.id, query.split);
        for score in columns.iter().filter_map(|column| column.scores.get(place)) {
            print!(" {:>9.3}{}", score.ndcg, if score.success { '*' } else { ' ' });
        }
        println!();
    }
    let all = Groups::from([("all", (0..queries.len()).collect())]);
    for (title, groups) in [("kind", by_kind(queries)), ("split", by_split(queries)), ("", all)] {
        println!();
        groups.iter().for_each(|(name, places)| print_mean(title, name, places, columns));
    }
}

fn print_mean(title: &str, name: &str, places: &[usize], columns: &[Column]) {
    let label = format!("{title} {name}, {} queries", places.len());
    let indent = QUERY_SHOWN + 13;
    print!("{label:indent$}");
    columns.iter().for_each(|column| print!(" {:>10.3}", column.mean(places).0));
    print!("\n{:>indent$}", "success@3");
    columns.iter().for_each(|column| print!(" {:>9.0}%", column.mean(places).1 * 100.0));
    println!();
}

pub fn to_json(queries: &[Query], columns: &[Column]) -> Value {
    let rows = queries.iter().enumerate().map(|(place, query)| {
        let scores = columns.iter().filter_map(|column| {
            let score = column.scores.get(place)?;
            Some((column.name.clone(), json!({"ndcg": score.ndcg, "success": score.success})))
        });
        let scores: serde_json::Map<String, Value> = scores.collect();
        json!({"id": query.id, "split": query.split, "query": query.text, "scores": scores})
    });
    json!({
        "queries": rows.collect::<Vec<_>>(),
        "kinds": means(&by_kind(queries), columns),
        "splits": means(&by_split(queries), columns),
    })
}

fn means(groups: &Groups<'_>, columns: &[Column]) -> Value {
    let groups = groups.iter().map(|(name, places)| {
        let means = columns.iter().map(|column| {
            let (ndcg, success) = column.mean(places);
            (column.name.clone(), json!({"ndcg": ndcg, "success": success}))
        });
        let means: serde_json::Map<String, Value> = means.collect();
        ((*name).to_owned(), json!({"queries": places.len(), "means": means}))
    });
    groups.collect::<serde_json::Map<String, Value>>().into()
}

/// Prints what each way finds for one query, with the grades, and what it should have found.
pub fn show(query: &Query, ways: &[Box<dyn Search>], listings: &Listings) -> Result<(), Failed> {
    println!("{} {} {}", query.id, query.split, query.text);
    for way in ways {
        let found = way.search(&query.text)?;
        let endpoints = listings.endpoints(&found);
        println!("\n{} {:.3}", way.name(), Score::of(&endpoints, &query.grades).ndcg);
        for endpoint in endpoints.iter().take(ROWS_SHOWN) {
            let grade = query.grades.get(*endpoint).copied().unwrap_or(0);
            let row = listings.rows.iter().find(|row| row.endpoint == **endpoint);
            let name = row.map_or("", |row| row.name.as_str());
            let name: String = name.chars().take(NAME_SHOWN).collect();
            println!("  {grade} {name} | {}", endpoint.url);
        }
    }
    println!("\nJudged");
    let mut judged: Vec<_> = query.grades.iter().collect();
    judged.sort_by_key(|(endpoint, grade)| (std::cmp::Reverse(**grade), endpoint.url.clone()));
    for (endpoint, grade) in judged {
        println!("  {grade} {} {}", endpoint.method.as_deref().unwrap_or("-"), endpoint.url);
    }
    Ok(())
}
