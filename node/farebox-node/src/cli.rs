//! The command line.

use crate::data_dir::{DataDir, Passwords, Seed};
use crate::problem::Problem;
use crate::run;
use crate::settings::{Options, Settings};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  A node on Bitcoin that asks a public Esplora server for the chain:
    farebox-node --network bitcoin --chain esplora:https://blockstream.info/api

  A routing node next to an own bitcoind:
    farebox-node --network bitcoin --chain bitcoind:http://user:password@127.0.0.1:8332 \\
      --listen 0.0.0.0:9735 --announce node.example.com:9735 --alias my-node

  The wallet URLs for the settings of farebox, and the backup words:
    farebox-node passwords
    farebox-node seed

  From another terminal, with the full password:
    curl -u :$PASSWORD http://127.0.0.1:9740/getinfo
    curl -u :$PASSWORD http://127.0.0.1:9740/createinvoice -d amountSat=100 -d description=coffee

Settings come from flags, then from the environment (FAREBOX_NODE_DATA, FAREBOX_NODE_NETWORK and
so on), then from a TOML file named with --config, whose keys are the long flags with _ for -.";

/// A small self-custodial Lightning node that speaks phoenixd's HTTP API.
///
/// Without a command it runs the node until it is stopped with SIGTERM or Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "farebox-node", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    /// Settings file (TOML)
    #[arg(long, global = true, env = "FAREBOX_NODE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    options: Options,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows the backup words and says what they bring back and what they do not
    Seed {
        /// Reads words from standard input into an empty data folder instead
        #[arg(long)]
        restore: bool,
    },
    /// Shows the two passwords as wallet URLs
    Passwords,
}

/// Does what the arguments say.
pub(crate) fn run() -> Result<(), Problem> {
    let cli = Cli::parse();
    let options = cli.options.over_file(cli.config.as_deref())?;
    match cli.command {
        None => run::run(Settings::new(options)?),
        Some(Command::Seed { restore: false }) => {
            let seed = Seed::read(&options.data()?)?;
            println!("{}", seed.explained());
            Ok(())
        }
        Some(Command::Seed { restore: true }) => {
            let data = DataDir::open(options.data()?)?;
            Seed::restore(&data, std::io::stdin())?;
            println!("The words are in place; start the node now.");
            Ok(())
        }
        Some(Command::Passwords) => {
            let passwords = Passwords::read(&options.data()?)?;
            println!("{}", passwords.wallet_urls(options.http()));
            Ok(())
        }
    }
}
