//! `Payment` challenges as a seller's own tests and a directory look at them: every fault, each
//! with what to do about it.

mod fault;
mod form;
mod methods;
mod request;

use super::{SCHEME, methods::lightning};
use crate::evm::{Network as EvmNetwork, U256};
use crate::{bolt11::Invoice, http_auth};
pub use fault::{Fault, FaultCode, Severity};
use form::Parameters;

/// Challenges of one answer that are looked at.
const CHALLENGES_MAX: usize = 16;
/// Characters of a stranger's text in a fault.
const FOUND_LEN_MAX: usize = 80;

/// The answer of a server with status 402, and what was asked.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Every `WWW-Authenticate` value, in order.
    pub lines: &'a [&'a [u8]],
    /// The host that was asked, without port.
    pub host: Option<&'a str>,
    /// The body that was sent.
    pub request_body: &'a [u8],
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// The challenges in the seller's order, 16 at most.
    pub challenges: Vec<CheckedChallenge>,
    /// Every fault, those that matter most first.
    pub faults: Vec<Fault>,
}

/// One challenge, looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckedChallenge {
    /// The payment method as it was written; empty when it is missing.
    pub method: String,
    /// The intent as it was written; empty when it is missing.
    pub intent: String,
    /// The currency: a token's address, or a name.
    pub currency: Option<String>,
    /// Who is paid.
    pub recipient: Option<String>,
    /// The amount in the smallest unit, where it is one.
    pub amount: Option<U256>,
    /// The decoded invoice of a Lightning charge.
    pub invoice: Option<Invoice>,
    /// The chain, for methods that have one.
    pub network: Option<EvmNetwork>,
    /// Seconds since 1970 from when on it cannot be paid.
    pub expires_at: Option<u64>,
    /// Whether it asks for money without a price.
    pub is_test_money: bool,
    /// Whether a client that knows the method can pay it now.
    pub is_payable: bool,
}

impl Check {
    /// Whether there is a challenge at all, good or bad.
    #[must_use]
    pub fn is_found(&self) -> bool {
        !self.challenges.is_empty()
    }

    /// Whether some challenge can be paid now.
    #[must_use]
    pub fn is_payable(&self) -> bool {
        self.challenges.iter().any(|challenge| challenge.is_payable)
    }
}

/// Checks the `Payment` challenges of an answer at `now`, seconds since 1970. Money of test
/// networks is payable only where it is accepted.
#[must_use]
pub fn check(answer: Answer<'_>, accepts_test_money: bool, now: u64) -> Check {
    let raw: Vec<_> = http_auth::challenges(answer.lines)
        .into_iter()
        .filter(|raw| raw.is(SCHEME))
        .take(CHALLENGES_MAX)
        .collect();
    let mut check = Check::default();
    let mut sink = Sink { faults: Vec::new(), challenge: None };
    if answer.lines.iter().any(|line| line.len() > http_auth::LINE_LEN_MAX && names_us(line)) {
        sink.add(FaultCode::LineTooLong);
        check.challenges.extend(raw.is_empty().then(CheckedChallenge::default));
    }
    for (index, raw) in raw.iter().enumerate() {
        sink.challenge = Some(index);
        let line = answer.lines.get(raw.line).copied().unwrap_or_default();
        let parameters = Parameters::read(raw, line, &mut sink);
        let context = Context { answer, accepts_test_money, now };
        check.challenges.push(parameters.examine(&context, &mut sink));
    }
    sink.challenge = None;
    form::check_together(&raw, &check.challenges, &mut sink);
    if check.challenges.is_empty() {
        sink.add(FaultCode::ChallengeMissing);
    }
    conclude(&mut check, sink.faults);
    check
}

/// A challenge with an error of its own cannot be paid; an error of all stops all.
fn conclude(check: &mut Check, mut faults: Vec<Fault>) {
    let is_stopped = |index: usize| {
        let mut errors = faults.iter().filter(|fault| fault.severity() == Severity::Error);
        errors.any(|fault| fault.challenge.is_none_or(|own| own == index))
    };
    for (index, challenge) in check.challenges.iter_mut().enumerate() {
        challenge.is_payable = !is_stopped(index);
    }
    faults.sort_by_key(Fault::severity);
    check.faults = faults;
}

fn names_us(line: &[u8]) -> bool {
    let start = line.get(..SCHEME.len()).unwrap_or_default();
    start.eq_ignore_ascii_case(SCHEME.as_bytes())
}

/// What a challenge is measured against.
struct Context<'a> {
    answer: Answer<'a>,
    accepts_test_money: bool,
    now: u64,
}

/// Takes the faults of one challenge after the other.
struct Sink {
    faults: Vec<Fault>,
    challenge: Option<usize>,
}

impl Sink {
    fn add(&mut self, code: FaultCode) {
        self.faults.push(Fault { code, challenge: self.challenge, found: None });
    }

    /// With what was found, cut to what can be shown.
    fn add_found(&mut self, code: FaultCode, found: &str) {
        let found: String = found
            .chars()
            .filter(|character| !crate::text::is_hidden(*character))
            .take(FOUND_LEN_MAX)
            .collect();
        self.faults.push(Fault { code, challenge: self.challenge, found: Some(found) });
    }

    fn add_if(&mut self, is_wrong: bool, code: FaultCode) {
        if is_wrong {
            self.add(code);
        }
    }

    /// Whether the challenge has an error already.
    fn has_error(&self) -> bool {
        let mut own = self.faults.iter().filter(|fault| fault.challenge == self.challenge);
        own.any(|fault| fault.severity() == Severity::Error)
    }
}

/// Whether a challenge is a Lightning charge, which some clients want first.
fn is_lightning(challenge: &CheckedChallenge) -> bool {
    challenge.method == lightning::METHOD
}
