//! The process that is hit: it books events as fast as the store takes them, and prints the
//! number of each one only after the store has acknowledged it.

use crate::Failure;
use crate::books::{Books, Synchronous, location};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Callers at the same time, who share commits.
const CALLERS: usize = 16;
/// How long a worker may take to book its first event on a busy machine.
const START_MAX: Duration = Duration::from_secs(60);

/// What the process is told.
#[derive(Debug, clap::Args)]
pub struct WorkerArgs {
    /// The database's file, or its URL
    #[arg(long)]
    database: String,
    /// The number of the first event
    #[arg(long)]
    first: u64,
    /// What is asked of SQLite
    #[arg(long, value_enum, default_value = "full")]
    synchronous: Synchronous,
}

/// Books until something fails.
pub async fn run(args: WorkerArgs) -> Result<(), Failure> {
    let books = Books::open(&location(&args.database)?).await?;
    if args.synchronous != Synchronous::Full {
        books.weaken(args.synchronous).await?;
    }
    let (books, next) = (Arc::new(books), Arc::new(AtomicU64::new(args.first)));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (books, next) = (Arc::clone(&books), Arc::clone(&next));
        callers.spawn(async move { book_on(&books, &next).await });
    }
    match callers.join_next().await {
        Some(ended) => ended?,
        None => Ok(()),
    }
}

async fn book_on(books: &Books, next: &AtomicU64) -> Result<(), Failure> {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        books.book(number).await?;
        // One call of the system writes the line, so that a kill leaves all of it or nothing.
        std::io::stdout().lock().write_all(format!("{number}\n").as_bytes())?;
    }
}

/// The process, seen from outside.
pub struct Worker {
    child: Child,
    has_acknowledged: Arc<AtomicBool>,
    reader: Option<JoinHandle<std::io::Result<Vec<u64>>>>,
}

impl Worker {
    /// Starts it.
    pub fn start(database: &str, first: u64, synchronous: Synchronous) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["worker", "--database", database]);
        command.args(["--first", &first.to_string(), "--synchronous", synchronous.name()]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().ok_or("a worker without output")?;
        let has_acknowledged = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&has_acknowledged);
        let reader = Some(std::thread::spawn(move || read_numbers(stdout, &flag)));
        Ok(Self { child, has_acknowledged, reader })
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> Result<bool, Failure> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Waits until it has acknowledged something.
    pub fn wait_for_work(&mut self) -> Result<(), Failure> {
        let begun = Instant::now();
        while !self.has_acknowledged.load(Ordering::Relaxed) {
            if self.has_ended()? || begun.elapsed() > START_MAX {
                return Err("the worker acknowledges nothing".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Kills it as `kill -9` does and returns what it had acknowledged.
    pub fn kill(mut self) -> Result<Vec<u64>, Failure> {
        self.child.kill()?;
        self.child.wait()?;
        let reader = self.reader.take().ok_or("a worker is read once")?;
        Ok(reader.join().map_err(|_| "the reader panicked")??)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Already killed, mostly; both calls fail then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_numbers(stdout: ChildStdout, has_acknowledged: &AtomicBool) -> std::io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for line in BufReader::new(stdout).lines() {
        numbers.push(line?.parse().map_err(std::io::Error::other)?);
        has_acknowledged.store(true, Ordering::Relaxed);
    }
    Ok(numbers)
}
