//! `farebox wallet invoice`

use super::connection::WalletArgs;
use crate::commands::duration::parse_duration;
use crate::commands::problem::Problem;
use crate::config::Settings;
use crate::output::{print_json, print_line};
use clap::Args;
use farebox_money::Sats;
use farebox_wallet::{CreatedInvoice, NewInvoice};
use fast_qr::QRBuilder;
use serde_json::json;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

/// Characters of a memo that every wallet takes.
const MEMO_LEN_MAX: usize = 128;

/// Make an invoice to be paid.
///
/// The invoice alone goes to standard output; on a terminal a QR code follows.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox wallet invoice 250
  farebox wallet invoice 21000 --memo 'two books' --expiry 24h --json | jq -r .invoice

Exit codes: 0 made, 1 the wallet refuses, 2 wrong arguments, 4 it cannot be reached.")]
pub struct InvoiceArgs {
    /// What is to be paid
    #[arg(value_name = "AMOUNT_SATS")]
    amount: Sats,

    /// What it is for; whoever pays sees it
    #[arg(long, value_name = "TEXT", default_value = "")]
    memo: String,

    /// How long it can be paid: 90, 90s, 2m, 1h
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_duration)]
    expiry: Duration,

    #[command(flatten)]
    wallet: WalletArgs,

    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Has the wallet make an invoice and prints it.
pub(super) async fn run(args: InvoiceArgs, settings: Settings) -> Result<ExitCode, Problem> {
    let amount = args.amount.to_msat().filter(|amount| !amount.is_zero());
    let amount = amount.ok_or_else(|| Problem::usage("an invoice is over one satoshi or more"))?;
    if args.memo.chars().count() > MEMO_LEN_MAX {
        return Err(Problem::usage(format!("--memo is longer than {MEMO_LEN_MAX} characters")));
    }
    let expiry_s = u32::try_from(args.expiry.as_secs()).unwrap_or(u32::MAX);
    let invoice = NewInvoice { amount, description: args.memo, expiry_s };
    let connection = args.wallet.open(&settings)?;
    let created = connection.wallet.create(invoice).await?;
    if args.json {
        print_json(&json!({
            "invoice": created.bolt11,
            "payment_hash": created.payment_hash,
            "amount_sats": args.amount,
            "expires_at": created.expires_at,
        }));
    } else {
        show(&created);
    }
    Ok(ExitCode::SUCCESS)
}

fn show(created: &CreatedInvoice) {
    print_line(&created.bolt11);
    if !std::io::stdout().is_terminal() {
        return;
    }
    // In upper case, which a QR code needs less room for.
    if let Ok(code) = QRBuilder::new(created.bolt11.to_ascii_uppercase()).build() {
        print_line(code.to_str());
    }
}
