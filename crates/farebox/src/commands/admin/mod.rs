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

impl AdminCommand {
    /// Whether the output is for a program.
    pub fn wants_json(&self) -> bool {
        match self {
            Self::Ledger(command) => command.wants_json(),
        }
    }
}

/// Runs one of the operator's commands.
pub async fn run(command: AdminCommand, settings: Settings) -> Result<ExitCode, Failure> {
    match command {
        AdminCommand::Ledger(command) => ledger::run(command, settings).await,
    }
}
