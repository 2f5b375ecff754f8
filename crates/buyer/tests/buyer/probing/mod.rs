//! Probes against sellers in the process, well behaved and not.

mod behaviour;
mod forms;
mod guarded;
mod l402;
mod mpp;
mod others;
mod x402;

use crate::support::client;
use crate::support::server::{Reply, Server};
use farebox_buyer::{Probe, ProbeError, ProbeOptions, Request, probe};
use farebox_wire::probe::{Severity, Terms};
use http::Method;
use std::time::Duration;

const NOW: u64 = 1_700_000_000;

/// A seller's answer and what a probe has to find in it.
struct Row {
    name: &'static str,
    reply: Reply,
    /// The rails that can be paid.
    payable: &'static [&'static str],
    /// Codes that have to be among the faults; errors must all be named.
    codes: &'static [&'static str],
}

fn row(
    name: &'static str,
    reply: Reply,
    payable: &'static [&'static str],
    codes: &'static [&'static str],
) -> Row {
    Row { name, reply: reply.header("cache-control", "no-store"), payable, codes }
}

fn quick() -> ProbeOptions {
    ProbeOptions {
        is_method_declared: false,
        timeout: Duration::from_secs(5),
        retry_wait: Duration::from_millis(10),
        retry_timeout: Duration::from_secs(5),
    }
}

async fn probe_url(url: &str) -> Result<Probe, ProbeError> {
    probe_request(&Request::new(Method::GET, url).unwrap(), &quick()).await
}

async fn probe_request(request: &Request, options: &ProbeOptions) -> Result<Probe, ProbeError> {
    let terms = Terms { now_s: NOW, accepts_test_money: false };
    probe(&client(), request, options, terms).await
}

/// Lets a seller give each answer, and compares what the probe finds.
async fn check(rows: Vec<Row>) {
    for Row { name, reply, payable, codes } in rows {
        let server = Server::start(move |_| reply.clone()).await;
        let found = probe_url(&server.url("/paid")).await.unwrap();
        let report = &found.report;
        let rails = report.rails.iter().filter(|rail| rail.is_payable);
        let rails: Vec<_> = rails.map(|rail| rail.rail.name()).collect();
        assert_eq!(rails, payable, "{name}: {report:#?}");
        assert_eq!(report.is_payable, !payable.is_empty(), "{name}");
        let faults = report.rails.iter().flat_map(|rail| &rail.faults).chain(&report.faults);
        let faults: Vec<_> = faults.collect();
        for code in codes {
            assert!(
                faults.iter().any(|fault| fault.code == *code),
                "{name}: no {code}: {faults:#?}"
            );
        }
        if codes.is_empty() {
            let worst: Vec<_> =
                faults.iter().filter(|fault| fault.severity < Severity::Note).collect();
            assert!(worst.is_empty(), "{name}: {worst:#?}");
        }
        for fault in faults.iter().filter(|fault| fault.severity == Severity::Error) {
            assert!(codes.contains(&fault.code), "{name}: an error too many: {fault:?}");
            assert!(!fault.fix.is_empty() && !fault.message.is_empty(), "{name}");
        }
    }
}
