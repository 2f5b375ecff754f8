//! `farebox receipts`

mod csv;

use super::money_rules::open_records;
use super::problem::Problem;
use super::when::{parse_since, time};
use crate::config::Settings;
use crate::output::{Failure, harmless, print_json, print_line};
use clap::Args;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use farebox_buyer::{Receipt, ReceiptFilter};
use farebox_money::{MicroUsd, Msat};
use serde_json::{Value, json};
use std::process::ExitCode;

const URL_LEN_MAX: usize = 48;
/// Characters of a payment's name that tell payments apart; JSON and CSV have all of them.
const KEY_LEN: usize = 12;

/// List what was bought, newest first: when, from whom, for how much, and what came of it.
///
/// The log is only ever added to, and each entry is chained to the one before it. Keep what
/// --verify prints somewhere else, and you can tell later that nothing was changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox receipts
  farebox receipts --since 7d --host api.example.com
  farebox receipts --limit 10000 --csv > receipts.csv
  farebox receipts --json | jq '[.receipts[].amount_msat] | add'
  farebox receipts --verify

States: paid, the answer is not there yet; delivered; credit, the seller did not charge for an
error; undelivered, paid and answered with an error; given_up, nobody knows whether it was paid.
Exit codes: 0 listed, 1 the log is not as it was written or cannot be read, 2 wrong arguments.")]
pub struct ReceiptsArgs {
    /// Paid since then: 2026-09-30, 2026-09-30T10:00:00Z, 12h or 7d
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    since: Option<u64>,

    /// Paid to this host, with its port where it has one
    #[arg(long, value_name = "HOST")]
    host: Option<String>,

    /// Receipts at most
    #[arg(long, value_name = "COUNT", default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    limit: u32,

    /// Print JSON, with whole payment hashes
    #[arg(long)]
    pub(crate) json: bool,

    /// Print CSV, with whole payment hashes
    #[arg(long, conflicts_with = "json")]
    csv: bool,

    /// Check that no entry was changed or taken out, and print the number and hash of the last
    #[arg(long, conflicts_with_all = ["csv", "since", "host"])]
    verify: bool,
}

/// Reads the log and prints it.
pub async fn run(args: ReceiptsArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let json = args.json;
    let outcome =
        if args.verify { verify(&args, &settings).await } else { list(args, &settings).await };
    Ok(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => problem.print(json),
    })
}

async fn list(args: ReceiptsArgs, settings: &Settings) -> Result<(), Problem> {
    let host = args.host.map(|host| host.to_ascii_lowercase());
    let filter = ReceiptFilter { since: args.since, host, limit: args.limit };
    let receipts = open_records(settings)?.receipts(filter).await?;
    if args.json {
        let receipts: Vec<Value> = receipts.iter().map(to_json).collect();
        print_json(&json!({ "receipts": receipts }));
    } else if args.csv {
        csv::print(&receipts).map_err(Problem::general)?;
    } else if receipts.is_empty() {
        print_line("Nothing was bought.");
    } else {
        print_line(table(&receipts));
        if receipts.len() >= usize::try_from(args.limit).unwrap_or(usize::MAX) {
            print_line(format_args!("\nThe latest {}; more with --limit COUNT.", args.limit));
        }
    }
    Ok(())
}

async fn verify(args: &ReceiptsArgs, settings: &Settings) -> Result<(), Problem> {
    match open_records(settings)?.verify_receipts().await? {
        Ok(head) => {
            let hash = hex::encode(head.hash);
            if args.json {
                print_json(&json!({ "entries": head.entries, "hash": hash }));
            } else {
                print_line(format_args!("whole: {} entries, the last is {hash}", head.entries));
            }
            Ok(())
        }
        Err(entry) => {
            let text = format!("entry {entry} of the receipts is not as it was written");
            let hint = "somebody has changed the database; a backup has the receipts before that";
            Err(Problem::new("receipts_changed", text, 1).with_hint(Some(hint)))
        }
    }
}

/// The amount in millisatoshis; `None` for other money.
fn amount_msat(receipt: &Receipt) -> Option<u64> {
    let entry = &receipt.entry;
    (entry.asset == "btc").then(|| entry.units.parse().ok()).flatten()
}

fn shown_amount(receipt: &Receipt) -> String {
    let entry = &receipt.entry;
    match (amount_msat(receipt), entry.usd_micro) {
        (Some(msat), _) => Msat::new(msat).to_string(),
        (None, Some(usd)) => format!("{} USD", MicroUsd::new(usd)),
        (None, None) => format!("{} {}", entry.units, entry.asset),
    }
}

fn to_json(receipt: &Receipt) -> Value {
    let entry = &receipt.entry;
    let answered = receipt.answered.as_ref();
    json!({
        "time": time(entry.at),
        "at": entry.at,
        "status": receipt.status(),
        "rail": entry.rail,
        "method": entry.method,
        "url": entry.url,
        "host": entry.host,
        "payee": entry.payee,
        "asset": entry.asset,
        "amount": entry.units,
        "amount_msat": amount_msat(receipt),
        "amount_usd": entry.usd_micro.map(|usd| MicroUsd::new(usd).to_string()),
        "fee_msat": entry.fee_msat,
        "payment_hash": entry.payment_key,
        "has_proof": entry.event == "paid",
        "rule": entry.rule,
        "status_code": answered.map(|answered| answered.status_code),
        "latency_ms": answered.and_then(|answered| answered.latency_ms),
    })
}

fn table(receipts: &[Receipt]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["TIME", "AMOUNT", "FEE", "RAIL", "STATE", "CODE", "REQUEST", "PAYMENT"]);
    if let Some((terminal_size::Width(width), _)) = terminal_size::terminal_size() {
        table.set_width(width);
    }
    for receipt in receipts {
        let entry = &receipt.entry;
        let code = receipt.answered.as_ref().map(|answered| answered.status_code.to_string());
        let request = harmless(&format!("{} {}", entry.method, entry.url));
        table.add_row([
            time(entry.at),
            shown_amount(receipt),
            entry.fee_msat.map(|fee| Msat::new(fee).to_string()).unwrap_or_default(),
            entry.rail.clone(),
            receipt.status().to_owned(),
            code.unwrap_or_default(),
            request.chars().take(URL_LEN_MAX).collect(),
            entry.payment_key.chars().take(KEY_LEN).collect(),
        ]);
    }
    for position in [1, 2] {
        if let Some(column) = table.column_mut(position) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
