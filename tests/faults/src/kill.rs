//! The process is killed under load, again and again; the operating system lives on.

use crate::Failure;
use crate::books::{Books, Synchronous};
use crate::tally::Tally;
use crate::worker::Worker;
use std::time::Duration;

/// Kills that one database lives through, before a fresh one is begun.
const KILLS_PER_DATABASE: u64 = 10;
/// The numbers of one round's events.
const NUMBERS_PER_ROUND: u64 = 10_000_000;

/// How often.
#[derive(Debug, clap::Args)]
pub struct KillArgs {
    /// How many kills
    #[arg(long, default_value_t = 200)]
    rounds: u64,
}

/// Kills, checks, and prints what was lost.
pub async fn run(args: KillArgs) -> Result<bool, Failure> {
    let mut tally = Tally::new("kill -9".to_owned(), args.rounds);
    let mut folder = tempfile::tempdir()?;
    let mut acknowledged = Vec::new();
    for round in 0..args.rounds {
        if round % KILLS_PER_DATABASE == 0 {
            folder = tempfile::tempdir()?;
            acknowledged.clear();
        }
        let database = folder.path().join("farebox.sqlite");
        let mut worker = Worker::start(&database, round * NUMBERS_PER_ROUND, Synchronous::Full)?;
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
        let verdict = Books::open(&database).await?.check(acknowledged.clone()).await?;
        tally.add(news.len(), &verdict);
    }
    Ok(tally.is_clean())
}
