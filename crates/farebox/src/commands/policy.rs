//! `farebox policy`

mod show;

use super::money_rules::PolicyArgs;
use super::problem::Problem;
use crate::config::Settings;
use crate::output::{Failure, print_json, print_line};
use clap::{Args, Subcommand};
use farebox_buyer::rules::{POLICY_FILE, POLICY_TEMPLATE, load};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The money rules of this buyer: how much may be spent, where, and what you are asked about.
///
/// They stand in policy.toml in the data folder, which you write and no command changes. Without
/// it, up to 1000 sats a call are paid over Lightning, and nothing in tokens.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  farebox policy init           # then open the file in an editor
  farebox policy check draft.toml
  farebox policy show --json | jq '.rules[].name'

docs/buying.md has every key. Exit codes: 0 fine, 1 something else went wrong, 2 the policy cannot
be used.")]
pub enum PolicyCommand {
    Init(InitArgs),
    Check(CheckArgs),
    Show(ShowArgs),
}

/// Write a policy with every key and a comment to each, to begin with
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Read a policy and say what is wrong with it
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The file [default: policy.toml in the data folder]
    file: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Say which rules are in force
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    policy: PolicyArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl PolicyCommand {
    /// Whether the output is for a program.
    pub const fn json(&self) -> bool {
        match self {
            Self::Init(args) => args.json,
            Self::Check(args) => args.json,
            Self::Show(args) => args.json,
        }
    }
}

/// Runs one of the policy's commands.
pub fn run(command: PolicyCommand, settings: &Settings) -> Result<ExitCode, Failure> {
    let json = command.json();
    let outcome = match command {
        PolicyCommand::Init(args) => init(&args, settings),
        PolicyCommand::Check(args) => check(&args, settings),
        PolicyCommand::Show(args) => args.policy.read(settings).map(|policy| {
            show::print(&policy, args.json);
        }),
    };
    Ok(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => problem.print(json),
    })
}

fn own_file(settings: &Settings) -> Result<PathBuf, Problem> {
    Ok(settings.data_dir().map_err(Problem::usage)?.join(POLICY_FILE))
}

fn init(args: &InitArgs, settings: &Settings) -> Result<(), Problem> {
    let path = own_file(settings)?;
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Problem::usage(format!("{} is there already; edit it", path.display()))
        }
        _ => Problem::general(format!("cannot write {}: {error}", path.display())),
    };
    if let Some(folder) = path.parent() {
        farebox_store::make_private_folder(folder).map_err(failed)?;
    }
    write_new(&path, POLICY_TEMPLATE).map_err(failed)?;
    if args.json {
        print_json(&json!({ "path": path }));
    } else {
        print_line(format_args!("Wrote {}. It allows 10000 sats a day; edit it.", path.display()));
    }
    Ok(())
}

/// Writes a file that was not there and that only its owner can read.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn check(args: &CheckArgs, settings: &Settings) -> Result<(), Problem> {
    let path = match &args.file {
        Some(path) => path.clone(),
        None => own_file(settings)?,
    };
    let policy = load(&path).map_err(|error| Problem::new("policy", error.to_string(), 2))?;
    let missing = || {
        let text = format!("there is no policy {}", path.display());
        Problem::new("policy", text, 2).with_hint(Some("farebox policy init writes one"))
    };
    let policy = policy.ok_or_else(missing)?;
    if args.json {
        print_json(&json!({ "path": path, "rules": policy.rules.len() }));
    } else {
        let count = policy.rules.len();
        print_line(format_args!("{} is fine; rules: {count}", path.display()));
    }
    Ok(())
}
