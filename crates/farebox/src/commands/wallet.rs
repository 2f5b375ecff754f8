//! `farebox wallet`

use crate::config::Settings;
use crate::output::{Failure, print_json, print_line};
use clap::{Args, Subcommand};
use farebox_wallet::{Payer, Phoenixd, PhoenixdUrl, WalletError};
use serde_json::json;
use std::process::ExitCode;

/// Look at the wallet that `farebox get` pays from.
#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    Balance(BalanceArgs),
}

/// Print what the wallet can spend.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox wallet balance
  farebox wallet balance --json | jq .balance_sats")]
pub struct BalanceArgs {
    /// The wallet, as phoenixd:http://:PASSWORD@HOST:PORT [env: FAREBOX_WALLET=]
    #[arg(long, value_name = "URL")]
    wallet: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl WalletCommand {
    /// Whether the output is for a program.
    pub fn wants_json(&self) -> bool {
        match self {
            Self::Balance(args) => args.json,
        }
    }
}

/// Runs one of the wallet's commands.
pub async fn run(command: WalletCommand, settings: Settings) -> Result<ExitCode, Failure> {
    match command {
        WalletCommand::Balance(args) => balance(args, settings).await,
    }
}

async fn balance(args: BalanceArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let Some(url) = args.wallet.or(settings.wallet) else {
        return Err(Failure::usage(
            "no wallet is configured; name one with --wallet phoenixd:http://:PASSWORD@HOST:PORT \
             or FAREBOX_WALLET (`farebox serve --demo` brings a play wallet)",
        ));
    };
    let url: PhoenixdUrl = url.parse().map_err(Failure::usage)?;
    let wallet = Phoenixd::new(url).map_err(Failure::general)?;
    let balance = wallet.balance().await.map_err(failure)?;
    let network = wallet.info().await.map_err(failure)?.network.name();
    if args.json {
        let sats = balance.to_sats_floor().get();
        print_json(&json!({"balance_sats": sats, "balance_msat": balance, "network": network}));
    } else {
        print_line(format_args!("{balance} ({network})"));
    }
    Ok(ExitCode::SUCCESS)
}

fn failure(error: WalletError) -> Failure {
    match error {
        WalletError::Unreachable(_) => Failure::network(error),
        _ => Failure::general(error),
    }
}
