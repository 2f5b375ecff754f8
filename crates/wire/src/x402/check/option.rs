//! One entry of `accepts`.

use super::{
    fault::{Fault, FaultCode, Severity},
    money::{self, Found},
};
use crate::{
    evm::{Network, U256, is_caip2},
    x402::{PaymentRequirements, RequirementsV1, SCHEME_EXACT, SCHEME_UPTO, slack},
};
use farebox_money::MicroUsd;
use serde_json::{Map, Value};

/// Schemes that buyers in use know.
const SCHEMES: [&str; 4] = [SCHEME_EXACT, SCHEME_UPTO, "batch-settlement", "auth-capture"];

/// One way to pay, looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckedOption {
    /// Its place in `accepts`, counted from zero.
    pub index: usize,
    /// In the form of version 2, when it can be brought into it.
    pub requirements: Option<PaymentRequirements>,
    /// The network, when we can name it.
    pub network: Option<Network>,
    /// What it costs, when the amount is one.
    pub price: Option<CheckedPrice>,
    /// Whether it is on a network for tests.
    pub is_testnet: bool,
    /// Whether we know the token.
    pub is_asset_known: bool,
    /// Whether it has no fault that stops buyers. Those on test networks can be payable too.
    pub is_payable: bool,
}

/// What an option costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedPrice {
    /// Units of the token.
    pub amount: U256,
    /// For people: `0.01 USDC`. `None` for tokens that we do not know.
    pub text: Option<String>,
    /// In dollars, rounded up, where the token is worth one.
    pub usd: Option<MicroUsd>,
    /// Whether less may be taken (`upto`).
    pub is_maximum: bool,
}

/// The entry under examination, and what was found.
pub(super) struct Examination<'a> {
    pub(super) fields: &'a Map<String, Value>,
    pub(super) version: u64,
    pub(super) found: CheckedOption,
    pub(super) faults: Vec<Fault>,
}

/// Looks at one entry of `accepts`.
pub(super) fn examine(index: usize, entry: &Value, version: u64) -> (CheckedOption, Vec<Fault>) {
    let found = CheckedOption { index, ..CheckedOption::default() };
    let Some(fields) = entry.as_object() else {
        let fault = Fault::new(FaultCode::OptionNotObject, Severity::Error);
        return (found, vec![Fault { option: Some(index), ..fault }]);
    };
    let mut examination = Examination { fields, version, found, faults: Vec::new() };
    examination.scheme();
    examination.network();
    let money = money::examine(&mut examination);
    examination.timeout();
    examination.extra(&money);
    examination.finish(entry)
}

impl Examination<'_> {
    pub(super) fn fault(&mut self, code: FaultCode, severity: Severity) {
        let option = Some(self.found.index);
        self.faults.push(Fault { option, ..Fault::new(code, severity) });
    }

    pub(super) fn error(&mut self, code: FaultCode) {
        self.fault(code, Severity::Error);
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    pub(super) fn extra_text(&self, name: &str) -> Option<&str> {
        self.fields.get("extra")?.get(name)?.as_str()
    }

    pub(super) fn is_upto(&self) -> bool {
        self.text("scheme") == Some(SCHEME_UPTO)
    }

    fn scheme(&mut self) {
        match self.text("scheme") {
            None | Some("") => self.error(FaultCode::SchemeMissing),
            Some(scheme) if !SCHEMES.contains(&scheme) => {
                self.error(FaultCode::UnsupportedScheme);
            }
            Some(_) => {}
        }
        if self.is_upto() {
            self.fault(FaultCode::PriceIsMaximum, Severity::Note);
            if self.extra_text("facilitatorAddress").is_none() {
                self.fault(FaultCode::FacilitatorAddressMissing, Severity::Warning);
            }
        }
    }

    /// A known network by the name of the other version is still recognised, so that the rest of
    /// the entry can be looked at.
    fn network(&mut self) {
        let Some(name) = self.text("network").filter(|name| !name.is_empty()) else {
            return self.error(FaultCode::NetworkMissing);
        };
        let (caip2, v1) = (Network::parse_caip2(name), Network::parse_v1(name));
        let (right, wrong) = if self.version == 1 { (v1, caip2) } else { (caip2, v1) };
        let is_form = is_caip2(name);
        self.found.network = right.or(wrong);
        self.found.is_testnet = self.found.network.is_some_and(Network::is_testnet);
        match (right, wrong) {
            (Some(_), _) => {}
            (None, Some(_)) => self.error(FaultCode::NetworkNameWrongForVersion),
            (None, None) if is_form => self.error(FaultCode::UnsupportedNetwork),
            (None, None) => self.error(FaultCode::NonstandardNetwork),
        }
    }

    fn timeout(&mut self) {
        let seconds = match self.fields.get("maxTimeoutSeconds") {
            Some(Value::Number(number)) => slack::whole_number(number),
            _ => None,
        };
        match seconds {
            None | Some(0) => self.error(FaultCode::TimeoutInvalid),
            Some(1..10) => self.fault(FaultCode::TimeoutShort, Severity::Warning),
            Some(10..=3_600) => {}
            Some(_) => self.fault(FaultCode::TimeoutLong, Severity::Warning),
        }
    }

    fn extra(&mut self, money: &Found) {
        if self.extra_text("payToMode") == Some("dynamic") {
            self.fault(FaultCode::PaytoDynamic, Severity::Note);
        }
        match self.found.network {
            Some(Network::Solana(_)) if self.extra_text("feePayer").is_none() => {
                self.error(FaultCode::FeePayerMissing);
            }
            Some(Network::Evm(_)) if self.text("scheme") == Some(SCHEME_EXACT) => {
                self.domain(money);
            }
            _ => {}
        }
    }

    /// EIP-712 name and version, which only EIP-3009 needs. For a token that we know they may be
    /// missing, but not wrong.
    fn domain(&mut self, money: &Found) {
        let method = self.extra_text("assetTransferMethod").unwrap_or("eip3009");
        if method != "eip3009" || money.is_permit2() {
            return;
        }
        let (name, version) = (self.extra_text("name"), self.extra_text("version"));
        let known = money.domain();
        if name.is_none() || version.is_none() {
            let severity = if known.is_some() { Severity::Warning } else { Severity::Error };
            self.fault(FaultCode::DomainMissing, severity);
        }
        let Some((known_name, known_version)) = known else {
            return;
        };
        let checks = [
            (FaultCode::DomainNameWrong, self.extra_text("name"), known_name),
            (FaultCode::DomainVersionWrong, self.extra_text("version"), known_version),
        ];
        let wrong: Vec<_> = checks
            .into_iter()
            .filter(|(_, given, known)| given.is_some_and(|given| given != *known))
            .map(|(code, _, known)| (code, known))
            .collect();
        for (code, known) in wrong {
            let fault = Fault::new(code, Severity::Error);
            let (option, expected) = (Some(self.found.index), Some(known.to_owned()));
            self.faults.push(Fault { option, expected, ..fault });
        }
    }

    fn finish(mut self, entry: &Value) -> (CheckedOption, Vec<Fault>) {
        self.found.requirements = if self.version == 1 {
            let read = serde_json::from_value::<RequirementsV1>(entry.clone()).ok();
            read.and_then(|requirements| requirements.to_v2())
        } else {
            serde_json::from_value(entry.clone()).ok()
        };
        let is_stopped = self.faults.iter().any(|fault| fault.severity == Severity::Error);
        self.found.is_payable = !is_stopped && self.found.requirements.is_some();
        (self.found, self.faults)
    }
}
