//! `farebox budget`

use super::money_rules::{InForce, PolicyArgs, open_records};
use super::open_buyer::open_wallet;
use super::problem::Problem;
use super::when::{now_s, time};
use crate::config::Settings;
use crate::output::{Failure, harmless, print_json, print_line};
use clap::{Args, Subcommand};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use farebox_buyer::rules::{Caps, Limit, Policy, Spent, Sum, Window};
use farebox_buyer::{Budget, Buyer, Reconciled};
use farebox_money::{BtcUsd, MicroUsd, Msat};
use farebox_net::{ClientOptions, http_client};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// Payments that one command looks up at most.
const LOOK_UPS_MAX: usize = 1_000;

/// Say what is spent, what is set aside and what is left, by the limits of the policy.
///
/// A payment counts from the moment that it is decided on, with its fee at the worst; when it is
/// made, with its real fee; when it failed for certain, not at all.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  farebox budget
  farebox budget --json | jq '.limits[] | select(.window == \"day\") | .left'
  farebox budget reconcile

Exit codes: 0 listed, 1 the records cannot be read, 2 the policy cannot be used.")]
pub struct BudgetArgs {
    #[command(subcommand)]
    command: Option<BudgetCommand>,

    #[command(flatten)]
    policy: PolicyArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum BudgetCommand {
    Reconcile(ReconcileArgs),
}

/// Ask the wallet what became of payments whose command was cut off; nothing is paid
#[derive(Debug, Args)]
struct ReconcileArgs {
    /// The wallet's URL [env: FAREBOX_WALLET=]
    #[arg(long, value_name = "URL")]
    wallet: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl BudgetArgs {
    /// Whether the output is for a program.
    pub const fn json(&self) -> bool {
        match &self.command {
            Some(BudgetCommand::Reconcile(args)) => args.json,
            None => self.json,
        }
    }
}

/// Prints the budget, or settles what was left reserved.
pub async fn run(args: BudgetArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let json = args.json();
    let outcome = match &args.command {
        Some(BudgetCommand::Reconcile(args)) => reconcile(args, &settings).await,
        None => list(&args, &settings).await,
    };
    Ok(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => problem.print(json),
    })
}

async fn reconcile(args: &ReconcileArgs, settings: &Settings) -> Result<(), Problem> {
    let folder = settings.data_dir().map_err(Problem::usage)?;
    let wallet = args.wallet.as_ref().or(settings.wallet.as_ref());
    let evm = settings.evm.clone();
    // Opening a keystore takes a second of work.
    let evm = tokio::task::spawn_blocking(move || evm.open()).await.map_err(Problem::general)?;
    let evm = evm.map_err(Problem::usage)?;
    if wallet.is_none() && evm.is_none() {
        return Err(Problem::usage("no wallet is configured; name one with --wallet"));
    }
    let client = http_client(&ClientOptions {
        user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
        connect_timeout: Duration::from_secs(10),
        read_timeout: Duration::from_secs(30),
        insecure_tls: false,
        certificate: None,
        system_proxy: true,
    });
    let client = client.map_err(Problem::general)?;
    let wallet = wallet.map(|url| open_wallet(url)).transpose()?;
    let buyer = Buyer::open(&folder, client, wallet)?;
    let buyer = match evm {
        Some(evm) => buyer.with_evm(evm),
        None => buyer,
    };
    let Reconciled { paid, released, unknown, busy } = buyer.reconcile(LOOK_UPS_MAX).await?;
    if args.json {
        print_json(&json!({
            "paid": paid, "released": released, "unknown": unknown, "busy": busy,
        }));
        return Ok(());
    }
    print_line(format_args!(
        "paid after all: {paid}; not paid and free again: {released}; not certain yet: {unknown}; \
         under way: {busy}"
    ));
    if paid > 0 {
        print_line("Run the commands that were cut off again to get what is paid.");
    }
    Ok(())
}

async fn list(args: &BudgetArgs, settings: &Settings) -> Result<(), Problem> {
    let InForce { policy, .. } = args.policy.read(settings)?;
    let budget = open_records(settings)?.budget(&policy).await?;
    let rate = match &policy.rate {
        Some(source) => source.find(now_s()).await.ok(),
        None => None,
    };
    let rows = rows(&policy, &budget, rate);
    if args.json {
        print_json(&to_json(&budget, &rows));
        return Ok(());
    }
    print_line(table(&rows));
    let reserved = budget.reserved.len();
    if reserved > 0 {
        print_line(format_args!(
            "\n{reserved} payments are set aside and not finished. Their commands are at work, or \
             were cut off: farebox budget reconcile asks wallet and chains."
        ));
    }
    Ok(())
}

/// One limit, or a window of everything together.
struct Row {
    scope: String,
    window: Window,
    limit: Option<Limit>,
    calls_max: Option<u64>,
    sum: Sum,
    spent: Option<Limit>,
    resets_at: Option<u64>,
}

impl Row {
    fn left(&self) -> Option<Limit> {
        let limit = self.limit?;
        // What cannot be converted is not known to be left.
        self.spent.map(|spent| limit.minus(Some(spent)))
    }
}

fn rows(policy: &Policy, budget: &Budget, rate: Option<BtcUsd>) -> Vec<Row> {
    let mut scopes = vec![("everything".to_owned(), &policy.total, &budget.total, true)];
    for rule in &policy.rules {
        let spent = budget.rules.iter().find(|(name, _)| *name == rule.name);
        if let Some((_, spent)) = spent {
            scopes.push((format!("rule {}", rule.name), &rule.caps, spent, false));
        }
        let hosts = budget.hosts.iter().filter(|host| host.rule == rule.name);
        scopes.extend(hosts.map(|host| (host.host.clone(), &rule.each_host, &host.spent, false)));
    }
    let mut rows = Vec::new();
    for (scope, caps, spent, always) in scopes {
        for window in Window::ALL {
            rows.extend(
                window_rows(&scope, caps, spent, window, always, rate)
                    .map(|row| Row { resets_at: policy.calendar.end(window, budget.now), ..row }),
            );
        }
    }
    rows
}

fn window_rows(
    scope: &str,
    caps: &Caps,
    spent: &Spent,
    window: Window,
    always: bool,
    rate: Option<BtcUsd>,
) -> impl Iterator<Item = Row> {
    let sum = *spent.within(window);
    let row = |limit: Option<Limit>, calls_max| Row {
        scope: scope.to_owned(),
        window,
        limit,
        calls_max,
        sum,
        spent: limit.and_then(|limit| limit.spent(&sum, rate)),
        resets_at: None,
    };
    let amounts = caps.amounts.iter().filter(|(own, _)| *own == window);
    let calls = caps.calls.iter().filter(|(own, _)| *own == window);
    let mut rows: Vec<Row> = amounts.map(|(_, limit)| row(Some(*limit), None)).collect();
    rows.extend(calls.map(|(_, calls)| row(None, Some(*calls))));
    if rows.is_empty() && always {
        rows.push(row(None, None));
    }
    rows.into_iter()
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["", "WINDOW", "LIMIT", "SPENT", "LEFT", "CALLS", "RESETS"]);
    if let Some((terminal_size::Width(width), _)) = terminal_size::terminal_size() {
        table.set_width(width);
    }
    for row in rows {
        let text = |limit: Option<Limit>| limit.map(|limit| limit.to_string());
        let calls = match row.calls_max {
            Some(most) => format!("{} of {most}", row.sum.calls),
            None => row.sum.calls.to_string(),
        };
        let left = match (row.limit, row.left()) {
            (Some(_), None) => Some("no price of bitcoin".to_owned()),
            (_, left) => text(left),
        };
        table.add_row([
            harmless(&row.scope),
            row.window.name().to_owned(),
            text(row.limit).unwrap_or_else(|| "–".to_owned()),
            text(row.spent).unwrap_or_else(|| natural(&row.sum)),
            left.unwrap_or_else(|| "–".to_owned()),
            calls,
            row.resets_at.map_or_else(|| "rolling".to_owned(), time),
        ]);
    }
    for position in 2..=5 {
        if let Some(column) = table.column_mut(position) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A sum in the money that was paid.
fn natural(sum: &Sum) -> String {
    match (sum.msat, sum.usd) {
        (msat, usd) if usd.get() == 0 => msat.to_string(),
        (Msat::ZERO, usd) => format!("{usd} USD"),
        (msat, usd) => format!("{msat} and {usd} USD"),
    }
}

fn to_json(budget: &Budget, rows: &[Row]) -> Value {
    let limits: Vec<Value> = rows.iter().map(row_json).collect();
    let reserved: Vec<Value> = budget
        .reserved
        .iter()
        .map(|held| {
            json!({
                "rail": held.rail, "host": held.host, "payment_hash": held.payment_key,
                "amount_msat": held.amount.msat, "amount_usd": usd(held.amount.usd),
                "reserved_at": held.reserved_at,
            })
        })
        .collect();
    json!({ "limits": limits, "reserved": reserved })
}

fn row_json(row: &Row) -> Value {
    let text = |limit: Option<Limit>| limit.map(|limit| limit.to_string());
    json!({
        "scope": row.scope,
        "window": row.window.name(),
        "limit": text(row.limit),
        "spent": text(row.spent),
        "left": text(row.left()),
        "spent_msat": row.sum.msat,
        "spent_usd": usd(row.sum.usd),
        "calls": row.sum.calls,
        "calls_max": row.calls_max,
        "resets_at": row.resets_at,
    })
}

fn usd(amount: MicroUsd) -> String {
    amount.to_string()
}
