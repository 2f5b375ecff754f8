//! `farebox wallet pay`

use super::connection::{Connection, WalletArgs};
use super::payee::{Order, PENDING, Payee};
use crate::commands::duration::parse_duration;
use crate::commands::problem::Problem;
use crate::config::Settings;
use crate::output::{print_json, print_line};
use clap::Args;
use farebox_buyer::{Limits, Refusal, check_invoice, check_wallet};
use farebox_money::{Msat, Sats};
use farebox_wallet::{PayLimits, PayOutcome, PaymentStatus};
use farebox_wire::lightning::Preimage;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// Pay an invoice or a Lightning address.
///
/// Decides on the decoded invoice alone. The wallet is asked first whether it has paid or is
/// paying the invoice; so the same command with an invoice can be run again, and pays once.
///
/// An address hands out a new invoice each time: the same command with an address pays again. While
/// such a payment is under way, look up the invoice that was shown.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox wallet pay lnbc2500u1pvjluez…
  farebox wallet pay --max-cost 500 --max-fee 5 --timeout 2m \"$INVOICE\"
  farebox wallet pay --amount 250 --comment 'thank you' ann@shop.example
  farebox wallet pay --look-up \"$INVOICE\"

Exit codes:
  0  paid, now or before
  1  something else went wrong
  2  wrong arguments, or more expensive than the limits; nothing was paid
  3  the payment failed, or is still under way and may yet be made
  4  the wallet or the address's server cannot be reached")]
pub struct PayArgs {
    /// A BOLT 11 invoice, or user@host
    #[arg(value_name = "INVOICE|ADDRESS")]
    pub(super) payee: String,

    /// What to pay to an address
    #[arg(long, value_name = "SATS")]
    pub(super) amount: Option<Sats>,

    /// A message to the owner of an address, where the address takes one
    #[arg(long, value_name = "TEXT")]
    pub(super) comment: Option<String>,

    /// Pay this at most [default: what the invoice asks for]
    #[arg(long, value_name = "SATS")]
    max_cost: Option<Sats>,

    /// Pay this in routing fees on top at most. With a wallet that takes no fee limit, a payment
    /// that may cost more is refused; `farebox wallet status` says which kind it is
    #[arg(long, value_name = "SATS", default_value = "10")]
    max_fee: Sats,

    /// Wait so long for the outcome: 90, 90s, 2m
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_duration)]
    timeout: Duration,

    /// Only say what became of the payment; never pay
    #[arg(long)]
    pub(super) look_up: bool,

    #[command(flatten)]
    wallet: WalletArgs,

    /// Print JSON, with the preimage that proves the payment
    #[arg(long)]
    pub(super) json: bool,
}

/// The code of a payment that will not be made.
const FAILED: &str = "payment_failed";

/// A payment that was made.
struct Paid {
    preimage: Preimage,
    fee: Msat,
    before: bool,
}

/// Pays, unless it was paid before, and says how it went.
pub(super) async fn run(args: PayArgs, settings: Settings) -> Result<ExitCode, Problem> {
    let limits = args.limits()?;
    let payee = Payee::named_by(&args)?;
    let (json, look_up) = (args.json, args.look_up);
    let connection = args.wallet.open(&settings)?;
    let order = payee.order().await?;
    if !json {
        order.announce();
    }
    let paid = match connection.wallet.status(order.invoice.payment_hash).await? {
        PaymentStatus::Paid { preimage, fee } => Ok(Paid { preimage, fee, before: true }),
        PaymentStatus::Pending => Err(order.under_way()),
        PaymentStatus::Failed { reason } if look_up => Err(failed(&reason)),
        PaymentStatus::NeverTried if look_up => Err(failed("the wallet was never asked to pay it")),
        PaymentStatus::Failed { .. } | PaymentStatus::NeverTried => {
            pay(&connection, &order, &limits).await
        }
    };
    report(&order, paid, json)
}

async fn pay(connection: &Connection, order: &Order, limits: &Limits) -> Result<Paid, Problem> {
    let invoice = &order.invoice;
    let now = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
    let amount = check_invoice(invoice, limits, now)?;
    let info = connection.wallet.info().await?;
    if info.node_id.is_some_and(|id| id.is_payee_of(invoice)) {
        let message = "the invoice is of this wallet's own node, which cannot pay itself";
        return Err(Problem::new("refused", message.into(), 2));
    }
    let worst_fee = connection.wallet.worst_fee(amount);
    check_wallet(invoice, amount, &info, worst_fee, limits)?;
    let limits = PayLimits { fee_max: limits.fee_max, wait: limits.payment_timeout };
    match connection.wallet.pay(&order.bolt11, limits).await? {
        PayOutcome::Paid { preimage, fee } => Ok(Paid { preimage, fee, before: false }),
        PayOutcome::Pending => Err(order.under_way()),
        PayOutcome::Failed { reason, .. } => Err(failed(&reason)),
    }
}

fn report(order: &Order, paid: Result<Paid, Problem>, json: bool) -> Result<ExitCode, Problem> {
    if json {
        print_json(&order.as_json(&paid));
    }
    let paid = paid?;
    if !json {
        let amount = order.invoice.amount.unwrap_or_default();
        let before = if paid.before { " before" } else { "" };
        let (to, fee, hash) = (order.to(), paid.fee, order.invoice.payment_hash);
        print_line(format_args!("paid {amount}{to}{before}, fee {fee} ({hash})"));
    }
    Ok(ExitCode::SUCCESS)
}

impl Order {
    /// What programs read: how it went, also where that is an error.
    fn as_json(&self, paid: &Result<Paid, Problem>) -> Value {
        let amount = self.invoice.amount;
        let mut shown = json!({
            "status": "paid",
            "amount_sats": amount.map(Msat::to_sats_ceil),
            "amount_msat": amount,
            "payment_hash": self.invoice.payment_hash,
            "invoice": self.bolt11,
            "address": self.address,
        });
        let rest = match paid {
            Ok(paid) => json!({
                "paid_before": paid.before,
                "fee_sats": paid.fee.to_sats_ceil(),
                "fee_msat": paid.fee,
                "preimage": paid.preimage.reveal_hex(),
            }),
            Err(problem) => json!({ "status": problem.status() }),
        };
        if let (Some(shown), Value::Object(rest)) = (shown.as_object_mut(), rest) {
            shown.extend(rest);
        }
        shown
    }
}

impl PayArgs {
    fn limits(&self) -> Result<Limits, Problem> {
        let too_much = || Problem::usage("that is more than all bitcoin");
        let cost_max = self.max_cost.unwrap_or(Sats::MAX);
        Ok(Limits {
            cost_max: cost_max.to_msat().ok_or_else(too_much)?,
            fee_max: self.max_fee.to_msat().ok_or_else(too_much)?,
            payment_timeout: self.timeout,
            ..Limits::default()
        })
    }
}

fn failed(reason: &str) -> Problem {
    let message = format!("not paid: {}", crate::output::harmless(reason));
    Problem::new(FAILED, message, 3)
}

impl Problem {
    /// One word for how a payment went.
    fn status(&self) -> &'static str {
        match self.code() {
            PENDING => "pending",
            FAILED => "failed",
            _ => "not_tried",
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let hint = match refusal {
            Refusal::TooExpensive { .. } => Some("allow more with --max-cost SATS"),
            Refusal::FeeTooHigh { .. } => Some("allow more with --max-fee SATS"),
            _ => None,
        };
        Self::new("refused", refusal.to_string(), 2).with_hint(hint)
    }
}
