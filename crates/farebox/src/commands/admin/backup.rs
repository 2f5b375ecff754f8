//! `farebox admin backup`

use crate::backup::{self, Progress};
use crate::config::Settings;
use crate::output::{Failure, print_json, print_line};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Copy everything that the server must not lose into a new folder, while it runs.
///
/// The copy is of one moment. It is checked page by page and transfer by transfer before the
/// folder gets its name; a folder that is there is whole. Keep it secret: with it, every token
/// that was sold can be made.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox admin backup /backup/monday
  farebox admin backup --demo /tmp/demo --json | jq -r .head
  farebox admin ledger verify --backup /backup/monday

A PostgreSQL is dumped with pg_dump, which must be installed.

Exit codes: 0 made and checked, 1 it did not work, 2 wrong arguments or the folder is taken.")]
pub struct BackupArgs {
    /// The new folder
    folder: PathBuf,

    /// The demo's data
    #[arg(long)]
    demo: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Makes a backup.
pub async fn run(args: BackupArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let progress = Progress::new(args.json);
    let (folder, manifest) = backup::make(&settings, args.demo, args.folder, progress).await?;
    let files: Vec<_> = manifest.files.iter().map(|file| file.name.as_str()).collect();
    if args.json {
        print_json(&json!({
            "folder": folder,
            "head": manifest.head,
            "bytes": manifest.bytes(),
            "files": manifest.files,
        }));
    } else {
        print_line(format_args!("{}: {} bytes", folder.display(), manifest.bytes()));
        print_line(format_args!("files  {}, manifest.json", files.join(", ")));
        print_line(format_args!("head   {}", manifest.head));
        print_line("The copy was checked, and its books are sound.");
    }
    Ok(ExitCode::SUCCESS)
}
