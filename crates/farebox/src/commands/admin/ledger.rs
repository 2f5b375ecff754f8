//! `farebox admin ledger`

use crate::config::Settings;
use crate::output::{Failure, print_json, print_line};
use clap::{Args, Subcommand};
use farebox_ledger::{Report, verify};
use farebox_store::{Location, Store};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check the books.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    Verify(VerifyArgs),
}

/// Recompute every balance from the log and check the hash chain.
///
/// Reads only, and may run while the server does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox admin ledger verify
  farebox admin ledger verify --demo --json | jq .classes.income
  farebox admin ledger verify --database /backup/farebox.sqlite

Exit codes: 0 the books are sound, 1 something in them is wrong, 2 there are no books there.")]
pub struct VerifyArgs {
    /// The demo's books
    #[arg(long)]
    demo: bool,

    /// Another database file, such as a backup
    #[arg(long, value_name = "FILE", conflicts_with = "demo")]
    database: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl LedgerCommand {
    /// Whether the output is for a program.
    pub fn wants_json(&self) -> bool {
        match self {
            Self::Verify(args) => args.json,
        }
    }
}

/// Runs one of the ledger's commands.
pub async fn run(command: LedgerCommand, settings: Settings) -> Result<ExitCode, Failure> {
    match command {
        LedgerCommand::Verify(args) => run_verify(args, settings).await,
    }
}

async fn run_verify(args: VerifyArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let location = match args.database {
        Some(path) => Location::File(path),
        None => settings.store_location(args.demo).map_err(Failure::usage)?,
    };
    let name = location.to_string();
    // One look: the books as they are at one moment, whatever a server sells meanwhile.
    let report = Store::look(location, verify).await;
    let report = report
        .map_err(|error| Failure::usage(format!("cannot read the books in {name}: {error}")))?;
    if args.json {
        print_report_json(&report)
    } else {
        print_report(&report)
    }
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_report(report: &Report) {
    print_line(format_args!(
        "{:<10}{:>10}{:>10}{:>20}{:>20}",
        "CLASS", "ACCOUNTS", "NOT ZERO", "DEBITS msat", "CREDITS msat"
    ));
    for (class, totals) in &report.classes {
        print_line(format_args!(
            "{:<10}{:>10}{:>10}{:>20}{:>20}",
            class.name(),
            totals.accounts,
            totals.open,
            totals.debits.get(),
            totals.credits.get()
        ));
    }
    print_line(format_args!("\n{} transfers, head {}", report.transfers, report.head));
    for finding in &report.findings {
        print_line(format_args!("WRONG  {finding}"));
    }
    print_line(if report.is_sound() {
        "The books are sound."
    } else {
        "The books are NOT sound. Stop taking money, keep this file, and restore a backup."
    });
}

fn print_report_json(report: &Report) {
    let classes: serde_json::Map<_, _> = report
        .classes
        .iter()
        .map(|(class, totals)| {
            let totals = json!({
                "accounts": totals.accounts,
                "not_zero": totals.open,
                "debits_msat": totals.debits,
                "credits_msat": totals.credits,
            });
            (class.name().to_owned(), totals)
        })
        .collect();
    let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    print_json(&json!({
        "sound": report.is_sound(),
        "transfers": report.transfers,
        "head": report.head.to_string(),
        "classes": classes,
        "findings": findings,
    }));
}
