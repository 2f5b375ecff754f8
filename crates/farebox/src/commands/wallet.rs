//! `farebox wallet`

mod balance;
mod connection;
mod decode;
mod history;
mod invoice;
mod pay;
mod payee;
mod status;

use crate::config::Settings;
use crate::output::Failure;
use clap::Subcommand;
use std::process::ExitCode;

/// Look at the wallet that `farebox get` pays from, and use it by hand.
#[derive(Debug, Subcommand)]
#[command(after_help = "Wallets, as --wallet and FAREBOX_WALLET name them:
  phoenixd:http://:PASSWORD@HOST:9740            phoenixd, and nodes that speak its API
  lnd:https://HOST:8080?macaroon=HEX&cert=PATH   LND
  cln:https://HOST:3010?rune=RUNE&cert=PATH      Core Lightning with clnrest
  lnbits:https://HOST?key=KEY                    LNbits
  nostr+walletconnect://…                        Nostr Wallet Connect, as the wallet hands it out

Without a wallet, `farebox serve --demo` brings one with play money.")]
pub enum WalletCommand {
    Status(status::StatusArgs),
    Balance(balance::BalanceArgs),
    Invoice(invoice::InvoiceArgs),
    Pay(Box<pay::PayArgs>),
    History(history::HistoryArgs),
    Decode(decode::DecodeArgs),
}

/// Runs one of the wallet's commands.
pub async fn run(command: WalletCommand, settings: Settings) -> Result<ExitCode, Failure> {
    let json = command.json();
    let outcome = match command {
        WalletCommand::Status(args) => status::run(args, settings).await,
        WalletCommand::Balance(args) => balance::run(args, settings).await,
        WalletCommand::Invoice(args) => invoice::run(args, settings).await,
        WalletCommand::Pay(args) => pay::run(*args, settings).await,
        WalletCommand::History(args) => history::run(args, settings).await,
        WalletCommand::Decode(args) => decode::run(args),
    };
    Ok(outcome.unwrap_or_else(|problem| problem.print(json)))
}

impl WalletCommand {
    /// Whether the output is for a program.
    pub const fn json(&self) -> bool {
        match self {
            Self::Status(args) => args.json,
            Self::Balance(args) => args.json,
            Self::Invoice(args) => args.json,
            Self::Pay(args) => args.json,
            Self::History(args) => args.json,
            Self::Decode(args) => args.json,
        }
    }
}
