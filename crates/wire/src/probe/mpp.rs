//! MPP in a report.

use super::fault::sentence;
use super::{Clients, Fault, Offer, Price, Rail, RailReport, RecordedAnswer, Severity, Terms};
use crate::bolt11::Invoice;
use crate::evm::{AssetId, Network, known_asset, to_decimal, to_micro_usd_ceil};
use crate::mpp::check::{self, Answer, CheckedChallenge};
use farebox_money::MicroUsd;

/// Micro-dollars in a cent.
const MICRO_PER_CENT: u64 = 10_000;
/// Tempo's tokens, in use as dollars, all have six decimals.
const TEMPO_DECIMALS: u8 = 6;

/// `None` when the answer offers no MPP at all.
pub(super) fn check(answer: &RecordedAnswer, terms: Terms) -> Option<RailReport> {
    let lines = answer.challenge_lines();
    let url = answer.parsed_url();
    let host = url.as_ref().and_then(url::Url::host_str);
    let request = Answer { lines: &lines, host, request_body: &answer.request_body };
    let found = check::check(request, terms.accepts_test_money, terms.now_s);
    if !found.is_found() {
        return None;
    }
    let is_payable = found.is_payable();
    let mut clients = Clients::default();
    for challenge in found.challenges.iter().filter(|challenge| challenge.is_payable) {
        clients.add(client(challenge));
    }
    Some(RailReport {
        rail: Rail::Mpp,
        is_payable,
        offers: found.challenges.iter().enumerate().map(offer).collect(),
        clients,
        faults: found.faults.iter().map(Fault::from).collect(),
    })
}

fn offer((index, challenge): (usize, &CheckedChallenge)) -> Offer {
    let invoice = challenge.invoice.as_ref();
    let chain = challenge.network.and_then(Network::evm).map(|chain| format!("eip155:{chain}"));
    let ends = [challenge.expires_at, invoice.map(|invoice| invoice.expires_at)];
    Offer {
        index,
        kind: format!("{}/{}", challenge.method, challenge.intent),
        network: invoice.map(|invoice| invoice.network.name().to_owned()).or(chain),
        asset: challenge.currency.clone(),
        recipient: challenge
            .recipient
            .clone()
            .or_else(|| invoice.map(|invoice| invoice.payee.clone())),
        price: price(challenge),
        expires_at: ends.into_iter().flatten().min(),
        is_test_money: challenge.is_test_money,
        is_payable: challenge.is_payable,
    }
}

fn price(challenge: &CheckedChallenge) -> Option<Price> {
    if let Some(invoice) = &challenge.invoice {
        return lightning_price(invoice);
    }
    let amount = challenge.amount?;
    let units = amount.to_string();
    let priced = |text: String, usd: Option<MicroUsd>| Price {
        text,
        micro_usd: usd.map(|usd| usd.get()),
        base_units: Some(units.clone()),
        ..Price::default()
    };
    match challenge.method.as_str() {
        "stripe" => {
            let currency = challenge.currency.as_deref().unwrap_or_default();
            let cents = u64::try_from(amount).ok();
            let micro_usd = cents
                .filter(|_| currency == "usd")
                .and_then(|cents| cents.checked_mul(MICRO_PER_CENT).map(MicroUsd::new));
            let text = micro_usd.map_or_else(
                || format!("{units} of the smallest unit of {currency}"),
                |usd| format!("{usd} USD"),
            );
            Some(priced(text, micro_usd))
        }
        "tempo" => {
            let usd = to_micro_usd_ceil(amount, TEMPO_DECIMALS);
            Some(priced(format!("{} USD", to_decimal(amount, TEMPO_DECIMALS)), usd))
        }
        _ => {
            let address = challenge.currency.as_deref().and_then(|text| text.parse().ok());
            let chain = challenge.network.and_then(Network::evm);
            let id = chain.zip(address).map(|(chain, address)| AssetId { chain, address });
            let text = format!("{units} units of an unknown token");
            Some(id.and_then(known_asset).map_or_else(
                || priced(text, None),
                |asset| {
                    let text = format!("{} {}", to_decimal(amount, asset.decimals), asset.symbol);
                    priced(text, to_micro_usd_ceil(amount, asset.decimals))
                },
            ))
        }
    }
}

/// What an invoice asks for.
pub(super) fn lightning_price(invoice: &Invoice) -> Option<Price> {
    invoice.amount.filter(|amount| !amount.is_zero()).map(Price::of_msat)
}

fn client(challenge: &CheckedChallenge) -> String {
    let kind = format!("MPP clients of {}/{}", challenge.method, challenge.intent);
    let chain = challenge.network.and_then(Network::evm);
    match challenge.method.as_str() {
        "lightning" => {
            format!("{kind}, with {}", super::l402::wallet(challenge.invoice.as_ref()))
        }
        "stripe" => format!("{kind}, with a wallet that issues Stripe's payment tokens"),
        "tempo" => format!("{kind}, with a wallet on Tempo"),
        _ => match chain {
            Some(chain) => format!("{kind}, with an EVM wallet on eip155:{chain}"),
            None => kind,
        },
    }
}

impl From<&check::Fault> for Fault {
    fn from(fault: &check::Fault) -> Self {
        Self {
            severity: match fault.severity() {
                check::Severity::Error => Severity::Error,
                check::Severity::Warning => Severity::Warning,
                check::Severity::Note => Severity::Note,
            },
            code: fault.code.name(),
            message: sentence(&fault.message()),
            fix: fault.code.fix().to_owned(),
            offer: fault.challenge,
        }
    }
}
