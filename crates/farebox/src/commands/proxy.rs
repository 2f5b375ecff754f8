//! `farebox proxy`

mod answer;
mod gate;
mod hops;
mod purchase;
mod refused;
mod serve;
mod stream;
mod target;
mod token;
mod track;
mod wishes;

use super::duration::parse_duration;
use super::get::Protocol;
use super::money_rules::PolicyArgs;
use super::open_buyer::{Opening, open_buyer};
use super::problem::Problem;
use crate::config::{LogFormat, Settings};
use crate::output::{Failure, print_line};
use crate::server::{accept, logging, signals::Signals};
use clap::Args;
use farebox_buyer::{Buyer, Limits};
use farebox_money::{MicroUsd, Msat, Sats};
use gate::Gate;
use purchase::Shop;
use serve::{Proxy, REQUESTS_MAX};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// How long requests under way may take to end after a signal.
const DRAIN: Duration = Duration::from_secs(30);
/// Where programs name the proxy that they use.
const PROXY_VARIABLES: [&str; 6] =
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

const HELP: &str = "Examples:
  farebox proxy
  curl http://127.0.0.1:4021/https://api.example.com/report
  curl -x http://127.0.0.1:4021 http://127.0.0.1:4020/demo/weather
  curl -H 'X-Farebox-Max-Cost-Sats: 20' http://127.0.0.1:4021/http://127.0.0.1:4020/demo/weather
  OPENAI_BASE_URL=http://127.0.0.1:4021/https://api.example.com/v1 some-program

In the first form, put http://127.0.0.1:4021/ before the whole address. It works for http and
https. As an HTTP proxy it works for http only: a program that asks it for a tunnel (CONNECT) is
told so, since nobody can see a price inside TLS.

A request can narrow what is spent for it: X-Farebox-Max-Cost-Sats, and X-Farebox-No-Pay: 1. An
answer that was paid for says so: X-Farebox-Paid-Sats or -Paid-Usd, -Fee-Sats, -Asset, -Amount,
-Payment-Id. Where nothing could be paid, the status is 402, and X-Farebox-Error and a JSON body
say why.

It listens on this machine only and refuses what comes from browsers. Every program of this
machine can spend through it, within the policy (farebox policy, docs/buying.md): where others
use the machine too, ask for a token with --require-token.

Exit codes: 0 stopped as asked, 1 cannot run (taken port, damaged records, ...), 2 wrong arguments.";

/// Pay for programs that cannot: an HTTP proxy on this machine.
///
/// It sends the requests of other programs, pays where the answer is 402, and passes the answers
/// on as they come. Wallet, policy, budget, approvals and receipts are those of farebox get. Each
/// request is a purchase of its own; one that was paid and whose answer did not arrive is finished
/// by the next same request, without paying again.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct ProxyArgs {
    /// Where to listen; an address of this machine only
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4021")]
    listen: SocketAddr,

    /// Pay this for one request at most; narrows the policy [default: what the policy allows,
    /// which is 1000 where there is none]
    #[arg(long, value_name = "SATS")]
    max_cost: Option<Sats>,

    /// Pay this in routing fees on top at most; narrows the policy
    #[arg(long, value_name = "SATS", default_value = "10")]
    max_fee: Sats,

    /// Pay over this protocol only
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    protocol: Protocol,

    #[command(flatten)]
    policy: PolicyArgs,

    /// Serve only who shows the token in proxy.token in the data folder, which is made where it
    /// is not there
    #[arg(long)]
    require_token: bool,

    /// Wait so long for the outcome of a payment: 90, 90s, 2m
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_duration)]
    payment_timeout: Duration,

    /// Wait so long for a silent server, for one that is paid and not ready, and for a program
    /// that takes nothing of its answer
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = parse_duration)]
    timeout: Duration,

    /// The wallet's URL: phoenixd:…, lnd:…, cln:…, lnbits:… or nostr+walletconnect:…;
    /// docs/wallets.md has the forms [env: FAREBOX_WALLET=]
    #[arg(long, value_name = "URL")]
    wallet: Option<String>,

    /// Form of the log on standard error
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
}

/// Serves until SIGINT, SIGTERM or SIGHUP.
pub async fn run(args: ProxyArgs, settings: Settings) -> Result<ExitCode, Failure> {
    logging::init(args.log_format);
    Ok(match serve(args, settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => problem.print(false),
    })
}

