//! The process is killed under load, again and again; the operating system lives on.

use crate::Failure;
use crate::books::{Books, Synchronous, location};
use crate::tally::Tally;
use crate::worker::Worker;
use std::time::Duration;
use tempfile::TempDir;

/// Kills that one database lives through, before a fresh one is begun.
const KILLS_PER_DATABASE: u64 = 4;
/// The numbers of one round's events.
const NUMBERS_PER_ROUND: u64 = 10_000_000;

/// How often, and on which database.
#[derive(Debug, clap::Args)]
pub struct KillArgs {
    /// How many kills
    #[arg(long, default_value_t = 200)]
    rounds: u64,
    /// A PostgreSQL on which schemas may be made; a SQLite file when left out
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
}

/// Kills, checks, and prints what was lost.
pub async fn run(args: KillArgs) -> Result<bool, Failure> {
    let name = if args.postgres.is_some() { "PostgreSQL" } else { "SQLite" };
    let mut tally = Tally::new(format!("kill -9, {name}"), args.rounds);
    let mut fresh = Fresh::make(args.postgres.as_deref()).await?;
    let mut acknowledged = Vec::new();
    for round in 0..args.rounds {
        if round > 0 && round % KILLS_PER_DATABASE == 0 {
            fresh.remove().await?;
            fresh = Fresh::make(args.postgres.as_deref()).await?;
            acknowledged.clear();
        }
        let first = round * NUMBERS_PER_ROUND;
        let mut worker = Worker::start(&fresh.database, first, Synchronous::Full)?;
        // Half of them are hit while they start, half while they book.
        if round % 2 == 1 {
            worker.wait_for_work()?;
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(5..=250))).await;
        if worker.has_ended()? {
            return Err("the worker ended before it was killed".into());
        }
        let news = worker.kill()?;
        acknowledged.extend(&news);
        let books = Books::open(&location(&fresh.database)?).await?;
        tally.add(news.len(), &books.check(acknowledged.clone()).await?);
    }
    fresh.remove().await?;
    Ok(tally.is_clean())
}

/// An empty database.
struct Fresh {
    database: String,
    place: Place,
}

enum Place {
    Folder(TempDir),
    Schema { server: String, name: String },
}

impl Fresh {
    async fn make(postgres: Option<&str>) -> Result<Self, Failure> {
        let Some(server) = postgres else {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("farebox.sqlite");
            let database = path.to_str().ok_or("a temporary folder whose name is no text")?;
            return Ok(Self { database: database.to_owned(), place: Place::Folder(folder) });
        };
        let name = format!("faults_{:016x}", fastrand::u64(..));
        execute(server, format!("CREATE SCHEMA {name}")).await?;
        let separator = if server.contains('?') { '&' } else { '?' };
        let database = format!("{server}{separator}options=-csearch_path%3D{name}");
        Ok(Self { database, place: Place::Schema { server: server.to_owned(), name } })
    }

    async fn remove(self) -> Result<(), Failure> {
        match self.place {
            Place::Folder(folder) => Ok(folder.close()?),
            Place::Schema { server, name } => {
                execute(&server, format!("DROP SCHEMA {name} CASCADE")).await
            }
        }
    }
}

/// The client blocks, which an async task must not.
async fn execute(server: &str, sql: String) -> Result<(), Failure> {
    let server = server.to_owned();
    let run = move || postgres::Client::connect(&server, postgres::NoTls)?.batch_execute(&sql);
    Ok(tokio::task::spawn_blocking(run).await??)
}
