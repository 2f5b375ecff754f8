//! Searches a second and how long they take, in directories of generated listings, beside SQLite's
//! full-text search on the same listings and questions.

#![allow(clippy::cast_precision_loss, reason = "figures for people")]

mod directory;
mod full_text;
mod measure;
mod questions;

use clap::Parser;
use directory::Directory;
use farebox_search::Ranking;
use farebox_testing::listings::generated_listings;
use full_text::FullText;
use measure::{Latencies, per_second};
use questions::{Question, questions};
use serde_json::{Value, json};
use std::error::Error;
use std::time::Duration;

type Failed = Box<dyn Error>;

/// Measures the search engine.
#[derive(Debug, Parser)]
struct Args {
    /// Sizes of the directories
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    listings: Vec<usize>,

    /// Questions for each figure
    #[arg(long, default_value_t = 2_000)]
    questions: usize,

    /// Questions to the peer, which takes longer
    #[arg(long, default_value_t = 200)]
    peer_questions: usize,

    /// Threads that ask at the same time
    #[arg(long, default_value_t = 2)]
    threads: usize,

    /// Seconds for each figure of searches a second
    #[arg(long, default_value_t = 5)]
    seconds: u64,

    /// Leave the peer out
    #[arg(long)]
    alone: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is measured of the engine.
const SUBJECTS: [(&str, Ranking, bool); 3] = [
    ("search", Ranking::Tiers, true),
    ("search best", Ranking::Best, true),
    ("search without meaning", Ranking::Tiers, false),
];

fn main() -> Result<(), Failed> {
    let args = Args::parse();
    let mut rows = Vec::new();
    for &count in &args.listings {
        let row = measure(&args, count)?;
        if !args.json {
            print(&row);
        }
        rows.push(row);
    }
    if args.json {
        println!("{:#}", Value::from(rows));
    }
    Ok(())
}

fn measure(args: &Args, count: usize) -> Result<Value, Failed> {
    let listings = generated_listings(count, 402);
    let questions = questions(&listings, args.questions);
    let directory = Directory::build(&listings);
    let (engine_len, columns_len) = directory.memory_len();
    let mut figures = Vec::new();
    for (name, ranking, by_meaning) in SUBJECTS {
        let answer = |question: &Question| directory.search(question, ranking, by_meaning).total;
        let latencies = Latencies::of(&questions, |question| Ok(answer(question)))?;
        let time = Duration::from_secs(args.seconds);
        let rate = per_second(args.threads, time, &questions, answer);
        figures.push(figure(name, &latencies, Some(rate), directory.build_time));
    }
    if !args.alone {
        let peer = FullText::build(&listings)?;
        let questions = questions.get(..args.peer_questions).unwrap_or(&questions);
        let answer = |question: &Question| Ok(peer.search(question)?.1);
        figures.push(figure("FTS5", &Latencies::of(questions, answer)?, None, peer.build_time));
    }
    Ok(json!({
        "listings": count,
        "engine_bytes_per_listing": engine_len / count,
        "columns_bytes_per_listing": columns_len / count,
        "figures": figures,
    }))
}

fn figure(name: &str, latencies: &Latencies, rate: Option<f64>, build_time: Duration) -> Value {
    let mut figure = latencies.to_json();
    if let Some(figure) = figure.as_object_mut() {
        figure.insert("name".to_owned(), name.into());
        figure.insert("per_second".to_owned(), rate.into());
        figure.insert("build_s".to_owned(), build_time.as_secs_f64().into());
    }
    figure
}

fn print(row: &Value) {
    let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_f64);
    println!(
        "{} listings; bytes for each: {} the engine, {} filters and orders",
        number(row, "listings").unwrap_or(0.0),
        number(row, "engine_bytes_per_listing").unwrap_or(0.0),
        number(row, "columns_bytes_per_listing").unwrap_or(0.0),
    );
    let columns = ["p50_us", "p99_us", "longest_us", "processor_mean_us", "processor_p99_us"];
    let columns = columns.iter().chain(&["per_second", "build_s"]);
    print!("  {:<24}", "");
    columns.clone().for_each(|name| print!("{name:>18}"));
    println!("{:>14}", "p50 of FTS5's");
    let figures = row.get("figures").and_then(Value::as_array).cloned().unwrap_or_default();
    let peer = figures.iter().find(|figure| figure.get("name") == Some(&"FTS5".into()));
    let peer_p50 = peer.and_then(|peer| number(peer, "p50_us"));
    for figure in &figures {
        print!("  {:<24}", figure.get("name").and_then(Value::as_str).unwrap_or_default());
        for column in columns.clone() {
            match number(figure, column) {
                Some(value) => print!("{value:>18.1}"),
                None => print!("{:>18}", "-"),
            }
        }
        let ratio = number(figure, "p50_us").zip(peer_p50).map(|(own, peer)| own / peer);
        println!("{:>14.4}", ratio.unwrap_or(f64::NAN));
    }
    println!();
}
