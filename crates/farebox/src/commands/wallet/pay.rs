//! `farebox wallet pay`

use super::connection::{Connection, WalletArgs};
use crate::commands::duration::parse_duration;
use crate::commands::problem::Problem;
use crate::config::Settings;
use crate::output::{print_json, print_line};
use clap::Args;
use farebox_buyer::{Limits, Refusal, check_invoice, check_wallet};
use farebox_money::{Msat, Sats};
use farebox_net::{ClientOptions, http_client};
use farebox_wallet::{AddressError, LightningAddress, PayLimits, PayOutcome, PaymentStatus};
use farebox_wire::bolt11::Invoice;
use farebox_wire::lightning::Preimage;
use jiff::Timestamp;
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;

/// For the server of a Lightning address.
const ADDRESS_WAIT: Duration = Duration::from_secs(20);

/// Pay an invoice or a Lightning address.
///
/// Decides on the decoded invoice alone. The wallet is asked first whether it has paid or is
/// paying the invoice; so the same command can be run again, and pays once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox wallet pay lnbc2500u1pvjluez…
  farebox wallet pay --max-cost 500 --max-fee 5 --timeout 2m \"$INVOICE\"
  farebox wallet pay --amount 250 ann@shop.example
  farebox wallet pay --look-up \"$INVOICE\"

Exit codes:
  0  paid, now or before
  1  something else went wrong
  2  wrong arguments, or more expensive than the limits; nothing was paid
  3  the payment failed or is still under way
  4  the wallet or the address's server cannot be reached")]
pub struct PayArgs {
    /// A BOLT 11 invoice, or user@host
    #[arg(value_name = "INVOICE|ADDRESS")]
    payee: String,

    /// What to pay to an address
    #[arg(long, value_name = "SATS")]
    amount: Option<Sats>,

    /// Pay this at most [default: what the invoice asks for]
    #[arg(long, value_name = "SATS")]
    max_cost: Option<Sats>,

    /// Pay this in routing fees on top at most
    #[arg(long, value_name = "SATS", default_value = "10")]
    max_fee: Sats,

    /// Wait so long for the outcome: 90, 90s, 2m
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_duration)]
    timeout: Duration,

    /// Only say what became of the payment; never pay
    #[arg(long)]
    look_up: bool,

    #[command(flatten)]
    wallet: WalletArgs,

    /// Print JSON, with the preimage that proves the payment
    #[arg(long)]
    pub(super) json: bool,
}

/// A payment that was made.
struct Paid {
    preimage: Preimage,
    fee: Msat,
    before: bool,
}

/// Pays, unless it was paid before, and says how it went.
pub(super) async fn run(args: PayArgs, settings: Settings) -> Result<ExitCode, Problem> {
    let limits = args.limits()?;
    let bolt11 = args.invoice().await?;
    let invoice = Invoice::decode(&bolt11).map_err(Problem::usage)?;
    let json = args.json;
    let look_up = args.look_up;
    let connection = args.wallet.open(&settings)?;
    let status = connection.wallet.status(invoice.payment_hash).await?;
    let paid = match status {
        PaymentStatus::Paid { preimage, fee } => Paid { preimage, fee, before: true },
        PaymentStatus::Pending => return Err(under_way(&bolt11)),
        PaymentStatus::Failed { reason } if look_up => return Err(failed(&reason)),
        PaymentStatus::NeverTried if look_up => {
            return Err(failed("the wallet was never asked to pay it"));
        }
        PaymentStatus::Failed { .. } | PaymentStatus::NeverTried => {
            pay(&connection, &bolt11, &invoice, &limits).await?
        }
    };
    report(&bolt11, &invoice, &paid, json);
    Ok(ExitCode::SUCCESS)
}

async fn pay(
    connection: &Connection,
    bolt11: &str,
    invoice: &Invoice,
    limits: &Limits,
) -> Result<Paid, Problem> {
    let now = u64::try_from(Timestamp::now().as_second()).unwrap_or_default();
    let amount = check_invoice(invoice, limits, now)?;
    let info = connection.wallet.info().await?;
    let worst_fee = connection.wallet.worst_fee(amount);
    check_wallet(invoice, amount, &info, worst_fee, limits)?;
    let limits = PayLimits { fee_max: limits.fee_max, wait: limits.payment_timeout };
    match connection.wallet.pay(bolt11, limits).await? {
        PayOutcome::Paid { preimage, fee } => Ok(Paid { preimage, fee, before: false }),
        PayOutcome::Pending => Err(under_way(bolt11)),
        PayOutcome::Failed { reason, .. } => Err(failed(&reason)),
    }
}

fn report(bolt11: &str, invoice: &Invoice, paid: &Paid, json: bool) {
    let amount = invoice.amount.unwrap_or_default();
    if json {
        print_json(&json!({
            "status": "paid",
            "paid_before": paid.before,
            "amount_sats": amount.to_sats_ceil(),
            "amount_msat": amount,
            "fee_sats": paid.fee.to_sats_ceil(),
            "fee_msat": paid.fee,
            "payment_hash": invoice.payment_hash,
            "preimage": paid.preimage.reveal_hex(),
            "invoice": bolt11,
        }));
        return;
    }
    let before = if paid.before { " before" } else { "" };
    let fee = paid.fee;
    print_line(format_args!("paid {amount}{before}, fee {fee} ({})", invoice.payment_hash));
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

    /// The invoice, from the address's server where one is named.
    async fn invoice(&self) -> Result<String, Problem> {
        if !self.payee.contains('@') {
            return match self.amount {
                None => Ok(self.payee.trim().to_owned()),
                Some(_) => Err(Problem::usage("--amount is for addresses: an invoice has its own")),
            };
        }
        let address: LightningAddress = self.payee.parse().map_err(Problem::usage)?;
        if self.look_up {
            return Err(Problem::usage("--look-up takes the invoice that was to be paid"));
        }
        let amount = self.amount.and_then(Sats::to_msat).filter(|amount| !amount.is_zero());
        let amount = amount
            .ok_or_else(|| Problem::usage(format!("say what {address} shall get with --amount")))?;
        let client = http_client(&ClientOptions {
            user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
            connect_timeout: ADDRESS_WAIT,
            read_timeout: ADDRESS_WAIT,
            insecure_tls: false,
            certificate: None,
            system_proxy: true,
        });
        let client = client.map_err(Problem::general)?;
        let answer = tokio::time::timeout(ADDRESS_WAIT, address.invoice(&client, amount)).await;
        let silent = |_| AddressError::Unreachable("no answer in time".into());
        Ok(answer.map_err(silent)??)
    }
}

fn under_way(bolt11: &str) -> Problem {
    let message = format!(
        "the payment is still under way; look it up with: farebox wallet pay --look-up {bolt11}"
    );
    Problem::new("payment_pending", message, 3)
        .with_hint(Some("the same command again asks the wallet first and pays once"))
}

fn failed(reason: &str) -> Problem {
    let message = format!("not paid: {}", crate::output::harmless(reason));
    Problem::new("payment_failed", message, 3)
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

impl From<AddressError> for Problem {
    fn from(error: AddressError) -> Self {
        let (code, exit_code) = match error {
            AddressError::NotAnAddress | AddressError::Amount { .. } => ("usage", 2),
            AddressError::Unreachable(_) => ("address_unreachable", 4),
            AddressError::OtherAmount(_) => ("refused", 2),
            AddressError::NotSecure | AddressError::Refused(_) | AddressError::Unreadable(_) => {
                ("address", 1)
            }
        };
        Self::new(code, error.to_string(), exit_code)
    }
}
