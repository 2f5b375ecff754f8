//! `farebox tokens list` and `show`

use super::{named, open_records};
use crate::commands::problem::Problem;
use crate::commands::when::{now_s, time};
use crate::config::Settings;
use crate::output::{harmless, print_json, print_line};
use clap::Args;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use farebox_buyer::StoredToken;
use serde_json::{Value, json};

const HASH_LEN: usize = 12;
const PATH_LEN_MAX: usize = 40;

/// List the tokens
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print JSON, with whole payment hashes
    #[arg(long)]
    pub(super) json: bool,
}

/// Say what is known of a token
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A host, or the start of a payment hash
    token: String,

    /// Also print the header that it makes: as good as the money to whoever sees it
    #[arg(long)]
    reveal: bool,

    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

pub(super) async fn list(args: &ListArgs, settings: &Settings) -> Result<(), Problem> {
    let tokens = open_records(settings)?.tokens().await?;
    if args.json {
        let tokens: Vec<Value> = tokens.iter().map(|token| to_json(token, false)).collect();
        print_json(&json!({ "tokens": tokens }));
    } else if tokens.is_empty() {
        print_line("No tokens.");
    } else {
        print_line(table(&tokens));
    }
    Ok(())
}

pub(super) async fn show(args: &ShowArgs, settings: &Settings) -> Result<(), Problem> {
    let (_, tokens) = named(&args.token, settings).await?;
    if args.json {
        let tokens: Vec<Value> = tokens.iter().map(|token| to_json(token, args.reveal)).collect();
        print_json(&json!({ "tokens": tokens }));
        return Ok(());
    }
    for token in &tokens {
        print_line(block(token, args.reveal));
    }
    Ok(())
}

fn block(token: &StoredToken, reveal: bool) -> String {
    let mut lines = vec![
        format!("{}  {}", harmless(&token.origin), token.payment_hash),
        format!("  good for   {}", good_for(token)),
        format!("  paid       {}", paid(token)),
        format!("  bought     {}", time(token.created_at)),
    ];
    lines.extend(token.expires_at.map(|at| format!("  expires    {}", time(at))));
    if reveal {
        lines.push(format!("  Authorization: {}", harmless(&token.reveal_authorization())));
    }
    lines.join("\n")
}

fn good_for(token: &StoredToken) -> String {
    if token.origin_wide {
        return "any request there, until one is refused".to_owned();
    }
    harmless(&format!("{} {}", token.method, token.path))
}

fn paid(token: &StoredToken) -> String {
    match (token.amount, token.fee) {
        (Some(amount), Some(fee)) if !fee.is_zero() => format!("{amount} and {fee} in fees"),
        (Some(amount), _) => amount.to_string(),
        (None, _) => "not known".to_owned(),
    }
}

fn state(token: &StoredToken) -> &'static str {
    match token.expires_at {
        Some(at) if at <= now_s() => "expired",
        _ => "good",
    }
}

fn table(tokens: &[StoredToken]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["HOST", "GOOD FOR", "PAID", "BOUGHT", "STATE", "PAYMENT HASH"]);
    if let Some((terminal_size::Width(width), _)) = terminal_size::terminal_size() {
        table.set_width(width);
    }
    for token in tokens {
        let hash = token.payment_hash.to_string();
        let scope = if token.origin_wide { "any request".to_owned() } else { good_for(token) };
        table.add_row([
            harmless(token.host()),
            scope.chars().take(PATH_LEN_MAX).collect(),
            token.amount.map(|amount| amount.to_string()).unwrap_or_else(|| "–".to_owned()),
            time(token.created_at),
            state(token).to_owned(),
            hash.chars().take(HASH_LEN).collect(),
        ]);
    }
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn to_json(token: &StoredToken, reveal: bool) -> Value {
    let mut shown = json!({
        "domain": token.host(),
        "origin": token.origin,
        "path": token.path,
        "method": token.method,
        "origin_wide": token.origin_wide,
        "scheme": token.scheme.name(),
        "payment_hash": token.payment_hash,
        "amount_sat": token.amount.map(|amount| amount.to_sats_ceil()),
        "amount_msat": token.amount,
        "fee_sat": token.fee.map(|fee| fee.to_sats_ceil()),
        "fee_msat": token.fee,
        "created": time(token.created_at),
        "expires_at": token.expires_at,
        "state": state(token),
        "pending": false,
    });
    if let Some(fields) = shown.as_object_mut().filter(|_| reveal) {
        fields.insert("authorization".into(), token.reveal_authorization().into());
    }
    shown
}
