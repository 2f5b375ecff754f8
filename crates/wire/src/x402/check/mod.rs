//! What a 402 answer really says: whether it can be paid, and every fault with its fix.

mod fault;
mod locate;
mod money;
mod option;
mod resource;

pub use fault::{Fault, FaultCode, Severity};
pub use locate::Source;
pub use option::{CheckedOption, CheckedPrice};

use super::{ACCEPTS_MAX, RequirementsV1};
use locate::Located;
use serde_json::{Map, Value};

/// An answer to a request without payment.
#[derive(Clone, Copy, Debug)]
pub struct ProbeAnswer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// Names and values of the headers, in any case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, as far as it was read.
    pub body: &'a [u8],
    /// The URL that was requested.
    pub request_url: &'a str,
}

/// What an answer says in the terms of x402.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct X402Check {
    /// Whether there is a challenge of x402 at all, good or bad.
    pub is_found: bool,
    /// Where the challenge stood.
    pub source: Option<Source>,
    /// Its version.
    pub version: Option<u64>,
    /// Whether buyers can pay real money: some option on a real network has no error, and the
    /// challenge has none as a whole.
    pub is_payable: bool,
    /// Whether every option that could be paid is on a network for tests.
    pub is_testnet_only: bool,
    /// Whether we know the token of some option.
    pub is_asset_known: bool,
    /// The entries of `accepts`, 32 at most.
    pub options: Vec<CheckedOption>,
    /// Everything that is wrong or worth knowing.
    pub faults: Vec<Fault>,
}

/// Looks at an answer. Good input or bad, it always says something.
#[must_use]
pub fn check(answer: &ProbeAnswer<'_>) -> X402Check {
    let mut found = X402Check::default();
    if answer.status != 402 {
        found.fault(FaultCode::StatusNot402, Severity::Error);
        return found;
    }
    let (located, faults) = locate::locate(answer);
    found.faults = faults;
    let Some(Located { source, object }) = located else {
        let is_challenge = |fault: &Fault| {
            !matches!(
                fault.code,
                FaultCode::ChallengeMissing | FaultCode::HeaderNotBase64 | FaultCode::HeaderNotJson
            )
        };
        found.is_found = found.faults.iter().any(is_challenge);
        return found;
    };
    found.is_found = true;
    found.source = Some(source);
    found.version = super::header::version_of(&object);
    found.examine_challenge(&object, answer);
    found.conclude();
    found
}

impl X402Check {
    fn fault(&mut self, code: FaultCode, severity: Severity) {
        self.faults.push(Fault::new(code, severity));
    }

    fn examine_challenge(&mut self, object: &Map<String, Value>, answer: &ProbeAnswer<'_>) {
        let entries = object.get("accepts").and_then(Value::as_array);
        if !matches!(self.version, Some(1 | 2)) && entries.is_some() {
            self.fault(FaultCode::VersionUnsupported, Severity::Error);
        }
        self.examine_transport();
        match entries {
            None => {
                self.fault(FaultCode::AcceptsMissing, Severity::Error);
                if object.contains_key("payTo") {
                    self.examine_entries(&[Value::Object(object.clone())]);
                }
            }
            Some(entries) if entries.is_empty() => {
                self.fault(FaultCode::AcceptsEmpty, Severity::Error);
            }
            Some(entries) => {
                if entries.len() > ACCEPTS_MAX {
                    self.fault(FaultCode::TooManyOptions, Severity::Error);
                }
                self.examine_entries(entries);
                self.examine_resource(object, entries, answer.request_url);
                if self.source == Some(Source::Header) && conflicts_with_body(&self.options, answer)
                {
                    self.fault(FaultCode::TermsConflict, Severity::Error);
                }
            }
        }
    }

    fn examine_transport(&mut self) {
        match (self.source, self.version) {
            (Some(Source::Body), Some(1)) => self.fault(FaultCode::V1Body, Severity::Note),
            (Some(Source::Body), Some(2)) => self.fault(FaultCode::V2InBody, Severity::Warning),
            (Some(Source::OtherHeader), _) => {
                self.fault(FaultCode::HeaderNameNonstandard, Severity::Error);
            }
            _ => {}
        }
    }

    fn examine_entries(&mut self, entries: &[Value]) {
        let version = self.version.unwrap_or(2);
        for (index, entry) in entries.iter().take(ACCEPTS_MAX).enumerate() {
            let (option, faults) = option::examine(index, entry, version);
            self.options.push(option);
            self.faults.extend(faults);
        }
    }

    /// The resource stands beside `accepts` in version 2, in each entry in version 1.
    fn examine_resource(
        &mut self,
        object: &Map<String, Value>,
        entries: &[Value],
        request_url: &str,
    ) {
        let beside = object.get("resource");
        let url = beside
            .and_then(|resource| resource.as_str().or_else(|| resource.get("url")?.as_str()))
            .or_else(|| entries.first()?.get("resource")?.as_str());
        if let Some((code, severity)) = url.and_then(|url| resource::examine(url, request_url)) {
            self.fault(code, severity);
        }
    }

    fn conclude(&mut self) {
        let payable = self.options.iter().filter(|option| option.is_payable).count();
        let all_test = self.options.iter().all(|option| option.is_testnet);
        let all_payable_test =
            self.options.iter().filter(|option| option.is_payable).all(|option| option.is_testnet);
        self.is_testnet_only =
            !self.options.is_empty() && if payable == 0 { all_test } else { all_payable_test };
        self.is_asset_known = self.options.iter().any(|option| option.is_asset_known);
        if self.is_testnet_only {
            self.fault(FaultCode::TestnetOnly, Severity::Error);
        }
        if payable > 0 && payable < self.options.len() {
            self.fault(FaultCode::SomeOptionsInvalid, Severity::Warning);
        }
        let is_stopped = self
            .faults
            .iter()
            .any(|fault| fault.option.is_none() && fault.severity == Severity::Error);
        self.is_payable = payable > 0 && !is_stopped;
    }
}

/// Whether a body of version 1 asks for another amount or payee than the header does, for the
/// same token.
fn conflicts_with_body(options: &[CheckedOption], answer: &ProbeAnswer<'_>) -> bool {
    let Ok(body) = super::PaymentRequiredV1::parse_body(answer.body) else {
        return false;
    };
    let asked = body.accepts.iter().filter_map(RequirementsV1::to_v2);
    let offered = || options.iter().filter_map(|option| option.requirements.as_ref());
    asked.into_iter().any(|asked| {
        let same_token = |offer: &&super::PaymentRequirements| {
            offer.scheme == asked.scheme
                && offer.network == asked.network
                && offer.asset.eq_ignore_ascii_case(&asked.asset)
        };
        let same_terms = |offer: &super::PaymentRequirements| {
            offer.amount == asked.amount && offer.pay_to.eq_ignore_ascii_case(&asked.pay_to)
        };
        let mut rivals = offered().filter(same_token).peekable();
        rivals.peek().is_some() && !rivals.any(same_terms)
    })
}