async fn serve(args: ProxyArgs, settings: Settings) -> Result<(), Problem> {
    let mut signals = Signals::catch().map_err(Problem::general)?;
    let listener = args.bind().await?;
    let own = listener.local_addr().map_err(Problem::general)?;
    let token = args.token(&settings)?;
    let limits = args.limits()?;
    let (args, buyer, settings) = open(args, settings, own).await?;
    let gate = Gate { own, token: token.as_deref().map(gate::digest) };
    let patience = args.timeout;
    let shop = Shop { buyer, policy: args.policy, settings, limits, patience };
    let places = Arc::new(Semaphore::new(usize::try_from(REQUESTS_MAX).unwrap_or(1)));
    let proxy = Proxy { shop: Arc::new(shop), gate: Arc::new(gate), places: Arc::clone(&places) };
    print_line(format_args!(
        "farebox proxy on http://{own}: put http://{own}/ before an address, or use it as an HTTP \
         proxy; Ctrl-C stops it"
    ));
    let (stop, stopped) = watch::channel(false);
    let served = accept::serve(listener, serve::router(proxy), Arc::default(), stopped, DRAIN);
    let served = async {
        served.await;
        // What goes on without its program, which is a wallet that pays.
        let idle = places.acquire_many(REQUESTS_MAX);
        let _ = tokio::time::timeout(DRAIN, idle).await;
    };
    let told = async {
        signals.next().await;
        tracing::info!("stopping; requests under way may finish, a second signal ends them");
        // Fails only when nobody serves any more.
        let _ = stop.send(true);
        signals.next().await;
    };
    tokio::select! {
        () = served => {}
        () = told => tracing::warn!("stopped at once; what was paid stays good"),
    }
    Ok(())
}

/// Opens the buyer; a keystore takes its time.
async fn open(
    args: ProxyArgs,
    settings: Settings,
    own: SocketAddr,
) -> Result<(ProxyArgs, Buyer, Settings), Problem> {
    let opened = tokio::task::spawn_blocking(move || {
        let policy = args.policy.read(&settings)?.policy;
        let opening = Opening {
            policy,
            wallet: args.wallet.as_deref(),
            read_timeout: args.timeout,
            insecure_tls: false,
            system_proxy: !is_own_proxy(own),
        };
        let buyer = open_buyer(&settings, opening)?;
        Ok((args, buyer, settings))
    });
    opened.await.map_err(Problem::general)?
}

/// Whether the environment, which may be that of the programs, names this very proxy.
fn is_own_proxy(own: SocketAddr) -> bool {
    let values = PROXY_VARIABLES.iter().filter_map(|name| std::env::var(name).ok());
    let mut urls = values.map(|value| match value.contains("://") {
        true => value,
        false => format!("http://{value}"),
    });
    urls.any(|url| target::is_own(&url, own))
}

impl ProxyArgs {
    async fn bind(&self) -> Result<TcpListener, Problem> {
        let listen = self.listen;
        if !gate::is_loopback(listen.ip()) {
            return Err(Problem::usage(format_args!(
                "--listen {listen}: whoever reaches the proxy spends your money, so it listens \
                 on this machine only, as 127.0.0.1:{}",
                listen.port()
            )));
        }
        TcpListener::bind(listen).await.map_err(|error| {
            Problem::general(format_args!(
                "cannot listen on {listen}: {error}; choose another address with --listen"
            ))
        })
    }

    fn token(&self, settings: &Settings) -> Result<Option<String>, Problem> {
        if !self.require_token {
            return Ok(None);
        }
        let folder = settings.data_dir().map_err(Problem::usage)?;
        let path = folder.join(token::TOKEN_FILE);
        let token = token::load_or_make(&path).map_err(Problem::general)?;
        tracing::info!("programs have to show the token in {}", path.display());
        Ok(Some(token))
    }

    fn limits(&self) -> Result<Limits, Problem> {
        let too_much = || Problem::usage("that is more than all bitcoin");
        let cost_max = self.max_cost.map(|most| most.to_msat().ok_or_else(too_much));
        let cost_max = cost_max.transpose()?;
        Ok(Limits {
            cost_max: cost_max.unwrap_or(Msat::MAX),
            fee_max: self.max_fee.to_msat().ok_or_else(too_much)?,
            // A limit in sats counts for tokens too, converted.
            cost_max_usd: if cost_max.is_some() { None } else { Some(MicroUsd::MAX) },
            only: self.protocol.rail(),
            prefer: None,
            payment_timeout: self.payment_timeout,
            answer_timeout: self.timeout,
            redirects_max: Limits::default().redirects_max,
            body_len_max: None,
            approval_wait: false,
        })
    }
}
