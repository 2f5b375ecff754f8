//! `farebox admin`

mod backup;
mod import;
mod ledger;
mod restore;
mod review;
mod server;

use crate::config::Settings;
use crate::output::Failure;
use clap::Subcommand;
use std::process::ExitCode;

/// Look after a server.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Review(review::ReviewArgs),
    Import(import::ImportArgs),
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
}

impl AdminCommand {
    /// Whether the output is for a program.
    pub fn wants_json(&self) -> bool {
        match self {
            Self::Backup(args) => args.json,
            Self::Restore(args) => args.json,
            Self::Review(args) => args.json,
            Self::Import(args) => args.json,
            Self::Ledger(command) => command.wants_json(),
        }
    }
}

/// Runs one of the operator's commands.
pub async fn run(command: AdminCommand, settings: Settings) -> Result<ExitCode, Failure> {
    match command {
        AdminCommand::Backup(args) => backup::run(args, settings).await,
        AdminCommand::Restore(args) => restore::run(args, settings).await,
        AdminCommand::Review(args) => review::run(args, settings).await,
        AdminCommand::Import(args) => import::run(args, settings).await,
        AdminCommand::Ledger(command) => ledger::run(command, settings).await,
    }
}
