//! x402 in a report.

use super::{Clients, Fault, Offer, Price, Rail, RailReport, RecordedAnswer, Severity, Terms};
use crate::evm::Network;
use crate::x402::{self, CheckedOption, CheckedPrice, FaultCode, ProbeAnswer, X402Check};

/// `None` when the answer offers no x402 at all.
pub(super) fn check(answer: &RecordedAnswer, terms: Terms) -> Option<RailReport> {
    check_version(answer, terms).map(|(rail, _)| rail)
}

/// The same with the version of the terms, where they name one.
pub(super) fn check_version(
    answer: &RecordedAnswer,
    terms: Terms,
) -> Option<(RailReport, Option<u64>)> {
    let texts: Vec<_> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value)))
        .collect();
    let headers: Vec<_> = texts.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    let mut found = x402::check(&ProbeAnswer {
        status: answer.status,
        headers: &headers,
        body: &answer.body,
        request_url: &answer.url,
    });
    if !is_offered(&found) {
        return None;
    }
    if terms.accepts_test_money {
        accept_test_money(&mut found);
    }
    let offers: Vec<_> = found.options.iter().map(|option| offer(option, &found, terms)).collect();
    let is_payable = found.is_payable && offers.iter().any(|offer| offer.is_payable);
    let mut faults: Vec<_> = found.faults.iter().map(Fault::from).collect();
    faults.sort_by_key(|fault: &Fault| fault.severity);
    let clients = clients(&found, &offers, is_payable);
    Some((RailReport { rail: Rail::X402, is_payable, offers, clients, faults }, found.version))
}

/// A header by the right name is an offer, however bad.
fn is_offered(found: &X402Check) -> bool {
    let is_unreadable =
        |code| matches!(code, FaultCode::HeaderNotBase64 | FaultCode::HeaderNotJson);
    found.is_found || found.faults.iter().any(|fault| is_unreadable(fault.code))
}

/// What is wrong only because no real money is asked for is no fault here.
fn accept_test_money(found: &mut X402Check) {
    for fault in &mut found.faults {
        if fault.code == FaultCode::TestnetOnly {
            fault.severity = x402::Severity::Note;
        }
    }
    let is_stopped = found
        .faults
        .iter()
        .any(|fault| fault.option.is_none() && fault.severity == x402::Severity::Error);
    found.is_payable = !is_stopped && found.options.iter().any(|option| option.is_payable);
}

fn offer(option: &CheckedOption, found: &X402Check, terms: Terms) -> Offer {
    let requirements = option.requirements.as_ref();
    Offer {
        index: option.index,
        kind: requirements.map(|own| own.scheme.clone()).unwrap_or_default(),
        network: requirements.map(|own| own.network.clone()),
        asset: requirements.map(|own| own.asset.clone()),
        recipient: requirements.map(|own| own.pay_to.clone()),
        price: option.price.as_ref().map(price),
        expires_at: None,
        is_test_money: option.is_testnet,
        is_payable: option.is_payable
            && found.is_payable
            && (terms.accepts_test_money || !option.is_testnet),
    }
}

fn price(price: &CheckedPrice) -> Price {
    let units = price.amount.to_string();
    Price {
        text: price.text.clone().unwrap_or_else(|| format!("{units} units of an unknown token")),
        msat: None,
        micro_usd: price.usd.map(|usd| usd.get()),
        base_units: Some(units),
        is_maximum: price.is_maximum,
    }
}

fn clients(found: &X402Check, offers: &[Offer], is_payable: bool) -> Clients {
    let mut clients = Clients::default();
    if !is_payable {
        return clients;
    }
    let version = match (found.version, found.source) {
        (Some(1), _) => "x402 clients that know version 1",
        (_, Some(x402::Source::Body)) => "x402 clients that read version 2 in the body",
        _ => "x402 clients of version 2",
    };
    for (option, offer) in found.options.iter().zip(offers).filter(|(_, offer)| offer.is_payable) {
        let wallet = match option.network {
            Some(Network::Solana(_)) => "a Solana wallet",
            _ => "an EVM wallet",
        };
        let network = offer.network.as_deref().unwrap_or_default();
        clients.add(format!("{version}, with {wallet} on {network}"));
    }
    clients
}

impl From<&x402::Fault> for Fault {
    fn from(fault: &x402::Fault) -> Self {
        Self {
            severity: match fault.severity {
                x402::Severity::Error => Severity::Error,
                x402::Severity::Warning => Severity::Warning,
                x402::Severity::Note => Severity::Note,
            },
            code: fault.code.name(),
            message: fault.code.meaning().to_owned(),
            fix: fault.fix(),
            offer: fault.option,
        }
    }
}
