//! Durable prepaid debits a second, on both databases, beside the disk itself and beside one
//! transaction for each debit.
//!
//! A debit takes one amount from a user's balance. It counts when its caller was told that it is
//! on the disk. Every caller waits for its debit before it asks for the next one.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people"
)]

mod ledger;
mod requests;

use clap::Parser;
use farebox_bench::journal;
use farebox_bench::load::Figure;
use farebox_store::Location;
use serde_json::json;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

/// Measures durable prepaid debits.
///
/// PostgreSQL is measured where TEST_POSTGRES names a server on which schemas may be made,
/// such as that of tests/postgres/server.
#[derive(Debug, Parser)]
struct Args {
    /// Callers at the same time, one row each
    #[arg(long, value_delimiter = ',', default_value = "1,32,256,512,1024")]
    callers: Vec<usize>,

    /// Seconds for each figure
    #[arg(long, default_value_t = 3)]
    seconds: u64,

    /// Accounts that the debits are spread over
    #[arg(long, default_value_t = 1_000)]
    accounts: usize,

    /// Folder for the journal and the SQLite files; on the disk to be measured
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,

    /// Only these of the figures
    #[arg(long, value_delimiter = ',')]
    only: Option<Vec<String>>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is measured.
struct Subject {
    name: &'static str,
    is_postgres: bool,
    kind: Kind,
    /// All debits are of one account.
    is_hot: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    OneEach,
    Batched,
    Requests,
}

const fn subject(name: &'static str, is_postgres: bool, kind: Kind, is_hot: bool) -> Subject {
    Subject { name, is_postgres, kind, is_hot }
}

const SUBJECTS: [Subject; 8] = [
    subject("sqlite one each", false, Kind::OneEach, false),
    subject("sqlite", false, Kind::Batched, false),
    subject("sqlite hot", false, Kind::Batched, true),
    subject("sqlite requests", false, Kind::Requests, false),
    subject("postgres one each", true, Kind::OneEach, false),
    subject("postgres", true, Kind::Batched, false),
    subject("postgres hot", true, Kind::Batched, true),
    subject("postgres requests", true, Kind::Requests, false),
];

/// One row: the same callers on everything.
struct Row {
    callers: usize,
    figures: Vec<(&'static str, Figure)>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    std::fs::create_dir_all(&args.folder)?;
    let time = Duration::from_secs(args.seconds);
    let mut rows = Vec::new();
    for &callers in &args.callers {
        let row = measure(&args, callers, time).await?;
        if !args.json {
            print(&row);
        }
        rows.push(row);
    }
    if args.json {
        println!("{:#}", to_json(&rows));
    }
    Ok(())
}

async fn measure(args: &Args, callers: usize, time: Duration) -> Result<Row, Box<dyn Error>> {
    let folder = tempfile::tempdir_in(&args.folder)?;
    let journal = journal::run(&folder.path().join("journal"), callers, time).await?;
    let mut figures = vec![("journal", journal)];
    for (number, subject) in SUBJECTS.iter().enumerate() {
        if args.only.as_ref().is_some_and(|only| !only.iter().any(|only| only == subject.name)) {
            continue;
        }
        let database = if subject.is_postgres { farebox_testing::postgres() } else { None };
        let location = match &database {
            Some(database) => database.location.clone(),
            None if subject.is_postgres => continue,
            None => Location::File(folder.path().join(format!("{number}.sqlite"))),
        };
        let accounts = if subject.is_hot { 1 } else { args.accounts };
        let figure = match subject.kind {
            Kind::OneEach => ledger::one_each(location, accounts, callers, time).await?,
            Kind::Batched => ledger::batched(location, accounts, callers, time).await?,
            Kind::Requests => requests::run(location, accounts, callers, time).await?,
        };
        figures.push((subject.name, figure));
    }
    Ok(Row { callers, figures })
}

fn print(row: &Row) {
    let journal = row.figures.first().map_or(0.0, |(_, figure)| figure.per_second());
    println!("{} callers", row.callers);
    println!("  {:<20}{:>12}{:>10}{:>10}{:>12}", "", "a second", "p50 ms", "p99 ms", "of journal");
    for (name, figure) in &row.figures {
        println!(
            "  {name:<20}{:>12.0}{:>10.2}{:>10.2}{:>12.2}",
            figure.per_second(),
            figure.percentile_ms(50),
            figure.percentile_ms(99),
            figure.per_second() / journal,
        );
    }
    println!();
}

fn to_json(rows: &[Row]) -> serde_json::Value {
    let figure = |(name, figure): &(&str, Figure)| {
        json!({
            "name": name,
            "per_second": figure.per_second(),
            "p50_ms": figure.percentile_ms(50),
            "p99_ms": figure.percentile_ms(99),
        })
    };
    let row = |row: &Row| json!({"callers": row.callers, "figures": row.figures.iter().map(figure).collect::<Vec<_>>()});
    json!(rows.iter().map(row).collect::<Vec<_>>())
}
