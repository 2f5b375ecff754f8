//! What each family of clients makes of an answer.

use super::{Fault, Rail, RailReport, RecordedAnswer, Report, Severity, Terms, x402};
use crate::l402::{ForeignToken, TokenForm, parse_challenges};

/// Faults that leave an L402 offer payable, but not by clients that look for one form of it.
const NOT_THE_ONE_FORM: [&str; 11] = [
    "challenge_in_body_only",
    "token_in_body_only",
    "invoice_in_body_only",
    "challenge_not_first",
    "parameter_order",
    "separators",
    "unquoted",
    "duplicate_parameter",
    "macaroon_parameter_missing",
    "macaroon_malformed",
    "token_form",
];
/// Methods of MPP that mppx brings along.
const METHODS_OF_MPPX: [&str; 3] = ["tempo/charge", "stripe/charge", "evm/charge"];
/// The method that is paid from any Lightning wallet.
const LIGHTNING: &str = "lightning/charge";

/// Clients that read a challenge alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// lnget and others that look for L402 in one form, at the start of the first line.
    Lnget,
    /// L402 clients that read every form.
    L402,
    /// x402 clients of version 1, which read the body.
    X402V1,
    /// x402 clients of version 2, which read the header.
    X402V2,
    /// mppx and other MPP clients that pay by Tempo, EVM or card.
    Mppx,
    /// MPP clients with a Lightning wallet.
    MppLightning,
}

/// What one family makes of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyReport {
    /// Which.
    pub family: Family,
    /// For people.
    pub name: &'static str,
    /// The protocol that it speaks.
    pub rail: Rail,
    /// Whether it can pay what is asked, with the right wallet and money in it.
    pub can_pay: bool,
    /// The first reason why not.
    pub reason: Option<Fault>,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Lnget, Self::L402, Self::X402V1, Self::X402V2, Self::Mppx, Self::MppLightning];

    /// The stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Lnget => "lnget",
            Self::L402 => "l402",
            Self::X402V1 => "x402_v1",
            Self::X402V2 => "x402_v2",
            Self::Mppx => "mppx",
            Self::MppLightning => "mpp_lightning",
        }
    }

    /// For people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lnget => "lnget, and L402 clients that look for one form",
            Self::L402 => "L402 clients that read every form",
            Self::X402V1 => "x402 clients of version 1",
            Self::X402V2 => "x402 clients of version 2",
            Self::Mppx => "mppx, and MPP clients that pay by Tempo, EVM or card",
            Self::MppLightning => "MPP clients with a Lightning wallet",
        }
    }

    /// The protocol that it speaks.
    #[must_use]
    pub const fn rail(self) -> Rail {
        match self {
            Self::Lnget | Self::L402 => Rail::L402,
            Self::X402V1 | Self::X402V2 => Rail::X402,
            Self::Mppx | Self::MppLightning => Rail::Mpp,
        }
    }

    /// `None` when it can pay, or the first reason why not.
    fn reason(self, answer: &RecordedAnswer, report: &Report, terms: Terms) -> Option<Fault> {
        if report.status != 402 {
            return Some(Fault {
                severity: Severity::Error,
                code: report.verdict.code(),
                message: report.message.to_owned(),
                fix: report.fix.unwrap_or("answer unpaid requests with 402").to_owned(),
                offer: None,
            });
        }
        let rail = report.rails.iter().find(|own| own.rail == self.rail());
        let Some(rail) = rail else {
            return Some(not_offered(self.rail()));
        };
        match self {
            Self::L402 => of_rail(rail),
            Self::Lnget => of_rail(rail).or_else(|| of_one_form(answer, rail)),
            Self::X402V1 => of_x402(answer, terms, rail, Part::Body),
            Self::X402V2 => of_x402(answer, terms, rail, Part::Headers),
            Self::Mppx => of_mpp(rail, &METHODS_OF_MPPX, &["no_authorization"], NO_METHOD_OF_MPPX),
            Self::MppLightning => of_mpp(rail, &[LIGHTNING], &[], NO_LIGHTNING),
        }
    }
}

/// What every family makes of an answer, of which `report` was made with the same terms.
#[must_use]
pub fn families(answer: &RecordedAnswer, report: &Report, terms: Terms) -> Vec<FamilyReport> {
    let of = |family: Family| {
        let reason = family.reason(answer, report, terms);
        let (name, rail) = (family.name(), family.rail());
        FamilyReport { family, name, rail, can_pay: reason.is_none(), reason }
    };
    Family::ALL.into_iter().map(of).collect()
}

