//! `farebox admin`

mod ledger;

use crate::config::Settings;
use crate::output::Failure;
use clap::Subcommand;
use std::process::ExitCode;

/// Look after a server.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
}

/// Runs one of the operator's commands.
pub fn run(command: AdminCommand, settings: Settings) -> Result<ExitCode, Failure> {
    match command {
        AdminCommand::Ledger(command) => ledger::run(command, settings),
    }
}
