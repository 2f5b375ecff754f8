//! `farebox wallet status`

use super::connection::WalletArgs;
use crate::commands::problem::Problem;
use crate::config::Settings;
use crate::output::{print_json, print_line};
use clap::Args;
use farebox_money::Sats;
use serde_json::json;
use std::process::ExitCode;

/// What the fee is shown for where the wallet takes no limit.
const EXAMPLE: Sats = Sats::new(1_000);

/// Ask the wallet whether it is there, and what it can do.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox wallet status
  farebox wallet status --wallet 'lnd:https://127.0.0.1:8080?macaroon=HEX&cert=tls.cert' --json

Exit codes: 0 it answers, 1 it refuses, 2 wrong arguments, 4 it cannot be reached.")]
pub struct StatusArgs {
    #[command(flatten)]
    wallet: WalletArgs,

    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Asks the wallet and prints what it says.
pub(super) async fn run(args: StatusArgs, settings: Settings) -> Result<ExitCode, Problem> {
    let connection = args.wallet.open(&settings)?;
    let info = connection.wallet.info().await?;
    let balance = connection.wallet.balance().await?;
    let network = info.network.name();
    let fee_limit = info.capabilities.fee_limit;
    if args.json {
        print_json(&json!({
            "wallet": connection.name,
            "network": network,
            "balance_sats": balance.to_sats_floor(),
            "balance_msat": balance,
            "node_id": info.node_id.map(|id| id.to_string()),
            "capabilities": {"fee_limit": fee_limit},
        }));
        return Ok(ExitCode::SUCCESS);
    }
    print_line(format_args!("wallet      {}", connection.name));
    print_line(format_args!("network     {network}"));
    if let Some(id) = info.node_id {
        print_line(format_args!("node        {id}"));
    }
    print_line(format_args!("balance     {balance}"));
    if fee_limit {
        print_line("fee limit   yes: --max-fee binds");
    } else {
        let worst = connection.wallet.worst_fee(EXAMPLE.to_msat().unwrap_or_default());
        print_line(format_args!("fee limit   no: {EXAMPLE} may cost up to {worst} on top"));
    }
    Ok(ExitCode::SUCCESS)
}
