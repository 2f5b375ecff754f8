//! L402 in a report.

use super::fault::sentence;
use super::{Clients, Fault, Offer, Price, Rail, RailReport, RecordedAnswer, Severity, Terms};
use crate::bolt11::{Invoice, Network};
use crate::l402::{self, Answer};

/// `None` when the answer offers no L402 at all.
pub(super) fn check(answer: &RecordedAnswer, terms: Terms) -> Option<RailReport> {
    let lines = answer.challenge_lines();
    let network = (!terms.accepts_test_money).then_some(Network::Bitcoin);
    let found = l402::check(Answer { lines: &lines, body: &answer.body }, network, terms.now_s);
    if found.faults.contains(&l402::Fault::NoChallenge) {
        return None;
    }
    let is_payable = found.is_payable();
    let faults = found.faults.iter().map(Fault::from).collect();
    let offer = Offer { is_payable, ..offer(found.invoice.as_ref()) };
    Some(RailReport {
        rail: Rail::L402,
        is_payable,
        offers: vec![offer],
        clients: clients(is_payable, found.is_strict(), found.invoice.as_ref()),
        faults,
    })
}

fn offer(invoice: Option<&Invoice>) -> Offer {
    let kind = "bolt11".to_owned();
    let Some(invoice) = invoice else {
        return Offer { kind, ..Offer::default() };
    };
    Offer {
        kind,
        network: Some(invoice.network.name().to_owned()),
        recipient: Some(invoice.payee.clone()),
        price: super::mpp::lightning_price(invoice),
        expires_at: Some(invoice.expires_at),
        is_test_money: invoice.network != Network::Bitcoin,
        ..Offer::default()
    }
}

fn clients(is_payable: bool, is_strict: bool, invoice: Option<&Invoice>) -> Clients {
    let mut clients = Clients::default();
    if is_payable {
        let wallet = wallet(invoice);
        clients.add(if is_strict {
            format!("every L402 client, with {wallet}")
        } else {
            format!("L402 clients that read every form, with {wallet}; not those that match one")
        });
    }
    clients
}

/// The wallet that can pay an invoice.
pub(super) fn wallet(invoice: Option<&Invoice>) -> String {
    match invoice.map(|invoice| invoice.network) {
        None | Some(Network::Bitcoin) => "any Lightning wallet".to_owned(),
        Some(network) => format!("a Lightning wallet on {}", network.name()),
    }
}

impl From<&l402::Fault> for Fault {
    fn from(fault: &l402::Fault) -> Self {
        Self {
            severity: match fault.severity() {
                l402::Severity::Broken => Severity::Error,
                l402::Severity::Strict => Severity::Warning,
                l402::Severity::Advice => Severity::Note,
            },
            code: fault.code(),
            message: sentence(&fault.to_string()),
            fix: sentence(fault.fix()),
            offer: None,
        }
    }
}

impl Price {
    /// Of so many millisatoshis.
    pub(super) fn of_msat(amount: farebox_money::Msat) -> Self {
        Self { text: amount.to_string(), msat: Some(amount.get()), ..Self::default() }
    }
}
