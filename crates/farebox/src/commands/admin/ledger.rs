//! `farebox admin ledger`

use crate::backup::Manifest;
use crate::books::{self, Books};
use crate::config::Settings;
use crate::output::{Failure, print_json, print_line};
use clap::{Args, Subcommand};
use farebox_ledger::Head;
use farebox_store::{Location, Store, Transaction};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check the books.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    Verify(VerifyArgs),
}

/// Check every page of the database, recompute every balance and digest from the log, and compare
/// top-ups, holds and used payments with it.
///
/// Reads only, and may run while the server does. A head that was noted down elsewhere, or a
/// backup, shows also whether the end of the log was cut off.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox admin ledger verify
  farebox admin ledger verify --demo --json | jq .classes.income
  farebox admin ledger verify --backup /backup/monday
  farebox admin ledger verify --head 1204:9f3c…
  farebox admin ledger verify --database /backup/monday/farebox.sqlite

Exit codes: 0 the books are sound, 1 something in them is wrong, 2 there are no books there.")]
pub struct VerifyArgs {
    /// The demo's books
    #[arg(long)]
    demo: bool,

    /// Another database file, such as a backup
    #[arg(long, value_name = "FILE", conflicts_with = "demo")]
    database: Option<PathBuf>,

    /// The log must have this digest at this place, as an earlier verify or backup printed it
    #[arg(long, value_name = "SEQ:DIGEST")]
    head: Vec<Head>,

    /// The log must go on from where this backup ends
    #[arg(long, value_name = "FOLDER")]
    backup: Option<PathBuf>,

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
    let mut heads = args.head;
    if let Some(folder) = args.backup {
        heads.push(Manifest::read(&folder)?.head()?);
    }
    // One look: the books as they are at one moment, whatever a server sells meanwhile.
    let look = move |transaction: &Transaction<'_>| {
        let mut books = books::verify_file(transaction)?;
        for head in heads {
            if !head.is_in(transaction)? {
                let finding = "the log has not the digest of an earlier time: it was cut off, or";
                books.others.push(format!("{finding} is another one ({head})"));
            }
        }
        Ok(books)
    };
    let books = Store::look(location, look).await;
    let books = books
        .map_err(|error| Failure::usage(format!("cannot read the books in {name}: {error}")))?;
    if args.json {
        print_report_json(&books)
    } else {
        print_report(&books)
    }
    Ok(if books.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_report(books: &Books) {
    let report = &books.report;
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
    print_line(format_args!("\n{} transfers, head {}", report.transfers, books.head()));
    for finding in books.findings() {
        print_line(format_args!("WRONG  {finding}"));
    }
    print_line(if books.is_sound() {
        "The books are sound."
    } else {
        "The books are NOT sound. Stop taking money, keep this file, and restore a backup."
    });
}

fn print_report_json(books: &Books) {
    let report = &books.report;
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
    let findings: Vec<_> = books.findings().collect();
    print_json(&json!({
        "sound": books.is_sound(),
        "transfers": report.transfers,
        "head": books.head().to_string(),
        "classes": classes,
        "findings": findings,
    }));
}
