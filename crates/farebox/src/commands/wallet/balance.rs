//! `farebox wallet balance`

use super::connection::WalletArgs;
use crate::commands::problem::Problem;
use crate::config::Settings;
use crate::output::{print_json, print_line};
use clap::Args;
use serde_json::json;
use std::process::ExitCode;

/// Print what the wallet can spend.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox wallet balance
  farebox wallet balance --json | jq .balance_sats

Exit codes: 0 it answers, 1 it refuses, 2 wrong arguments, 4 it cannot be reached.")]
pub struct BalanceArgs {
    #[command(flatten)]
    wallet: WalletArgs,

    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Asks the wallet and prints its balance.
pub(super) async fn run(args: BalanceArgs, settings: Settings) -> Result<ExitCode, Problem> {
    let connection = args.wallet.open(&settings)?;
    let balance = connection.wallet.balance().await?;
    let network = connection.wallet.info().await?.network.name();
    if args.json {
        let sats = balance.to_sats_floor();
        print_json(&json!({"balance_sats": sats, "balance_msat": balance, "network": network}));
    } else {
        print_line(format_args!("{balance} ({network})"));
    }
    Ok(ExitCode::SUCCESS)
}
