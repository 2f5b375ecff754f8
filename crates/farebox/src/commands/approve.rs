//! `farebox approve`

use super::money_rules::{PolicyArgs, open_records};
use super::problem::Problem;
use super::when::{now_s, time};
use crate::config::Settings;
use crate::output::{Failure, harmless, print_json, print_line};
use clap::{Args, Subcommand};
use farebox_buyer::{Approval, ApprovalState};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Answer the payments that wait for you.
///
/// The policy says what you are asked about. An answer is good for one payment: the same address,
/// method, body, payee and rail, up to the amount that is shown. Nobody answered in time is a no.
///
/// This command is for a human. Whoever can run it can approve, so do not give it to a program
/// that spends: run such programs as another user, or let them in through the MCP server only.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  farebox approve                # what waits
  farebox approve 1f0c9a2e
  farebox approve deny 1f0c9a2e
  farebox approve list --all --json

Exit codes: 0 answered or listed, 1 the records cannot be read, 2 there is no such question or it
does not wait any more.")]
pub struct ApproveArgs {
    #[command(subcommand)]
    command: Option<ApproveCommand>,

    /// The question, as `farebox get` and the list name it
    id: Option<String>,

    #[command(flatten)]
    policy: PolicyArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum ApproveCommand {
    List(ListArgs),
    Deny(DenyArgs),
}

/// List what waits for an answer
#[derive(Debug, Args)]
struct ListArgs {
    /// Also what was answered, and what nobody answered, of the last 30 days
    #[arg(long)]
    all: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Say no
#[derive(Debug, Args)]
struct DenyArgs {
    /// The question
    id: String,

    #[command(flatten)]
    policy: PolicyArgs,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl ApproveArgs {
    /// Whether the output is for a program.
    pub const fn json(&self) -> bool {
        match &self.command {
            Some(ApproveCommand::List(args)) => args.json,
            Some(ApproveCommand::Deny(args)) => args.json,
            None => self.json,
        }
    }
}

/// Lists the questions or answers one.
pub async fn run(args: ApproveArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let json = args.json();
    let outcome = match &args.command {
        Some(ApproveCommand::List(args)) => list(args.all, json, &settings).await,
        Some(ApproveCommand::Deny(args)) => {
            answer(&args.id, false, &args.policy, json, &settings).await
        }
        None => match &args.id {
            Some(id) => answer(id, true, &args.policy, json, &settings).await,
            None => list(false, json, &settings).await,
        },
    };
    Ok(match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => problem.print(json),
    })
}

async fn list(all: bool, json: bool, settings: &Settings) -> Result<(), Problem> {
    let approvals = open_records(settings)?.approvals(!all).await?;
    let now = now_s();
    if json {
        let approvals: Vec<Value> = approvals.iter().map(|own| to_json(own, now)).collect();
        print_json(&json!({ "approvals": approvals }));
    } else if approvals.is_empty() {
        print_line("Nothing waits for you.");
    } else {
        for approval in &approvals {
            print_line(block(approval, now));
        }
        print_line("Say yes with farebox approve ID, no with farebox approve deny ID.");
    }
    Ok(())
}

async fn answer(
    id: &str,
    yes: bool,
    policy: &PolicyArgs,
    json: bool,
    settings: &Settings,
) -> Result<(), Problem> {
    let policy = policy.read(settings)?.policy;
    let records = open_records(settings)?;
    let unknown = || {
        let text = format!("no payment {:?} waits", harmless(id));
        Problem::new("unknown_approval", text, 2)
            .with_hint(Some("farebox approve list says what waits"))
    };
    let before = records.approval(id).await?.ok_or_else(unknown)?;
    let now = now_s();
    if before.status(now) != ApprovalState::Waiting.name() {
        let text = format!("payment {} does not wait any more: it is {}", id, before.status(now));
        return Err(Problem::new("approval_over", text, 2));
    }
    let after = records.answer(id, yes, &policy).await?.ok_or_else(unknown)?;
    let wanted = if yes { ApprovalState::Approved } else { ApprovalState::Denied };
    if after.state != wanted {
        let text = format!("payment {id} was answered by somebody else: {}", after.status(now));
        return Err(Problem::new("approval_over", text, 2));
    }
    if json {
        print_json(&to_json(&after, now));
    } else {
        print_line(block(&after, now));
    }
    Ok(())
}

/// One question in some lines. Addresses are a stranger's text.
fn block(approval: &Approval, now: u64) -> String {
    let Approval { id, amount, reason, method, url, rail, .. } = approval;
    let payee = approval.payee.as_deref().unwrap_or("not named");
    let until = match approval.status(now) {
        "waiting" => format!("waits until {}", time(approval.expires_at)),
        "approved" => format!("approved until {}", time(approval.expires_at)),
        status => status.to_owned(),
    };
    format!(
        "{id}  {amount} to {}, fee up to {}  ({until})\n          {} {}\n          over {rail} to \
         {}; asked because {}",
        harmless(&approval.host),
        approval.fee_max,
        harmless(method),
        harmless(url),
        harmless(payee),
        harmless(reason),
    )
}

fn to_json(approval: &Approval, now: u64) -> Value {
    json!({
        "id": approval.id,
        "status": approval.status(now),
        "rail": approval.rail,
        "method": approval.method,
        "url": approval.url,
        "host": approval.host,
        "body_sha256": hex::encode(approval.body_sha256),
        "payee": approval.payee,
        "asset": approval.asset,
        "amount_max": approval.units_max.to_string(),
        "amount": approval.amount,
        "fee_max_msat": approval.fee_max,
        "reason": approval.reason,
        "created_at": approval.created_at,
        "expires_at": approval.expires_at,
    })
}
