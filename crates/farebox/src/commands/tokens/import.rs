//! `farebox tokens import`

use super::open_records;
use crate::commands::problem::Problem;
use crate::config::Settings;
use crate::output::{harmless, print_json, print_line};
use clap::Args;
use farebox_buyer::{FoundToken, find_tokens};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Take over the tokens that another program has bought; its files stay as they are
///
/// Each is tried anywhere at its host until a request is refused, as the other program did. What
/// is not paid for certain is left out.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// lnget, for ~/.lnget/tokens, or a folder with a folder for each host
    from: PathBuf,

    /// Only say what would be taken over
    #[arg(long)]
    dry_run: bool,

    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn run(args: &ImportArgs, settings: &Settings) -> Result<(), Problem> {
    let folder = folder(&args.from)?;
    let found = find_tokens(&folder)
        .map_err(|error| Problem::usage(format!("cannot read {}: {error}", folder.display())))?;
    let records = open_records(settings)?;
    let (mut imported, mut known, mut skipped) = (0, 0, Vec::new());
    for (path, found) in found {
        match found {
            FoundToken::Skipped(reason) => skipped.push((path, reason.to_string())),
            FoundToken::Token(_) if args.dry_run => imported += 1,
            FoundToken::Token(token) => match records.import_token(*token).await? {
                true => imported += 1,
                false => known += 1,
            },
        }
    }
    if args.json {
        let skipped: Vec<Value> = skipped
            .iter()
            .map(|(path, reason)| json!({ "file": path, "reason": reason }))
            .collect();
        print_json(&json!({
            "dry_run": args.dry_run, "imported": imported, "known": known, "skipped": skipped,
        }));
        return Ok(());
    }
    let would = if args.dry_run { "would be " } else { "" };
    print_line(format_args!("Tokens {would}taken over: {imported}; there already: {known}"));
    for (path, reason) in &skipped {
        print_line(format_args!("left out {}: {reason}", harmless(&path.display().to_string())));
    }
    Ok(())
}

fn folder(from: &Path) -> Result<PathBuf, Problem> {
    if from.as_os_str() != "lnget" {
        return Ok(from.to_owned());
    }
    let home = etcetera::home_dir()
        .map_err(|_| Problem::usage("there is no home folder; name the folder of the tokens"))?;
    Ok(home.join(".lnget/tokens"))
}
