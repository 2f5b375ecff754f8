//! `farebox search`

use super::directory_client::{ServerArgs, ask};
use crate::config::Settings;
use crate::output::{Failure, harmless, print_json, print_line};
use clap::Args;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use serde_json::Value;
use std::process::ExitCode;

const NAME_WIDTH_MAX: usize = 56;
const PROVIDER_WIDTH_MAX: usize = 24;

/// Find paid APIs.
///
/// Results come best first. The id in the first column is what `farebox show` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox search weather
  farebox search \"image generation\" --protocol l402 --max-price-usd 0.05
  farebox search \"under 50 sats image\" --explain
  farebox search --category ai --sort price --json | jq '.services[].url'")]
pub struct SearchArgs {
    /// What you need, in your own words; without it, the whole directory is listed
    query: Vec<String>,

    /// Only this protocol: l402, x402 or mpp
    #[arg(long)]
    protocol: Option<String>,

    /// Only this category and those below it
    #[arg(long)]
    category: Option<String>,

    /// Only this health: healthy, degraded, down or unknown
    #[arg(long)]
    health: Option<String>,

    /// At most this price, in dollars
    #[arg(long, value_name = "USD")]
    max_price_usd: Option<String>,

    /// Only listings whose payment was verified
    #[arg(long)]
    verified: bool,

    /// Order: name, price, latency, uptime or reliability [default: relevance]
    #[arg(long)]
    sort: Option<String>,

    /// How results are ordered: tiers (names before descriptions before what is alike) or best
    #[arg(long, value_name = "HOW")]
    rank: Option<String>,

    /// Say why each result was found
    #[arg(long)]
    explain: bool,

    /// Results at most
    #[arg(long, default_value_t = 15)]
    limit: u32,

    /// Results to leave out first
    #[arg(long, default_value_t = 0)]
    offset: u32,

    /// Print the server's JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Asks the directory and prints a table.
pub async fn run(args: SearchArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let answer = ask(&settings, "/api/v1/services", &parameters(&args)).await?;
    if args.json {
        print_json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    let services = answer.get("services").and_then(Value::as_array).cloned().unwrap_or_default();
    let total = answer.get("total").and_then(Value::as_u64).unwrap_or(0);
    if services.is_empty() {
        print_line(match total {
            0 => "Nothing found. Try fewer words or filters, or `farebox categories`.".to_owned(),
            total => format!("There are only {total}; use a smaller --offset."),
        });
        return Ok(ExitCode::SUCCESS);
    }
    print_line(table(&services, args.explain));
    print_line(format_args!(
        "\n{} of {total}. Details and the command that buys: farebox show ID",
        services.len()
    ));
    Ok(ExitCode::SUCCESS)
}

fn parameters(args: &SearchArgs) -> Vec<(&'static str, String)> {
    let query = args.query.join(" ");
    let optional = [
        ("q", (!query.is_empty()).then_some(query)),
        ("protocol", args.protocol.clone()),
        ("category", args.category.clone()),
        ("health", args.health.clone()),
        ("max_price_usd", args.max_price_usd.clone()),
        ("verified", args.verified.then(|| "true".to_owned())),
        ("sort", args.sort.clone()),
        ("rank", args.rank.clone()),
        ("explain", args.explain.then(|| "true".to_owned())),
    ];
    let set = optional.into_iter().filter_map(|(key, value)| Some((key, value?)));
    let page = [("limit", args.limit.to_string()), ("offset", args.offset.to_string())];
    set.chain(page).collect()
}

fn table(services: &[Value], explained: bool) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    let last = if explained { "WHY" } else { "PROVIDER" };
    table.set_header(["ID", "NAME", "PRICE", "RAIL", "HEALTH", last]);
    if let Some((terminal_size::Width(width), _)) = terminal_size::terminal_size() {
        table.set_width(width);
    }
    for service in services {
        let text = |key: &str| harmless(service.get(key).and_then(Value::as_str).unwrap_or("–"));
        table.add_row([
            text("id"),
            shorten(&text("name"), NAME_WIDTH_MAX),
            price(service),
            text("protocol"),
            text("health_status"),
            match explained {
                true => why(service),
                false => shorten(&text("provider"), PROVIDER_WIDTH_MAX),
            },
        ]);
    }
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    if let Some(column) = table.column_mut(0) {
        // An id is copied whole or not at all.
        column.set_padding((0, 1)).set_constraint(ColumnConstraint::ContentWidth);
    }
    table
}

/// Why a result was found: where, by which words, and how alike it is.
fn why(service: &Value) -> String {
    let Some(why) = service.get("why") else {
        return "–".to_owned();
    };
    let tier = match why.get("tier").and_then(Value::as_str) {
        Some("name") => "its name",
        Some("in_name") => "in its name",
        Some("in_description") => "in its description",
        _ => "alike",
    };
    let text = |word: &Value, key: &str| {
        harmless(word.get(key).and_then(Value::as_str).unwrap_or_default()).to_string()
    };
    let words = why.get("words").and_then(Value::as_array).into_iter().flatten();
    let words = words.map(|word| match (text(word, "asked"), text(word, "found")) {
        (asked, found) if asked == found => found,
        (asked, found) => format!("{asked} → {found}"),
    });
    let words = words.collect::<Vec<_>>().join(", ");
    let alike = why.get("similarity").and_then(Value::as_f64);
    let alike = alike.map_or_else(String::new, |alike| format!(" ({alike:.2})"));
    match words.is_empty() {
        true => format!("{tier}{alike}"),
        false => format!("{tier}{alike}: {words}"),
    }
}

fn shorten(text: &str, width_max: usize) -> String {
    if text.chars().count() <= width_max {
        return text.to_owned();
    }
    let head: String = text.chars().take(width_max - 1).collect();
    format!("{}…", head.trim_end())
}

/// The price as people read it: sats where they are asked, else dollars.
pub fn price(service: &Value) -> String {
    let sats = service.get("price_sats").and_then(Value::as_u64);
    let usd = service.get("price_usd").and_then(Value::as_f64);
    match (sats, usd) {
        (Some(1), _) => "1 sat".into(),
        (Some(sats), _) => format!("{sats} sats"),
        (None, Some(usd)) => format!("${usd}"),
        (None, None) => "–".into(),
    }
}
