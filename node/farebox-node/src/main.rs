//! `farebox-node`: a small self-custodial Lightning node that speaks phoenixd's HTTP API.
//!
//! The Lightning library (`ldk-node`) keeps channels, coins and routing; this program adds the
//! API, a record of payments that survives a crash, and the two passwords.

mod api;
mod cli;
mod data_dir;
mod lightning;
mod problem;
mod run;
mod settings;
mod store;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("farebox-node: {problem}");
            ExitCode::FAILURE
        }
    }
}
