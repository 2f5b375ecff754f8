//! The command line. Each command is one file in `commands/`.

use crate::commands::{
    admin, approve, budget, categories, config as config_command, get, policy, probe, proxy,
    receipts, search, serve, show, tokens, wallet,
};
use crate::config::{self, Overrides, Settings};
use crate::output::Failure;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// APIs that are paid per request, by people and by agents, with no sign-up.
///
/// Try it without any money: `farebox serve --demo` starts a directory of paid APIs, some
/// sample APIs and a play Lightning wallet on this machine, and says what to do next.
#[derive(Debug, Parser)]
#[command(name = "farebox", version, max_term_width = 100)]
struct Cli {
    /// Settings file [default: farebox/farebox.toml in the platform's configuration folder]
    #[arg(long, global = true, env = "FAREBOX_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Get(Box<get::GetArgs>),
    Proxy(Box<proxy::ProxyArgs>),
    Probe(probe::ProbeArgs),
    Search(search::SearchArgs),
    Show(show::ShowArgs),
    Categories(categories::CategoriesArgs),
    #[command(subcommand)]
    Wallet(wallet::WalletCommand),
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    Budget(budget::BudgetArgs),
    Approve(approve::ApproveArgs),
    Receipts(receipts::ReceiptsArgs),
    #[command(subcommand)]
    Tokens(tokens::TokensCommand),
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    #[command(subcommand)]
    Config(config_command::ConfigCommand),
}

impl Command {
    fn wants_json(&self) -> bool {
        match self {
            Self::Search(args) => args.json,
            Self::Show(args) => args.json,
            Self::Categories(args) => args.json,
            Self::Get(args) => args.json,
            Self::Probe(args) => args.json,
            Self::Wallet(command) => command.json(),
            Self::Policy(command) => command.json(),
            Self::Budget(args) => args.json(),
            Self::Approve(args) => args.json(),
            Self::Receipts(args) => args.json,
            Self::Tokens(command) => command.json(),
            Self::Admin(command) => command.wants_json(),
            Self::Serve(_) | Self::Proxy(_) | Self::Config(_) => false,
        }
    }
}

/// Runs the command that the arguments name and returns its exit code.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let as_json = cli.command.wants_json();
    dispatch(cli).unwrap_or_else(|failure| failure.report(as_json))
}

fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    let Cli { config, command } = cli;
    let overrides = match &command {
        Command::Serve(args) => args.overrides(),
        Command::Search(args) => args.server.overrides(),
        Command::Show(args) => args.server.overrides(),
        Command::Categories(args) => args.server.overrides(),
        _ => Overrides::new(),
    };
    let variables = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    let settings = config::load(config.as_deref(), variables, overrides);
    let settings = settings.map_err(Failure::usage)?;
    let runtime = runtime()?;
    runtime.block_on(execute(command, settings))
}

async fn execute(command: Command, settings: Settings) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(args) => serve::run(args, settings).await,
        Command::Get(args) => get::run(*args, settings).await,
        Command::Proxy(args) => proxy::run(*args, settings).await,
        Command::Probe(args) => probe::run(args).await,
        Command::Search(args) => search::run(args, settings).await,
        Command::Show(args) => show::run(args, settings).await,
        Command::Categories(args) => categories::run(args, settings).await,
        Command::Wallet(command) => wallet::run(command, settings).await,
        Command::Policy(command) => policy::run(command, &settings),
        Command::Budget(args) => budget::run(args, settings).await,
        Command::Approve(args) => approve::run(args, settings).await,
        Command::Receipts(args) => receipts::run(args, settings).await,
        Command::Tokens(command) => tokens::run(command, settings).await,
        Command::Admin(command) => admin::run(command, settings).await,
        Command::Config(command) => config_command::run(command, settings),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::general(format!("no async runtime: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
