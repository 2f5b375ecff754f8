//! How many endpoints can be probed each second, beside the same requests without our code; what a
//! probe under way takes of memory; how polite it is, as the hosts see it; and how long searches
//! take meanwhile.

#![allow(clippy::cast_precision_loss, reason = "figures for people")]

mod bare;
mod certificates;
mod challenge;
mod control;
mod endpoints;
mod estate;
mod search;
mod sweep;

use clap::Parser;
use control::Endpoints;
use farebox_directory::Directory;
use farebox_directory::prober::ProberOptions;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use sweep::Sweep;

type Failed = Box<dyn Error + Send + Sync>;

/// Measures the sweep over endpoints on loopback addresses, half of them by HTTPS.
#[derive(Debug, Parser)]
struct Args {
    /// Endpoints
    #[arg(long, default_value_t = 20_000)]
    endpoints: u32,

    /// Hosts that they are on
    #[arg(long, default_value_t = 4_000)]
    hosts: u32,

    /// Seconds for each measurement
    #[arg(long, default_value_t = 15)]
    seconds: u64,

    /// Searches each second, in the measurement of those
    #[arg(long, default_value_t = 300)]
    searches: u32,

    /// Be the endpoints, with the certificates in this folder
    #[arg(long, hide = true)]
    serve: Option<PathBuf>,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Failed> {
    let args = Args::parse();
    farebox_net::prepare_tls();
    match &args.serve {
        Some(folder) => endpoints::serve(folder).await,
        None => measure(&args).await,
    }
}

async fn measure(args: &Args) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    certificates::make(folder)?;
    let endpoints = Endpoints::start(folder, args.endpoints, args.hosts).await?;
    let directory = sweep::directory(folder, endpoints.estate).await?;
    let time = Duration::from_secs(args.seconds);
    println!("{} endpoints on {} hosts, half of them HTTPS", args.endpoints, args.hosts);
    memory(&directory, folder, &endpoints).await?;
    let ours = probes(&directory, folder, &endpoints, time).await?;
    endpoints.control("reset").await?;
    let (begun, used) = (Instant::now(), control::processor_time()?);
    let tls = certificates::client_config(folder)?;
    let done = bare::run(endpoints.estate, tls, 256, time).await?;
    let bare = done as f64 / begun.elapsed().as_secs_f64();
    let used = control::processor_time()?.saturating_sub(used).as_secs_f64();
    println!("bare hyper and rustls: {bare:.0}/s, {:.0} us CPU each", used * 1e6 / done as f64);
    println!("ratio: {:.2}", ours / bare);
    searches(&directory, folder, args).await
}

/// Everything is due all the time: as fast as it goes.
fn flat_out() -> ProberOptions {
    ProberOptions { interval: Duration::from_secs(2), ..ProberOptions::default() }
}

async fn probes(
    directory: &Directory,
    folder: &Path,
    endpoints: &Endpoints,
    time: Duration,
) -> Result<f64, Failed> {
    let sweep = Sweep::begin(directory, folder, flat_out())?;
    sweep.has_begun().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    endpoints.control("reset").await?;
    let (before, begun) = (sweep.report(), Instant::now());
    let (used, theirs) = (control::processor_time()?, endpoints.processor_time()?);
    tokio::time::sleep(time).await;
    let (after, elapsed) = (sweep.report(), begun.elapsed().as_secs_f64());
    let recorded = (after.recorded - before.recorded) as f64;
    let used = control::processor_time()?.saturating_sub(used).as_secs_f64();
    let theirs = endpoints.processor_time()?.saturating_sub(theirs).as_secs_f64();
    let seen = endpoints.control("figures").await?;
    println!(
        "sweep: {:.0} probes/s recorded, {:.0} us CPU each ({:.2} cores; the endpoints {:.2}), \
         {} under way, {} discarded",
        recorded / elapsed,
        used * 1e6 / recorded,
        used / elapsed,
        theirs / elapsed,
        after.under_way,
        after.discarded
    );
    println!("as the hosts saw it: {seen}");
    let snapshot = directory.snapshot();
    let mut health = std::collections::BTreeMap::<String, usize>::new();
    for listing in snapshot.listings() {
        *health.entry(format!("{:?}", listing.health.status)).or_default() += 1;
    }
    println!("verdicts: {health:?}");
    Ok(recorded / elapsed)
}

/// Probes that hang: what each holds meanwhile.
async fn memory(directory: &Directory, folder: &Path, endpoints: &Endpoints) -> Result<(), Failed> {
    let options = ProberOptions { concurrency: 2_000, per_host: 1, ..flat_out() };
    endpoints.control("delay/20000").await?;
    let before = control::memory_kib()?;
    let sweep = Sweep::begin(directory, folder, options)?;
    let plan = loop {
        let (report, memory) = (sweep.report(), control::memory_kib()?);
        if report.endpoints > 0 {
            break memory;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    tokio::time::sleep(Duration::from_secs(8)).await;
    let (report, memory) = (sweep.report(), control::memory_kib()?);
    let each = memory.saturating_sub(plan) as f64 / report.under_way.max(1) as f64;
    println!(
        "memory: {each:.1} KiB each of {} probes under way ({:.0} bytes of plan for an endpoint)",
        report.under_way,
        plan.saturating_sub(before) as f64 * 1_024.0 / report.endpoints.max(1) as f64
    );
    drop(sweep);
    endpoints.control("delay/0").await?;
    Ok(())
}

async fn searches(directory: &Directory, folder: &Path, args: &Args) -> Result<(), Failed> {
    let address = search::serve(directory.clone()).await?;
    let time = Duration::from_secs(args.seconds);
    let say = |name: &str, times: &[Duration]| {
        let ms = |per_mille| search::percentile(times, per_mille).as_secs_f64() * 1_000.0;
        let (p50, p99) = (ms(500), ms(990));
        println!("searches, {name}: {} asked, p50 {p50:.2} ms, p99 {p99:.2} ms", times.len());
        p99
    };
    // Once, so that what is built on the first question is there.
    search::latencies(&address, args.searches, Duration::from_secs(2)).await?;
    let quiet = search::latencies(&address, args.searches, time).await?;
    let quiet = say("no sweep", &quiet);
    let interval = Duration::from_secs(u64::from(args.endpoints) / 500);
    for (name, options) in [
        ("a sweep of 500 probes/s", ProberOptions { interval, ..ProberOptions::default() }),
        ("a sweep as fast as it goes", flat_out()),
    ] {
        let sweep = Sweep::begin(directory, folder, options)?;
        sweep.has_begun().await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let before = sweep.report().recorded;
        let times = search::latencies(&address, args.searches, time).await?;
        let rate = (sweep.report().recorded - before) as f64 / time.as_secs_f64();
        let p99 = say(name, &times);
        println!("  {rate:.0} probes/s meanwhile; p99 ratio {:.2}", p99 / quiet);
        drop(sweep);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}
