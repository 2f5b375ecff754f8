//! `farebox get`

mod interrupt;
mod output;
mod rail;
mod report;
mod stage;
mod terminal;
#[cfg(test)]
mod tests;
mod watch;

use super::duration::parse_duration;
use super::money_rules::{InForce, PolicyArgs};
use super::open_buyer::{Opening, open_buyer};
use super::problem::Problem;
use super::request_args::RequestArgs;
use crate::config::Settings;
use crate::output::Failure;
use clap::Args;
use farebox_buyer::{Buyer, Limits, Mode, Request};
use farebox_money::{MicroUsd, Msat, Sats};
use interrupt::Interrupts;
use output::Output;
use rail::PreferredScheme;
pub(super) use rail::Protocol;
use report::Report;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use watch::Watch;

const HELP: &str = "Examples:
  farebox get http://127.0.0.1:4020/demo/weather
  farebox get -d '{\"text\":\"hello\"}' http://127.0.0.1:4020/demo/summary
  farebox get -o picture.bmp --max-cost 50 http://127.0.0.1:4020/demo/picture.bmp
  farebox get --dry-run --json http://127.0.0.1:4020/demo/weather | jq .invoice_amount_sat
  echo '{\"text\":\"hello\"}' | farebox get -d - -H 'X-Note: a, b' http://127.0.0.1:4020/demo/summary
  farebox get --protocol x402 --max-cost-usd 0.05 https://api.example.com/report

All but the last run against 'farebox serve --demo' with its play wallet:
  export FAREBOX_WALLET=phoenixd:http://:farebox-demo@127.0.0.1:9740
Tokens are paid with a key and within a rule of the policy that allows them:
  export FAREBOX_EVM__KEY_FILE=key.json FAREBOX_EVM__PASSWORD_FILE=key.password

Purchases and tokens are kept in the data folder: FAREBOX_DATA, or data in the settings
(farebox config show), else farebox in the platform's folder for data.

What may be spent is for the policy to say (farebox policy, docs/buying.md); the limits here only
narrow it. What needs an approval waits for one on a terminal, or with --wait; else it ends with
exit code 7, and farebox approve ID is for a human to run.

Exit codes:
  0   the answer was written (whatever its status, without --fail)
  1   something else went wrong
  2   wrong arguments, an offer that must not be paid, more expensive than the limits, or
      forbidden by the policy; nothing was paid
  3   there is nothing to pay with, the payment failed or is still under way, or the seller
      does not take it
  4   the server or the wallet cannot be reached
  5   with --fail, a status that is not 2xx; also when something paid for was answered
      with an error: the same command then sends it again without paying
  7   it needs the approval of a human first; nothing was paid
  10  --dry-run: it would be bought within the limits
  129, 130, 143  interrupted by SIGHUP, Ctrl-C, SIGTERM; one line says what was paid";

/// Fetch a URL and pay for it if it asks to be paid.
///
/// Works as curl does. When the server answers 402, everything that it offers is read: L402 and
/// MPP over Lightning, x402 and MPP in tokens. One offer is checked against the limits and paid
/// from the wallet or signed with the key, and the request is sent again with the proof of
/// payment. What is about to be paid is on the disk before anybody is asked for it: whenever this
/// command is interrupted, run it again and it goes on where it was, without paying twice.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct GetArgs {
    #[command(flatten)]
    request: RequestArgs,

    /// Write the answer to a file, which appears when it is complete; - is standard output
    ///
    /// The answer is written to a temporary file (.farebox-*.part) in the same folder first and
    /// takes its name when it is complete and on the disk; an earlier file keeps its permissions,
    /// and a link stays and leads to the new one. A device or a pipe is written to as it is. Only a
    /// get that is killed outright leaves its temporary file behind.
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,

    /// Say nothing but errors
    #[arg(short, long)]
    quiet: bool,

    /// Print one JSON object about the answer; without --output with its body, up to 1 MiB
    #[arg(long)]
    pub(crate) json: bool,

    /// Pay this to the seller at most; narrows the policy [default: what the policy allows,
    /// which is 1000 where there is none]
    #[arg(long, value_name = "SATS")]
    max_cost: Option<Sats>,

    /// Pay this in routing fees on top at most; narrows the policy
    #[arg(long, value_name = "SATS", default_value = "10")]
    max_fee: Sats,

    /// Pay this to the seller at most where it is paid in tokens; narrows the policy [default:
    /// --max-cost converted, where that is given, else what the policy allows]
    #[arg(long, value_name = "USD")]
    max_cost_usd: Option<MicroUsd>,

    /// Pay over this protocol only
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    protocol: Protocol,

    /// Pay with this scheme where the seller offers several; otherwise the cheapest is paid
    #[arg(long, value_name = "NAME", value_enum)]
    prefer_scheme: Option<PreferredScheme>,

    #[command(flatten)]
    policy: PolicyArgs,

    /// Wait for a human where the policy wants an approval; the default on a terminal
    #[arg(long, overrides_with = "no_wait")]
    wait: bool,

    /// End with exit code 7 where the policy wants an approval; the default elsewhere
    #[arg(long, overrides_with = "wait")]
    no_wait: bool,

    /// Send the request but never pay; a 402 is an answer like any other
    #[arg(long, conflicts_with_all = ["dry_run", "buy_again"])]
    no_pay: bool,

    /// Send the request, say what it would cost, and write nothing else
    #[arg(long, conflicts_with = "buy_again")]
    dry_run: bool,

    /// Wait so long for the outcome of a payment: 90, 90s, 2m
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_duration)]
    payment_timeout: Duration,

    /// Wait so long for a silent server, and for one that is paid and not ready
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = parse_duration)]
    timeout: Duration,

    /// Follow redirects; this is the default
    #[arg(short = 'L', long, overrides_with = "no_location")]
    location: bool,

    /// Do not follow redirects
    #[arg(long)]
    no_location: bool,

    /// Follow so many redirects at most
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    max_redirects: u32,

    /// Take any TLS certificate
    #[arg(short = 'k', long)]
    insecure: bool,

    /// Show requests and answers on standard error, without secrets
    #[arg(short, long)]
    verbose: bool,

    /// End with exit code 5 when the status is not 2xx
    #[arg(short, long)]
    fail: bool,

    /// The wallet's URL: phoenixd:…, lnd:…, cln:…, lnbits:… or nostr+walletconnect:…;
    /// docs/wallets.md has the forms [env: FAREBOX_WALLET=]
    #[arg(long, value_name = "URL")]
    wallet: Option<String>,

    /// Give up an earlier purchase of this request that was paid and not delivered, and pay anew
    #[arg(long)]
    buy_again: bool,
}

