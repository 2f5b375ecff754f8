//! The header's form, measured against the one that strict clients match as a text.

use super::Fault;
use crate::http_auth::{Param, Quoting, RawChallenge};
use crate::l402::Scheme;

/// Adds what is wrong with the form of `header`, which is one of `all`.
pub(super) fn check(all: &[RawChallenge], header: &RawChallenge, faults: &mut Vec<Fault>) {
    let is_old = header.is(Scheme::Lsat.name());
    // Clients that want the first place take either name there.
    let is_ours = |c: &RawChallenge| c.is(Scheme::L402.name()) || c.is(Scheme::Lsat.name());
    let is_first = all.first().is_some_and(is_ours);
    let findings = [
        (is_old, Fault::OldNameOnly),
        (!is_first, Fault::NotFirst),
        (header.scheme != header.scheme.to_ascii_uppercase(), Fault::SchemeCase),
        (is_out_of_order(header), Fault::Order),
        (header.params.iter().enumerate().any(has_odd_separator), Fault::Separators),
        (header.has_duplicates(), Fault::Duplicate),
        (has(header, "token") && !has(header, "macaroon"), Fault::NoMacaroonParameter),
        (has(header, "macaroon") && !has(header, "token"), Fault::NoTokenParameter),
        (tokens_differ(header), Fault::TokensDiffer),
    ];
    faults.extend(findings.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, fault)| fault));
    let unquoted = header.params.iter().filter(|param| param.quoting != Quoting::Double);
    let unquoted = unquoted.filter(|param| matters(param)).take(1);
    faults.extend(unquoted.map(|param| Fault::Unquoted { name: param.name.clone() }));
}

/// Whether a challenge has a parameter for a token, whatever its value.
pub(super) fn names_a_token(header: &RawChallenge) -> bool {
    has(header, "macaroon") || has(header, "token")
}

fn has(header: &RawChallenge, name: &str) -> bool {
    header.value(name).is_some()
}

/// Strict clients look for `macaroon` first, with `invoice` next to it.
fn is_out_of_order(header: &RawChallenge) -> bool {
    let name = |place: usize| header.params.get(place).map(|param| param.name.as_str());
    let complete = has(header, "macaroon") && has(header, "invoice");
    complete && (name(0), name(1)) != (Some("macaroon"), Some("invoice"))
}

fn has_odd_separator((place, param): (usize, &Param)) -> bool {
    param.separator != if place == 0 { " " } else { ", " }
}

fn tokens_differ(header: &RawChallenge) -> bool {
    let (macaroon, token) = (header.value("macaroon"), header.value("token"));
    macaroon.is_some() && token.is_some() && macaroon != token
}

fn matters(param: &Param) -> bool {
    ["macaroon", "token", "invoice"].iter().any(|name| param.name.eq_ignore_ascii_case(name))
}
