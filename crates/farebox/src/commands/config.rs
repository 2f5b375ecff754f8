//! `farebox config`

use crate::config::{NODE_WALLET, Settings};
use crate::output::{Failure, print_line};
use clap::Subcommand;
use std::process::ExitCode;

/// Check the settings and show what is in force.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Read file, environment and flags; an unknown key or a bad value is an error
    Check,
    /// Print every key with the value in force; passwords are left out
    Show,
}

/// The settings were read before this runs, and anything wrong with them was reported.
pub fn run(command: ConfigCommand, settings: Settings) -> Result<ExitCode, Failure> {
    match command {
        ConfigCommand::Check => print_line("The settings are fine."),
        ConfigCommand::Show => {
            let shown = toml::to_string(&hidden(settings)).map_err(Failure::general)?;
            print_line(shown.trim_end());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn hidden(mut settings: Settings) -> Settings {
    let Settings { wallet, seller, withdrawals, evm, .. } = &mut settings;
    let wallets = [wallet, &mut seller.wallet, &mut withdrawals.wallet];
    for wallet in wallets.into_iter().flatten().filter(|wallet| *wallet != NODE_WALLET) {
        *wallet = "(set)".into();
    }
    evm.hide();
    // A hosted node has its key in the path.
    let chains = seller.evm.iter_mut().map(|chain| &mut chain.rpc);
    for rpc in chains.chain([&mut seller.tempo.rpc]).flatten() {
        *rpc = "(set)".into();
    }
    // The node's chain source may have a password.
    for argument in &mut settings.node.args {
        *argument = "(set)".into();
    }
    // Some sources take a key in the query.
    for source in &mut settings.rates.sources {
        if let Some((address, _)) = source.url.split_once('?') {
            source.url = format!("{address}?(set)");
        }
    }
    settings
}
