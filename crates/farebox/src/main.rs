//! The `farebox` binary: commands, settings and the assembly of the server.

mod backup;
mod books;
mod cli;
mod commands;
mod config;
mod demo;
mod output;
mod server;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Armed by the environment, for as long as the process lives.
    #[cfg(feature = "fail-points")]
    let _armed = fail::FailScenario::setup();
    cli::run()
}
