//! `farebox show`

use super::directory_client::{ServerArgs, ask};
use super::search::price;
use crate::config::Settings;
use crate::output::{Failure, bold, harmless, print_json, print_line};
use clap::Args;
use serde_json::Value;
use std::process::ExitCode;

/// Show one paid API: price, health, and the command that buys.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox show ed94a5fd8aed
  farebox show ed94a5fd8aed --json | jq .url")]
pub struct ShowArgs {
    /// The id that `farebox search` prints
    id: String,

    /// Print the server's JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Asks the directory and prints what it knows.
pub async fn run(args: ShowArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let safe = args.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if args.id.is_empty() || !safe {
        return Err(Failure::usage("an id has letters, digits and hyphens only; see `search`"));
    }
    let service = ask(&settings, &format!("/api/v1/services/{}", args.id), &[]).await?;
    if args.json {
        print_json(&service);
        return Ok(ExitCode::SUCCESS);
    }
    let text = |key: &str| harmless(service.get(key).and_then(Value::as_str).unwrap_or("–"));
    print_line(bold(&text("name")));
    print_line(text("description"));
    print_line("");
    let method = service.get("http_method").and_then(Value::as_str).unwrap_or("GET");
    for (label, value) in [
        ("request", format!("{} {}", harmless(method), text("url"))),
        ("price", price(&service)),
        ("rail", format!("{} ({})", text("protocol"), text("payment_network"))),
        ("health", health(&service)),
        ("category", text("category")),
        ("provider", text("provider")),
        ("source", text("source")),
    ] {
        print_line(format_args!("  {label:<10}{value}"));
    }
    print_line("");
    print_line(purchase(&service, method));
    Ok(ExitCode::SUCCESS)
}

fn health(service: &Value) -> String {
    let status = service.get("health_status").and_then(Value::as_str).unwrap_or("unknown");
    let checked = service.get("last_checked").and_then(Value::as_str);
    match checked {
        Some(time) => format!("{} (checked {})", harmless(status), harmless(time)),
        None => format!("{} (never checked)", harmless(status)),
    }
}

/// The command that buys, quoted for a shell; the listing's text is a stranger's.
fn purchase(service: &Value, method: &str) -> String {
    let field = |key: &str| service.get(key).and_then(Value::as_str);
    if field("protocol") != Some("L402") {
        return "farebox get pays over L402 today; this API asks for another rail.".into();
    }
    let mut command = String::from("Buy it:\n  farebox get ");
    if method != "GET" {
        command.push_str(&format!("-X {} ", quote(method)));
    }
    if let Some(body) = field("probe_body") {
        command.push_str(&format!("-d {} ", quote(body)));
    }
    command + &quote(field("url").unwrap_or_default())
}

fn quote(text: &str) -> String {
    format!("'{}'", harmless(text).replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_command_is_safe_to_paste() {
        let service = json!({
            "protocol": "L402",
            "url": "https://a.example/'; rm -rf ~; echo '\u{1b}[2J",
            "probe_body": "{\"a\":\"it's\"}",
        });
        assert_eq!(
            purchase(&service, "POST"),
            "Buy it:\n  farebox get -X 'POST' -d '{\"a\":\"it'\\''s\"}' \
             'https://a.example/'\\''; rm -rf ~; echo '\\''[2J'"
        );
    }
}
