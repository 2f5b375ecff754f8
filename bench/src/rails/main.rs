//! What a paid request costs on each rail, beside the programs that others publish.
//!
//! Farebox and its peers are measured alternately, with the same load, in one run. On a machine
//! that does other things too, the figures for a second of processor time are the ones to compare.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people"
)]

mod alternate;
mod client;
mod facilitators;
mod http_load;
mod paid;
mod process;
mod report;
mod shop;
mod terms;
mod token;
mod unpaid;
mod verify;

use clap::{Parser, ValueEnum};
use report::{Group, Machine};
use serde_json::json;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

type Failed = Box<dyn Error + Send + Sync>;

/// Measures the rails: token checks, unpaid and paid requests, facilitators.
///
/// The peers are programs of tests/interop, which need Node.js, and tests/chain/server. Run it in
/// the repository's folder.
#[derive(Debug, Parser)]
pub struct Args {
    /// Seconds for each turn of each subject
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,

    /// Turns that the subjects take one after the other
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// Connections of the load, each with one request at a time
    #[arg(long, default_value_t = 32)]
    connections: usize,

    /// Payments that are made beforehand, for each paid subject
    #[arg(long, default_value_t = 3_000)]
    payments: usize,

    /// Settlements for each turn of each facilitator
    #[arg(long, default_value_t = 100)]
    settlements: usize,

    /// Folder for databases and rails.json; on the disk to be measured
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,

    /// The farebox program, whose facilitator is measured
    #[arg(long, default_value = "target/release/farebox")]
    farebox: PathBuf,

    /// Only these of the parts
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,

    /// Farebox alone, without Node.js
    #[arg(long)]
    without_peers: bool,

    /// Be the shop that is measured, with its databases in FOLDER
    #[arg(long, hide = true, value_name = "FOLDER")]
    shop: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// L402 tokens checked, one thread
    Token,
    /// 402 answers over HTTP
    Unpaid,
    /// Paid requests over HTTP
    Paid,
    /// x402 payments verified without a chain, one thread
    Verify,
    /// Facilitators over HTTP, on a chain of the tests
    Facilitators,
}

impl Args {
    fn turn(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    fn has(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

fn main() -> Result<(), Failed> {
    let args = Args::parse();
    match &args.shop {
        Some(folder) => shop::run(folder),
        None => measure(&args),
    }
}

/// The load has one thread, so that it takes no more than that from what is measured.
#[tokio::main(worker_threads = 1)]
async fn measure(args: &Args) -> Result<(), Failed> {
    std::fs::create_dir_all(&args.folder)?;
    let machine = Machine::now();
    machine.print();
    let mut groups = Vec::new();
    if args.has(Part::Token) {
        show(&mut groups, token::measure(args)?);
    }
    if args.has(Part::Verify) {
        show(&mut groups, verify::measure(args)?);
    }
    if args.has(Part::Unpaid) {
        for group in unpaid::measure(args).await? {
            show(&mut groups, group);
        }
    }
    if args.has(Part::Paid) {
        show(&mut groups, paid::measure(args).await?);
    }
    if args.has(Part::Facilitators) {
        for group in facilitators::measure(args).await? {
            show(&mut groups, group);
        }
    }
    let after = Machine::now();
    println!("load average at the end: {}", after.load_average);
    let groups: Vec<_> = groups.iter().map(Group::to_json).collect();
    let report = json!({"machine": machine.to_json(), "groups": groups});
    let path = args.folder.join("rails.json");
    std::fs::write(&path, format!("{report:#}\n"))?;
    println!("the same as JSON: {}", path.display());
    Ok(())
}

fn show(groups: &mut Vec<Group>, group: Group) {
    group.print();
    groups.push(group);
}
