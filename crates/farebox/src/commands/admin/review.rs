//! `farebox admin review`: what waits for a decision, and the decisions.

use super::server::AdminServer;
use crate::config::Settings;
use crate::output::{Failure, bold, harmless, print_json, print_line};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Decide about registrations, rails that were found, odd texts and appeals.
///
/// Asks the running server with the admin's secret: the file admin.secret in the data folder, or
/// the one that --secret-file names.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox admin review
  farebox admin review --status rejected
  farebox admin review approve 12
  farebox admin review reject 13 --reason 'asks for another price than it says'
  farebox admin review --json | jq '.items[].listing.url'

Exit codes: 0 done, 1 the server refused, 2 wrong usage, 4 no server answers.")]
pub struct ReviewArgs {
    #[command(subcommand)]
    decision: Option<ReviewDecision>,

    /// Which questions to list
    #[arg(long, default_value = "open", value_parser = ["open", "approved", "rejected"])]
    status: String,

    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=200))]
    limit: u16,

    #[command(flatten)]
    server: AdminServer,

    /// Print the server's JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
enum ReviewDecision {
    /// Say yes: show the listing, add the rail, take an appeal up
    Approve(DecisionArgs),
    /// Say no
    Reject(DecisionArgs),
}

#[derive(Debug, Args)]
struct DecisionArgs {
    /// The question's number, as the list shows it
    id: u64,

    /// Why; the provider sees it
    #[arg(long)]
    reason: Option<String>,
}

/// Lists questions, or answers one.
pub async fn run(args: ReviewArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let answer = match &args.decision {
        None => {
            let query = [("status", args.status.clone()), ("limit", args.limit.to_string())];
            args.server.get(&settings, "/admin/api/review", &query).await?
        }
        Some(ReviewDecision::Approve(given)) => {
            decide(&args.server, &settings, given, "approve").await?
        }
        Some(ReviewDecision::Reject(given)) => {
            decide(&args.server, &settings, given, "reject").await?
        }
    };
    match (&args.decision, args.json) {
        (_, true) => print_json(&answer),
        (None, false) => print_list(&answer, &args.status),
        (Some(_), false) => print_line(line(&answer)),
    }
    Ok(ExitCode::SUCCESS)
}

async fn decide(
    server: &AdminServer,
    settings: &Settings,
    given: &DecisionArgs,
    decision: &str,
) -> Result<Value, Failure> {
    let body = json!({ "decision": decision, "reason": given.reason });
    let path = format!("/admin/api/review/{}", given.id);
    server.post(settings, &path, &body).await
}

fn print_list(answer: &Value, status: &str) {
    let items = answer.get("items").and_then(Value::as_array);
    let items = items.map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() {
        print_line(format_args!("Nothing is {status}."));
        return;
    }
    for item in items {
        print_line(line(item));
        print_details(item);
    }
    if answer.get("next").is_some_and(|next| !next.is_null()) {
        print_line("There are more; --limit shows up to 200.");
    }
}

/// One line: number, kind, standing, name and address.
fn line(item: &Value) -> String {
    let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let id = item.get("id").map(Value::to_string).unwrap_or_default();
    let (name, url) = (harmless(text("/listing/name")), harmless(text("/listing/url")));
    let protocol = text("/listing/protocol");
    let (kind, status) = (text("/kind"), text("/status"));
    format!("{} {kind} {status}  {protocol} {name}  {url}", bold(&format!("#{id}")))
}

fn print_details(item: &Value) {
    let flags = item.pointer("/listing/content_flags").and_then(Value::as_array);
    let flags: Vec<&str> = flags.into_iter().flatten().filter_map(Value::as_str).collect();
    if !flags.is_empty() {
        print_line(format_args!("     flags: {}", harmless(&flags.join(", "))));
    }
    if let Some(description) = item.pointer("/listing/description").and_then(Value::as_str)
        && !description.is_empty()
    {
        let short: String = description.chars().take(160).collect();
        print_line(format_args!("     it says: {}", harmless(&short)));
    }
    for name in ["message", "proposal", "protocol"] {
        let Some(value) = item.pointer(&format!("/body/{name}")).filter(|one| !one.is_null())
        else {
            continue;
        };
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        print_line(format_args!("     {name}: {}", harmless(&value)));
    }
}
