//! `farebox wallet history`

use super::connection::WalletArgs;
use crate::commands::problem::Problem;
use crate::commands::when::time;
use crate::config::Settings;
use crate::output::{harmless, print_json, print_line};
use clap::Args;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use farebox_wallet::{Direction, HISTORY_LEN_MAX, PaymentRecord, RecordState};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Digits of a payment hash that tell payments apart; JSON has all of them.
const HASH_LEN: usize = 16;
const DESCRIPTION_LEN_MAX: usize = 40;

/// List the payments that the wallet received and sent, newest first.
///
/// Sent payments are listed however they ended, where the wallet keeps a record of those that
/// failed. Invoices that nobody paid are left out.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox wallet history
  farebox wallet history --limit 100 --json | jq '[.payments[].fee_msat] | add'

States: paid; pending, it may still be paid; failed, nothing was paid.
Exit codes: 0 listed, 1 the wallet refuses, 2 wrong arguments, 4 it cannot be reached.")]
pub struct HistoryArgs {
    /// Payments at most, up to 500
    #[arg(long, value_name = "COUNT", default_value_t = 20,
        value_parser = clap::value_parser!(u16).range(1..=HISTORY_LEN_MAX as i64))]
    limit: u16,

    #[command(flatten)]
    wallet: WalletArgs,

    /// Print JSON, with whole payment hashes
    #[arg(long)]
    pub(super) json: bool,
}

/// Asks the wallet and prints what it has on record.
pub(super) async fn run(args: HistoryArgs, settings: Settings) -> Result<ExitCode, Problem> {
    let connection = args.wallet.open(&settings)?;
    let limit = usize::from(args.limit);
    let records = connection.wallet.history(limit).await?;
    if args.json {
        let payments: Vec<Value> = records.iter().map(as_json).collect();
        print_json(&json!({ "payments": payments }));
    } else if records.is_empty() {
        print_line("No payments yet.");
    } else {
        print_line(table(&records));
        if records.len() == limit {
            print_line(format_args!("\nThe latest {limit}; more with --limit COUNT."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(record: &PaymentRecord) -> Value {
    json!({
        "direction": direction(record),
        "state": state(record),
        "amount_sats": record.amount.to_sats_ceil(),
        "amount_msat": record.amount,
        "fee_sats": record.fee.to_sats_ceil(),
        "fee_msat": record.fee,
        "at": record.at,
        "payment_hash": record.payment_hash,
        "description": record.description,
    })
}

fn table(records: &[PaymentRecord]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["TIME", "", "AMOUNT", "FEE", "STATE", "PAYMENT HASH", "DESCRIPTION"]);
    if let Some((terminal_size::Width(width), _)) = terminal_size::terminal_size() {
        table.set_width(width);
    }
    for record in records {
        let hash = record.payment_hash.to_string();
        let text = harmless(&record.description);
        table.add_row([
            time(record.at),
            direction(record).to_owned(),
            record.amount.to_string(),
            record.fee.to_string(),
            state(record).to_owned(),
            hash.chars().take(HASH_LEN).collect(),
            text.chars().take(DESCRIPTION_LEN_MAX).collect(),
        ]);
    }
    for position in [2, 3] {
        if let Some(column) = table.column_mut(position) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

const fn direction(record: &PaymentRecord) -> &'static str {
    match record.direction {
        Direction::Received => "received",
        Direction::Sent => "sent",
    }
}

const fn state(record: &PaymentRecord) -> &'static str {
    match record.state {
        RecordState::Paid => "paid",
        RecordState::Pending => "pending",
        RecordState::Failed => "failed",
    }
}
