//! Imports a generated list of many listings while others read, and says how long it took, how
//! long reads waited, how much memory it needs and how fast the directory opens again.
//!
//! `cargo run --release -p farebox-directory --example import -- 300000`

use farebox_directory::import::Import;
use farebox_directory::import::formats::Format;
use farebox_directory::{Dialect, Directory};
use farebox_store::{Location, Store};
use std::error::Error;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).map_or(Ok(300_000), |count| count.parse())?;
    let folder = std::env::temp_dir().join(format!("farebox-import-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let measured = measure(&folder, count).await;
    std::fs::remove_dir_all(&folder)?;
    measured
}

async fn measure(folder: &Path, count: u64) -> Result<(), Box<dyn Error>> {
    let directory = open(folder).await?;
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let ended = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn(reads(directory.clone(), Arc::clone(&ended)));
    let import = Import {
        source: "generated".to_owned(),
        format: Format::Jsonl,
        document: None,
        trust: None,
        dry_run: false,
    };
    let report = directory.import(import.clone(), Lines::new(count), |_| {}).await?;
    let (elapsed, cpu) = (begun.elapsed(), cpu_seconds() - cpu);
    ended.store(true, Ordering::Relaxed);
    let (reads, longest) = reader.join().map_err(|_| "the reader ended")?;
    println!("imported    {} listings in {elapsed:.1?}, {cpu:.1} s of CPU", report.added);
    println!("reads       {reads} meanwhile, the longest {longest:.1?}");
    println!("memory      {} now, {} at most", status("VmRSS:"), status("VmHWM:"));
    let begun = Instant::now();
    let again = directory.import(import, Lines::new(count), |_| {}).await?;
    println!("again       {} unchanged in {:.1?}", again.unchanged, begun.elapsed());
    drop(directory);
    // The earlier handle's writer thread ends a moment after the handle.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = Instant::now();
    let directory = open(folder).await?;
    println!("start       {} listings in {:.1?}", directory.snapshot().len(), begun.elapsed());
    println!("database    {} bytes", std::fs::metadata(folder.join("farebox.sqlite"))?.len());
    Ok(())
}

async fn open(folder: &Path) -> Result<Directory, Box<dyn Error>> {
    let location = Location::File(folder.join("farebox.sqlite"));
    let store = Store::open(location, vec![farebox_directory::schema()]).await?;
    Ok(Directory::open(store, None).await?)
}

/// Lists and searches again and again; counts, and remembers the slowest.
fn reads(directory: Directory, ended: Arc<AtomicBool>) -> impl FnOnce() -> (u64, Duration) {
    move || {
        let (mut count, mut longest) = (0, Duration::ZERO);
        while !ended.load(Ordering::Relaxed) {
            let begun = Instant::now();
            let snapshot = directory.snapshot();
            if let Ok(query) = snapshot.parse("limit=50", Dialect::Services) {
                count += u64::from(snapshot.list(&query).rows.len() <= 50);
            }
            longest = longest.max(begun.elapsed());
            std::thread::sleep(Duration::from_millis(2));
        }
        (count, longest)
    }
}

fn status(name: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or("unknown").trim().to_owned()
}

/// Of all threads; other programs on a busy machine do not count.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// A list that is made while it is read.
struct Lines {
    next: u64,
    count: u64,
    line: Cursor<Vec<u8>>,
}

impl Lines {
    fn new(count: u64) -> Self {
        Self { next: 0, count, line: Cursor::new(Vec::new()) }
    }
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.line.read(buffer)?;
        if len > 0 || self.next == self.count {
            return Ok(len);
        }
        let number = self.next;
        self.next += 1;
        self.line = Cursor::new(line(number).into_bytes());
        self.line.read(buffer)
    }
}

fn line(number: u64) -> String {
    const WORDS: [&str; 12] = [
        "weather",
        "prices",
        "maps",
        "translate",
        "images",
        "search",
        "news",
        "chain",
        "wallets",
        "documents",
        "speech",
        "flights",
    ];
    let word = |at: u64| usize::try_from(at % 12).ok().and_then(|at| WORDS.get(at)).copied();
    let (first, second) = (word(number).unwrap_or("a"), word(number / 12).unwrap_or("b"));
    let host = number / 40;
    format!(
        "{{\"url\":\"https://api-{host}.example.com/v1/{first}/{second}/{number}\",\
         \"http_method\":\"POST\",\"protocol\":\"x402\",\"name\":\"{first} {second} {number}\",\
         \"description\":\"Answers questions about {first} and {second}, with numbers from {number} \
         sources, as JSON. Each call is paid by itself.\",\"price_usd\":0.0{},\
         \"payment_asset\":\"USDC\",\"payment_network\":\"Base\",\"category\":\"data/{first}\",\
         \"provider\":\"Provider {host}\",\"tags\":[\"{first}\",\"{second}\"]}}\n",
        number % 9 + 1
    )
}
