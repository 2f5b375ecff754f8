//! Faults that hit the whole process, the disk or the file: run by `tests/faults/run`.

mod bit_flips;
mod books;
#[cfg(target_os = "linux")]
mod disk;
mod kill;
#[cfg(target_os = "linux")]
mod power_cut;
mod tally;
mod worker;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Anything that ends a run early; its text is all that is looked at.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Plays faults and checks what they leave.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Cut the power of a simulated disk while transfers are booked
    #[cfg(target_os = "linux")]
    PowerCut(power_cut::PowerCutArgs),
    /// Kill a process while it books transfers
    Kill(kill::KillArgs),
    /// Flip bits of transfers in a database file and ask whether the books are sound
    BitFlips(bit_flips::BitFlipArgs),
    #[command(hide = true)]
    Worker(worker::WorkerArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let passed = match Arguments::parse().command {
        #[cfg(target_os = "linux")]
        Command::PowerCut(args) => power_cut::run(args).await,
        Command::Kill(args) => kill::run(args).await,
        Command::BitFlips(args) => bit_flips::run(args).await,
        Command::Worker(args) => worker::run(args).await.map(|()| true),
    };
    match passed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
