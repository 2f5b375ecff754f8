//! The power is cut in the middle of booking, again and again.

use crate::Failure;
use crate::books::{Books, Synchronous, Verdict};
use crate::disk::Disk;
use crate::tally::Tally;
use crate::worker::Worker;
use farebox_store::Location;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// In a folder that the store has to make.
const DATABASE: &str = "data/deep/farebox.sqlite";
/// Cuts that one database lives through, before a fresh one is begun.
const CUTS_PER_DATABASE: u64 = 5;
/// Changes of the disk until the cut at most: several checkpoints' worth.
const CHANGES_MAX: u64 = 6_000;
/// About as many of them as it takes to make the database and its tables, and some more.
const CHANGES_AT_START: u64 = 400;
/// A worker that changes nothing for so long is stuck.
const STUCK: Duration = Duration::from_secs(120);
/// The numbers of one round's events.
const NUMBERS_PER_ROUND: u64 = 10_000_000;

/// How often, and with which settings.
#[derive(Debug, clap::Args)]
pub struct PowerCutArgs {
    /// How many cuts
    #[arg(long, default_value_t = 40)]
    rounds: u64,
    /// Makes the same cuts again, as far as threads allow
    #[arg(long)]
    seed: Option<u64>,
    /// What is asked of SQLite
    #[arg(long, value_enum, default_value = "full")]
    synchronous: Synchronous,
    /// Cut only while a fresh database is made, and shortly after
    #[arg(long)]
    at_start: bool,
    /// Succeed only if something was lost: shows that the harness can see it
    #[arg(long)]
    must_lose: bool,
}

/// Cuts, checks, and prints what was lost.
pub async fn run(args: PowerCutArgs) -> Result<bool, Failure> {
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..));
    let when = if args.at_start { " at the start" } else { "" };
    let what = format!("power cut{when}, synchronous={}, seed {seed}", args.synchronous.name());
    let mut tally = Tally::new(what, args.rounds);
    let mut cuts = Cuts::new(seed, args.synchronous)?;
    for round in 0..args.rounds {
        if args.at_start || round % CUTS_PER_DATABASE == 0 {
            cuts.begin_afresh();
        }
        let before = cuts.acknowledged.len();
        let first = round * NUMBERS_PER_ROUND;
        let verdict = match args.at_start {
            true => cuts.cut(first, CHANGES_AT_START).await?,
            false => cuts.kill_and_cut(first).await?,
        };
        tally.add(cuts.acknowledged.len() - before, &verdict);
        if !verdict.lost.is_empty() || !verdict.findings.is_empty() {
            cuts.begin_afresh();
        }
    }
    Ok(if args.must_lose { tally.has_losses() } else { tally.is_clean() })
}

struct Cuts {
    folder: TempDir,
    disk: Disk,
    random: fastrand::Rng,
    synchronous: Synchronous,
    acknowledged: Vec<u64>,
}

impl Cuts {
    fn new(seed: u64, synchronous: Synchronous) -> Result<Self, Failure> {
        let random = fastrand::Rng::with_seed(seed);
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("mount"))?;
        let acknowledged = Vec::new();
        Ok(Self { folder, disk: Disk::default(), random, synchronous, acknowledged })
    }

    fn mount(&self) -> PathBuf {
        self.folder.path().join("mount")
    }

    fn begin_afresh(&mut self) {
        self.disk = Disk::default();
        self.acknowledged.clear();
    }

    /// As [`Self::cut`], often after a kill: a process that was killed leaves what it had not
    /// flushed to the next one.
    async fn kill_and_cut(&mut self, first: u64) -> Result<Verdict, Failure> {
        let mut first = first;
        if self.random.bool() {
            let mounted = self.disk.mount(&self.mount())?;
            first = self.kill(first)?;
            mounted.unmount()?;
        }
        self.cut(first, CHANGES_MAX).await
    }

    /// One cut within so many changes, and what is found on the disk after it.
    async fn cut(&mut self, first: u64, changes: u64) -> Result<Verdict, Failure> {
        let mounted = self.disk.mount(&self.mount())?;
        let database = self.mount().join(DATABASE);
        self.disk.cut_after(self.random.u64(0..changes));
        let mut worker = Worker::start(path_text(&database)?, first, self.synchronous)?;
        wait_for_cut(&self.disk, &mut worker)?;
        self.acknowledged.extend(worker.kill()?);
        mounted.unmount()?;
        self.disk.power_on(&mut self.random);
        let copy = tempfile::tempdir()?;
        self.disk.copy_to(copy.path())?;
        Ok(check(&copy.path().join(DATABASE), &self.acknowledged).await)
    }

    /// Kills a worker while there is power, and returns the number of the next one's first event.
    fn kill(&mut self, first: u64) -> Result<u64, Failure> {
        let database = self.mount().join(DATABASE);
        let worker = Worker::start(path_text(&database)?, first, self.synchronous)?;
        std::thread::sleep(Duration::from_millis(self.random.u64(0..100)));
        self.acknowledged.extend(worker.kill()?);
        Ok(first + NUMBERS_PER_ROUND / 2)
    }
}

fn path_text(path: &Path) -> Result<&str, Failure> {
    Ok(path.to_str().ok_or("a temporary folder whose name is no text")?)
}

fn wait_for_cut(disk: &Disk, worker: &mut Worker) -> Result<(), Failure> {
    let begun = Instant::now();
    while !disk.wait_for_cut(Duration::from_millis(500)) {
        // The cut and the end that it causes may fall between the two questions.
        if worker.has_ended()? && !disk.wait_for_cut(Duration::ZERO) {
            return Err("the worker ended before the power was cut".into());
        }
        if begun.elapsed() > STUCK {
            return Err("the worker is stuck".into());
        }
    }
    Ok(())
}

/// Books that cannot even be opened have lost everything.
async fn check(database: &Path, acknowledged: &[u64]) -> Verdict {
    let checked = async {
        let books = Books::open(&Location::File(database.to_owned())).await?;
        books.check(acknowledged.to_vec()).await
    };
    checked.await.unwrap_or_else(|error| Verdict {
        lost: acknowledged.to_vec(),
        findings: vec![error.to_string()],
    })
}
