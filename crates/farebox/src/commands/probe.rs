//! `farebox probe`

mod recorded;
mod report;
#[cfg(test)]
mod tests;

use super::problem::Problem;
use super::request_args::RequestArgs;
use crate::output::{Failure, print_json, print_line};
use clap::Args;
use farebox_buyer::{Probe, ProbeOptions, probe};
use farebox_net::{ClientOptions, http_client};
use farebox_wire::probe::Terms;
use report::Paint;
use std::process::ExitCode;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

const HELP: &str = "Examples:
  farebox probe http://127.0.0.1:4020/demo/weather
  farebox probe -d '{\"text\":\"hello\"}' http://127.0.0.1:4020/demo/summary
  farebox probe -X POST https://api.example.com/v1/search
  farebox probe --json https://api.example.com/paid | jq '.rails[].faults[].code'
  farebox probe --recorded answers.jsonl

It asks as the request says, GET by default. Where GET is not taken (405), it tries what the
server allows, then POST with {}. Redirects on the same host are followed, others are reported.
It never pays, knows no wallet and sends no credentials. docs/probing.md lists every fault, and
has the form of recorded answers, which are judged as a directory judges live ones.

Exit codes:
  0   some rail can be paid
  1   nothing can be paid: no 402, or only offers with errors; a recorded line cannot be read
  2   wrong arguments
  4   the server cannot be reached";

/// Say what an endpoint's 402 really offers, and every fault with its fix; never pays.
///
/// Reads the challenges of every rail (L402, x402, MPP) in headers and body, decodes invoices and
/// amounts, and says who can pay them.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct ProbeArgs {
    #[command(flatten)]
    request: Option<RequestArgs>,

    /// Judge recorded answers instead: a file with one JSON object a line, - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "testnet", "insecure"])]
    recorded: Option<String>,

    /// Print the findings as one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    /// Take offers on test networks for payable; always so on this machine
    #[arg(long)]
    testnet: bool,

    /// Take any TLS certificate
    #[arg(short = 'k', long)]
    insecure: bool,
}

/// Probes the URL and says what was found.
pub async fn run(args: ProbeArgs) -> Result<ExitCode, Failure> {
    let json = args.json;
    if let Some(name) = args.recorded {
        let judged = tokio::task::spawn_blocking(move || recorded::run(&name, json)).await;
        return judged.map_err(Failure::general)?;
    }
    match look(args).await {
        Ok(found) => {
            if json {
                print_json(&report::to_json(&found));
            } else {
                print_line(report::to_text(&found, Paint::for_standard_output()).trim_end());
            }
            Ok(ExitCode::from(u8::from(!found.report.is_payable)))
        }
        Err(problem) => Ok(problem.print(json)),
    }
}

async fn look(args: ProbeArgs) -> Result<Probe, Problem> {
    let named = args.request.ok_or_else(|| Problem::usage("name a URL, or --recorded FILE"))?;
    let client = http_client(&ClientOptions {
        user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION"), " (probe)").into(),
        connect_timeout: CONNECT_TIMEOUT,
        read_timeout: Duration::from_secs(30),
        insecure_tls: args.insecure,
        certificate: None,
        system_proxy: true,
    });
    let client = client.map_err(Problem::general)?;
    let options =
        ProbeOptions { is_method_declared: named.names_a_method(), ..ProbeOptions::default() };
    let terms = Terms { now_s: now_s(), accepts_test_money: args.testnet };
    let read = tokio::task::spawn_blocking(move || named.read());
    let request = read.await.map_err(Problem::general)??;
    Ok(probe(&client, &request, &options, terms).await?)
}

fn now_s() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default()
}
