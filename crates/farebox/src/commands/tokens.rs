//! `farebox tokens`

mod import;
mod list;
mod remove;

use super::money_rules::open_records;
use super::problem::Problem;
use crate::config::Settings;
use crate::output::{Failure, harmless};
use clap::Subcommand;
use farebox_buyer::{Records, StoredToken};
use std::process::ExitCode;

/// The tokens that were paid for and may be good for another request.
///
/// A token and its preimage are as good as money to whoever has them, so they are shown only with
/// --reveal.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  farebox tokens list
  farebox tokens show api.example.com --reveal
  farebox tokens remove 1f0c9a2e7b31
  farebox tokens clear --force
  farebox tokens import lnget
  farebox tokens import ~/.lnget/tokens --dry-run

A token is named by its host, or by the start of its payment hash, six digits at least.
Exit codes: 0 done, 1 the records cannot be read or written, 2 wrong arguments or no such token.")]
pub enum TokensCommand {
    List(list::ListArgs),
    Show(list::ShowArgs),
    Remove(remove::RemoveArgs),
    Clear(remove::ClearArgs),
    Import(import::ImportArgs),
}

impl TokensCommand {
    /// Whether the output is for a program.
    pub const fn json(&self) -> bool {
        match self {
            Self::List(args) => args.json,
            Self::Show(args) => args.json,
            Self::Remove(args) => args.json,
            Self::Clear(args) => args.json,
            Self::Import(args) => args.json,
        }
    }
}

/// Runs one of the commands about tokens.
pub async fn run(command: TokensCommand, settings: Settings) -> Result<ExitCode, Failure> {
    let json = command.json();
    let outcome = match command {
        TokensCommand::List(args) => list::list(&args, &settings).await,
        TokensCommand::Show(args) => list::show(&args, &settings).await,
        TokensCommand::Remove(args) => remove::remove(&args, &settings).await,
        TokensCommand::Clear(args) => remove::clear(&args, &settings).await,
        TokensCommand::Import(args) => import::run(&args, &settings).await,
    };
    Ok(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => problem.print(json),
    })
}

/// The tokens that a name means; at least one.
async fn named(name: &str, settings: &Settings) -> Result<(Records, Vec<StoredToken>), Problem> {
    const DIGITS_MIN: usize = 6;
    let records = open_records(settings)?;
    let name = name.to_ascii_lowercase();
    let is_hash = name.len() >= DIGITS_MIN && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut tokens = records.tokens().await?;
    tokens.retain(|token| {
        let same_hash = is_hash && token.payment_hash.to_string().starts_with(&name);
        same_hash || token.host() == name
    });
    if tokens.is_empty() {
        let text = format!("there is no token {:?}", harmless(&name));
        let hint = "farebox tokens list says which there are";
        return Err(Problem::new("unknown_token", text, 2).with_hint(Some(hint)));
    }
    Ok((records, tokens))
}
