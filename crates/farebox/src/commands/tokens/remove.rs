//! `farebox tokens remove` and `clear`

use super::{named, open_records};
use crate::commands::problem::Problem;
use crate::config::Settings;
use crate::output::{print_json, print_line};
use clap::Args;
use serde_json::json;
use std::io::{BufRead, IsTerminal, Write};

/// Take tokens away for good: a request that one was good for is paid for again
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// A host, for all of its tokens, or the start of a payment hash
    token: String,

    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Take all tokens away for good
#[derive(Debug, Args)]
pub struct ClearArgs {
    /// Without asking
    #[arg(short, long)]
    force: bool,

    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn remove(args: &RemoveArgs, settings: &Settings) -> Result<(), Problem> {
    let (records, tokens) = named(&args.token, settings).await?;
    let hashes = tokens.iter().map(|token| token.payment_hash).collect();
    let removed = records.remove_tokens(hashes).await?;
    report(removed, args.json);
    Ok(())
}

pub(super) async fn clear(args: &ClearArgs, settings: &Settings) -> Result<(), Problem> {
    let records = open_records(settings)?;
    let tokens = records.tokens().await?;
    if !tokens.is_empty() && !args.force {
        confirm(tokens.len())?;
    }
    let hashes = tokens.iter().map(|token| token.payment_hash).collect();
    let removed = records.remove_tokens(hashes).await?;
    report(removed, args.json);
    Ok(())
}

fn report(removed: u64, json: bool) {
    if json {
        print_json(&json!({ "removed": removed }));
    } else {
        print_line(format_args!("Tokens removed: {removed}"));
    }
}

/// Asks the human at the keyboard; without one, nothing is taken away.
fn confirm(count: usize) -> Result<(), Problem> {
    let refused = |text: &str| Problem::usage(text);
    if !std::io::stdin().is_terminal() {
        return Err(refused("nobody is there to confirm it; add --force to remove all tokens"));
    }
    eprint!("Remove {count} tokens for good? What they are good for is paid for again. [y/N] ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match read {
        Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        _ => Err(refused("nothing was removed")),
    }
}