/// Gets the URL and says how it went.
pub async fn run(args: GetArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let json = args.json;
    let watch = Watch::new(&args);
    let mut interrupts = Interrupts::catch().map_err(Failure::general)?;
    let interrupted = tokio::select! {
        biased;
        ended = get_and_report(Arc::new(args), &settings, &watch) => {
            return Ok(ended.unwrap_or_else(|problem| problem.print(json)));
        }
        exit_code = interrupts.next() => exit_code,
    };
    // The get is dropped by now, and its temporary file with it.
    watch.end();
    let problem = watch.stage().interrupted(interrupted);
    problem.print(json);
    // A thread that waits for a stuck pipe or for standard input would hold the runtime up.
    std::process::exit(problem.exit_code().into())
}

async fn get_and_report(
    args: Arc<GetArgs>,
    settings: &Settings,
    watch: &Watch,
) -> Result<ExitCode, Problem> {
    let report = get(&args, settings, watch).await?;
    // Standard output may be a pipe that nobody reads.
    let print = tokio::task::spawn_blocking(move || report.print(args.json));
    print.await.map_err(Problem::general)
}

async fn get(args: &Arc<GetArgs>, settings: &Settings, watch: &Watch) -> Result<Report, Problem> {
    let begun = Instant::now();
    let mut output = Output::new(args)?;
    let request = read_request(Arc::clone(args)).await?;
    let opening = (Arc::clone(args), settings.clone());
    // Opening a keystore takes a second of work.
    let opened = tokio::task::spawn_blocking(move || open(&opening.0, &opening.1));
    let buyer = opened.await.map_err(Problem::general)??;
    let limits = args.limits(output.len_max())?;
    let outcome = buyer.get(&request, &limits, args.mode(), watch, output.sink()).await;
    let warnings = watch.end();
    let outcome = outcome?;
    let spent_today = match args.json {
        true => buyer.records().budget(buyer.policy()).await.ok().map(|budget| budget.total.day),
        false => None,
    };
    Ok(Report {
        outcome,
        spent_today,
        output,
        warnings,
        max_cost: args.max_cost,
        duration: begun.elapsed(),
        dry_run: args.dry_run,
        fail: args.fail,
        quiet: args.quiet,
    })
}

/// Reads the body where it may take its time, as from a keyboard.
async fn read_request(args: Arc<GetArgs>) -> Result<Request, Problem> {
    let read = tokio::task::spawn_blocking(move || args.request.read());
    read.await.map_err(Problem::general)?
}

fn open(args: &GetArgs, settings: &Settings) -> Result<Buyer, Problem> {
    let InForce { policy, .. } = args.policy.read(settings)?;
    let opening = Opening {
        policy,
        wallet: args.wallet.as_deref(),
        read_timeout: args.timeout,
        insecure_tls: args.insecure,
        system_proxy: true,
    };
    open_buyer(settings, opening)
}

impl GetArgs {
    fn mode(&self) -> Mode {
        match (self.dry_run, self.no_pay, self.buy_again) {
            (true, ..) => Mode::DryRun,
            (_, true, _) => Mode::NoPay,
            (_, _, true) => Mode::BuyAgain,
            _ => Mode::Pay,
        }
    }

    /// Whether an approval is waited for: where somebody looks on who can go and ask for it.
    const fn waits(&self, terminal: bool) -> bool {
        self.wait || (terminal && !self.json && !self.no_wait)
    }

    fn limits(&self, body_len_max: Option<u64>) -> Result<Limits, Problem> {
        let too_much = || Problem::usage("that is more than all bitcoin");
        Ok(Limits {
            cost_max: match self.max_cost {
                Some(most) => most.to_msat().ok_or_else(too_much)?,
                None => Msat::MAX,
            },
            fee_max: self.max_fee.to_msat().ok_or_else(too_much)?,
            cost_max_usd: match (self.max_cost_usd, self.max_cost) {
                (Some(most), _) => Some(most),
                (None, Some(_)) => None,
                (None, None) => Some(MicroUsd::MAX),
            },
            only: self.protocol.rail(),
            prefer: self.prefer_scheme.map(PreferredScheme::rail),
            payment_timeout: self.payment_timeout,
            answer_timeout: self.timeout,
            redirects_max: if self.no_location { 0 } else { self.max_redirects },
            body_len_max,
            approval_wait: self.waits(std::io::stderr().is_terminal()),
        })
    }
}
