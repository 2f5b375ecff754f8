//! `farebox admin restore`

use crate::backup::{self, Progress, Restored};
use crate::config::Settings;
use crate::output::{Failure, print_json, print_line};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Put a backup in the place of the server's data. The server must be stopped.
///
/// The backup is checked first, then its copy. Old data is refused, or with --replace moved
/// aside and never deleted. What happened after the backup was made is not in the books: see the
/// drill in the operations guide.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox admin restore /backup/monday
  farebox admin restore --replace /backup/monday

A PostgreSQL is restored with pg_restore and psql, which must be installed.

Exit codes: 0 restored, 1 it did not work, 2 wrong arguments, or there is data already.")]
pub struct RestoreArgs {
    /// A folder that farebox admin backup made
    folder: PathBuf,

    /// The demo's data
    #[arg(long)]
    demo: bool,

    /// Move data that is there aside
    #[arg(long)]
    replace: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Restores a backup.
pub async fn run(args: RestoreArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let progress = Progress::new(args.json);
    let RestoreArgs { folder, demo, replace, json } = args;
    let restored = backup::restore(&settings, demo, folder, replace, progress).await?;
    let Restored { manifest, folder, moved_to } = restored;
    if json {
        print_json(&json!({
            "folder": folder,
            "head": manifest.head,
            "created_at": manifest.created_at,
            "moved_to": moved_to,
        }));
    } else {
        let (made, version) = (&manifest.created_at, &manifest.farebox);
        print_line(format_args!("{} is as of {made} (farebox {version})", folder.display()));
        for old in moved_to {
            print_line(format_args!("old data is in {old}"));
        }
        print_line(format_args!("head   {}", manifest.head));
        print_line("The backup was checked, and its books are sound.");
    }
    Ok(ExitCode::SUCCESS)
}
