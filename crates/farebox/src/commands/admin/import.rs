//! `farebox admin import`

mod remote;

use crate::config::Settings;
use crate::output::{Failure, harmless, print_json, print_line};
use crate::server::directory::guarded;
use clap::Args;
use clap::builder::PossibleValuesParser;
use farebox_directory::import::formats::{Format, HEAD_LEN_MAX, detect};
use farebox_directory::import::{FetchOptions, Import, Report, source_name};
use farebox_directory::{Directory, Trust};
use farebox_store::{OpenError, Store};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{Cursor, IsTerminal, Read, stderr, stdin};
use std::process::ExitCode;
use std::time::Duration;
use url::Url;

/// Bring the listings of another list into the directory.
///
/// SOURCE is a file, - for standard input, or an address that is fetched, page by page where the
/// list has pages. Every field remembers who said it: what an owner, an admin or somebody who
/// registered said is never replaced by what a list says, and a listing that a list does not name
/// any more stays. Writes into the database itself; where a running server has that to itself, the
/// list is sent to the server, with the admin's secret from its data folder.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox admin import listings.jsonl --source partners --dry-run
  farebox admin import https://api.example.com/.well-known/x402
  farebox admin import https://farebox.example/api/v1/services --source example
  curl https://list.example/all.csv | farebox admin import - --format csv --json

Exit codes: 0 read to its end (rows may be refused; the report says why), 1 it did not get to its
end, 2 wrong arguments, 4 the list cannot be fetched.")]
pub struct ImportArgs {
    /// A file, - for standard input, or an address
    #[arg(value_name = "SOURCE")]
    list: String,

    /// How the list is written [default: told by how it begins]
    #[arg(long, value_parser = PossibleValuesParser::new(Format::ALL.map(Format::name)))]
    format: Option<String>,

    /// The name of the source, which its listings bear [default: made of the format or the host]
    #[arg(long, value_name = "NAME")]
    source: Option<String>,

    /// The address that a file came from, which relative paths are joined with
    #[arg(long, value_name = "URL")]
    address: Option<Url>,

    /// How far the list is believed [default: as lists of its form are]
    #[arg(long, value_parser = ["aggregator", "registry", "first-party", "admin"])]
    trust: Option<String>,

    /// Write nothing; say what would be
    #[arg(long)]
    dry_run: bool,

    /// The demo's directory
    #[arg(long)]
    demo: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Imports a list.
pub async fn run(args: ImportArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let bar = progress_bar(args.json);
    let done = match open(&settings, args.demo).await? {
        Some(directory) => write(&args, &settings, &directory, &bar).await,
        None => remote::send(&args, &settings, &bar).await,
    };
    bar.finish_and_clear();
    let report = done?;
    if args.json {
        print_json(&serde_json::to_value(&report).map_err(Failure::general)?);
    } else {
        print_report(&report);
    }
    Ok(if report.incomplete.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The directory; `None` when a running server has it to itself.
async fn open(settings: &Settings, demo: bool) -> Result<Option<Directory>, Failure> {
    let location = settings.store_location(demo).map_err(Failure::usage)?;
    let schemas = vec![farebox_store::schema(), farebox_directory::schema()];
    let store = match Store::open(location, schemas).await {
        Ok(store) => store,
        Err(OpenError::InUse { .. }) => return Ok(None),
        Err(error) => return Err(Failure::general(error)),
    };
    Directory::open(store, None).await.map(Some).map_err(Failure::general)
}

async fn write(
    args: &ImportArgs,
    settings: &Settings,
    directory: &Directory,
    bar: &ProgressBar,
) -> Result<Report, Failure> {
    let show = |report: &Report| {
        bar.set_position(report.count());
        bar.set_message(format!("{} new, {} changed", report.added, report.changed));
    };
    let done = match args.url() {
        Some(url) => fetch(args, settings, directory, &url, show).await,
        None => read(args, directory, show).await,
    };
    directory.store().checkpoint().await;
    done
}

async fn fetch(
    args: &ImportArgs,
    settings: &Settings,
    directory: &Directory,
    url: &Url,
    show: impl Fn(&Report) + Send + Sync,
) -> Result<Report, Failure> {
    let client = guarded(settings, args.demo)?;
    let options =
        FetchOptions { source: args.source.clone(), trust: args.trust(), dry_run: args.dry_run };
    let done = directory.import_from(&client, url, args.format(), &options, show).await;
    done.map_err(|error| Failure::network(harmless(&error.to_string())))
}

async fn read(
    args: &ImportArgs,
    directory: &Directory,
    show: impl Fn(&Report) + Send + Sync,
) -> Result<Report, Failure> {
    let name = &args.list;
    let mut input = args.input()?;
    let unreadable = |error: std::io::Error| Failure::usage(format!("cannot read {name}: {error}"));
    let mut head = Vec::new();
    let len_max = u64::try_from(HEAD_LEN_MAX).unwrap_or(u64::MAX);
    input.by_ref().take(len_max).read_to_end(&mut head).map_err(unreadable)?;
    let format = args.format().or_else(|| detect(&head, args.address.as_ref()));
    let format = format.ok_or_else(|| {
        Failure::usage(format!("cannot tell how {name} is written; name its form with --format"))
    })?;
    let of_address = args.address.as_ref().map(|address| source_name(format, address));
    let import = Import {
        source: args.source.clone().or(of_address).unwrap_or_else(|| format.name().to_owned()),
        format,
        document: args.address.clone(),
        trust: args.trust(),
        dry_run: args.dry_run,
    };
    let done = directory.import(import, Cursor::new(head).chain(input), show).await;
    done.map_err(Failure::general)
}

impl ImportArgs {
    /// The address that is fetched, where the list is one.
    fn url(&self) -> Option<Url> {
        let url = Url::parse(&self.list).ok();
        url.filter(|url| matches!(url.scheme(), "http" | "https"))
    }

    fn input(&self) -> Result<Box<dyn Read + Send>, Failure> {
        let name = &self.list;
        if name == "-" {
            return Ok(Box::new(stdin()));
        }
        let file = File::open(name);
        let file = file.map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
        Ok(Box::new(file))
    }

    fn format(&self) -> Option<Format> {
        self.format.as_deref().and_then(Format::parse)
    }

    fn trust(&self) -> Option<Trust> {
        self.trust.as_deref().and_then(Trust::parse)
    }
}

/// Shown on standard error where that is a terminal, and nowhere else.
fn progress_bar(quiet: bool) -> ProgressBar {
    if quiet || !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {pos} rows, {msg} {elapsed}");
    let bar = ProgressBar::new_spinner();
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn print_report(report: &Report) {
    let would = if report.dry_run { " (nothing was written)" } else { "" };
    print_line(format_args!("{}, read as {}{would}", harmless(&report.source), report.format));
    print_line(format_args!("new        {:>8}", report.added));
    print_line(format_args!("changed    {:>8}", report.changed));
    print_line(format_args!("unchanged  {:>8}", report.unchanged));
    for (reason, count) in &report.kept {
        print_line(format_args!("kept       {count:>8}  {reason}"));
    }
    for (code, count) in &report.refused {
        print_line(format_args!("refused    {count:>8}  {code}"));
    }
    for row in &report.refused_rows {
        let what = row.what.as_deref().map(harmless).unwrap_or_default();
        print_line(format_args!("  row {}: {}  {what}", row.position, harmless(&row.reason)));
    }
    if let Some(reason) = &report.incomplete {
        print_line(format_args!("Not read to its end: {}", harmless(reason)));
    }
}