/// A code, what is wrong, and what to do about it.
type Words = (&'static str, &'static str, &'static str);

const NO_METHOD_OF_MPPX: Words = (
    "method_not_offered",
    "No challenge is for Tempo, EVM or card.",
    "Offer tempo, evm or stripe as well, to be paid by these clients.",
);
const NO_LIGHTNING: Words = (
    "method_not_offered",
    "No challenge is for Lightning.",
    "Offer lightning as well, to be paid from Lightning wallets.",
);
const TOKEN_UNREADABLE: Words = (
    "token_identifier",
    "The token's identifier is not that of L402, which these clients read.",
    "Make the identifier of version 0: two zero bytes, the payment hash, 32 random bytes.",
);
const TOKEN_BASE64: Words = (
    "token_base64",
    "The token is in a base64 that these clients do not read.",
    "Encode the token in standard base64 with padding.",
);
const NOT_IN_HEADER: Words = (
    "header_missing",
    "There are no terms of version 2 in the header, where these clients look.",
    "Send the terms of version 2 as base64 JSON in the header PAYMENT-REQUIRED.",
);
const NOT_IN_BODY: Words = (
    "v1_body_missing",
    "There are no terms of version 1 in the body, where these clients look.",
    "Also send the terms of version 1 as JSON in the body, to be paid by older clients.",
);

fn fault((code, message, fix): Words) -> Fault {
    let (message, fix) = (message.to_owned(), fix.to_owned());
    Fault { severity: Severity::Error, code, message, fix, offer: None }
}

fn not_offered(rail: Rail) -> Fault {
    let name = rail.name();
    Fault {
        severity: Severity::Error,
        code: "rail_not_offered",
        message: format!("The answer does not offer {name}."),
        fix: format!("Offer {name} as well, to be paid by these clients."),
        offer: None,
    }
}

/// The first error of a rail that cannot be paid.
fn of_rail(rail: &RailReport) -> Option<Fault> {
    if rail.is_payable {
        return None;
    }
    let mut faults = rail.faults.iter();
    let error = faults.find(|fault| fault.severity == Severity::Error);
    Some(error.cloned().unwrap_or_else(|| not_offered(rail.rail)))
}

/// Whether an L402 challenge has the one form that some clients look for, whatever it asks.
pub(super) fn is_in_one_form(answer: &RecordedAnswer, rail: &RailReport) -> bool {
    of_one_form(answer, rail).is_none()
}

/// What keeps clients away that look for one form only, of an offer that can be paid.
fn of_one_form(answer: &RecordedAnswer, rail: &RailReport) -> Option<Fault> {
    let mut faults = rail.faults.iter();
    if let Some(fault) = faults.find(|fault| NOT_THE_ONE_FORM.contains(&fault.code)) {
        return Some(fault.clone());
    }
    let shown = parse_challenges(answer.challenge_lines()).into_iter().next();
    let text = shown.and_then(|challenge| challenge.token).unwrap_or_default();
    let token = ForeignToken::read(&text);
    let is_read = token.form == TokenForm::V2Tlv
        && token.commitment.is_some_and(|commitment| commitment.is_stated);
    if !is_read {
        return Some(fault(TOKEN_UNREADABLE));
    }
    let is_other_base64 = rail.faults.iter().any(|fault| fault.code == TOKEN_BASE64.0);
    (is_other_base64 && text.contains(['+', '/', '='])).then(|| fault(TOKEN_BASE64))
}

/// Where terms of x402 stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Headers,
    Body,
}

/// Looks at one part of the answer alone, as clients of one version do.
fn of_x402(answer: &RecordedAnswer, terms: Terms, whole: &RailReport, part: Part) -> Option<Fault> {
    let alone = match part {
        Part::Headers => RecordedAnswer { body: Vec::new(), ..answer.clone() },
        Part::Body => RecordedAnswer { headers: Vec::new(), ..answer.clone() },
    };
    let (version, missing) = match part {
        Part::Headers => (2, NOT_IN_HEADER),
        Part::Body => (1, NOT_IN_BODY),
    };
    match x402::check_version(&alone, terms) {
        Some((rail, found)) if found == Some(version) => {
            let conflict = whole.faults.iter().find(|fault| fault.code == "terms_conflict");
            of_rail(&rail).or_else(|| conflict.cloned())
        }
        // A header that cannot be read.
        Some((rail, None)) if part == Part::Headers => of_rail(&rail),
        _ => Some(fault(missing)),
    }
}

/// The first error of the challenges of these methods; of none, that there is none. Faults of the
/// codes in `stops` keep these clients away although others can pay.
fn of_mpp(rail: &RailReport, methods: &[&str], stops: &[&str], none: Words) -> Option<Fault> {
    let own: Vec<_> =
        rail.offers.iter().filter(|offer| methods.contains(&offer.kind.as_str())).collect();
    let counts = |fault: &Fault| fault.severity == Severity::Error || stops.contains(&fault.code);
    let stopped_by = |index: usize| {
        let mut faults = rail.faults.iter().filter(|fault| counts(fault));
        faults.find(|fault| fault.offer.is_none_or(|own| own == index))
    };
    if own.iter().any(|offer| offer.is_payable && stopped_by(offer.index).is_none()) {
        return None;
    }
    let error = own.first().and_then(|offer| stopped_by(offer.index));
    Some(error.cloned().unwrap_or_else(|| fault(none)))
}

#[cfg(test)]
mod tests;
