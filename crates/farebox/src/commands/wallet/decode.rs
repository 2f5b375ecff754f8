//! `farebox wallet decode`

use crate::commands::problem::Problem;
use crate::commands::when::time;
use crate::output::{harmless, print_json, print_line};
use clap::Args;
use farebox_wire::bolt11::Invoice;
use jiff::Timestamp;
use serde_json::json;
use std::process::ExitCode;

/// Say what an invoice asks for; needs no wallet.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox wallet decode lnbc2500u1pvjluez…
  farebox wallet decode lnbc2500u1pvjluez… --json | jq .amount_sats

Exit codes: 0 it is an invoice (expired or not), 2 it is none.")]
pub struct DecodeArgs {
    /// A BOLT 11 invoice, with or without lightning: before it
    invoice: String,

    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Prints what the invoice says.
pub(super) fn run(args: DecodeArgs) -> Result<ExitCode, Problem> {
    let invoice = Invoice::decode(&args.invoice).map_err(Problem::usage)?;
    let expired = is_expired(&invoice);
    if args.json {
        print_json(&json!({
            "network": invoice.network.name(),
            "amount_sats": invoice.amount.map(|amount| amount.to_sats_ceil()),
            "amount_msat": invoice.amount,
            "description": invoice.description,
            "payment_hash": invoice.payment_hash,
            "payee": invoice.payee,
            "created_at": invoice.created_at,
            "expires_at": invoice.expires_at,
            "expired": expired,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    let amount = invoice.amount.map(|amount| amount.to_string());
    print_line(format_args!("network       {}", invoice.network.name()));
    print_line(format_args!("amount        {}", amount.as_deref().unwrap_or("any")));
    print_line(format_args!("description   {}", harmless(&invoice.description)));
    print_line(format_args!("payment hash  {}", invoice.payment_hash));
    print_line(format_args!("payee         {}", invoice.payee));
    print_line(format_args!("created       {}", time(invoice.created_at)));
    let note = if expired { " (expired)" } else { "" };
    print_line(format_args!("expires       {}{note}", time(invoice.expires_at)));
    Ok(ExitCode::SUCCESS)
}

fn is_expired(invoice: &Invoice) -> bool {
    u64::try_from(Timestamp::now().as_second()).is_ok_and(|now| now >= invoice.expires_at)
}
