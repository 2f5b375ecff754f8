//! `WWW-Authenticate: L402 …`, written in the one form that every known client takes and read
//! in every form that servers in use send.

use crate::http_auth::{RawChallenge, challenges};
use std::collections::HashSet;

/// A token or invoice longer than this is not used.
pub(super) const VALUE_LEN_MAX: usize = 8 * 1_024;
/// Challenges looked at in one answer.
const CHALLENGES_MAX: usize = 16;

/// The two names of the same scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// The name in use.
    L402,
    /// The name until 2023.
    Lsat,
}

impl Scheme {
    /// As written in a header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L402 => "L402",
            Self::Lsat => "LSAT",
        }
    }
}

/// A challenge as a client found it: untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The name to answer with.
    pub scheme: Scheme,
    /// The opaque token (`macaroon=`, else `token=`), fit to be sent back in a header.
    pub token: Option<String>,
    /// The BOLT 11 text; some servers give it in the body only.
    pub invoice: Option<String>,
}

/// The header of a server. Its order and spacing are the form that all known clients take:
/// some of them match the text with a pattern that starts with `macaroon` and `invoice`.
#[must_use]
pub fn challenge_header(token: &str, invoice: &str) -> String {
    format!(r#"L402 macaroon="{token}", invoice="{invoice}", version="0", token="{token}""#)
}

/// Reads the L402 and LSAT challenges from all `WWW-Authenticate` values of an answer. Several
/// challenges may share one value; parameters may be unquoted, in any order, separated by
/// commas or by spaces alone. The same challenge under both names is returned once, as L402.
#[must_use]
pub fn parse_challenges<V: AsRef<[u8]>>(values: impl IntoIterator<Item = V>) -> Vec<Challenge> {
    let raw = challenges(values);
    let mut found: Vec<_> = raw.iter().filter_map(Challenge::of).take(CHALLENGES_MAX).collect();
    found.sort_by_key(|challenge| challenge.scheme == Scheme::Lsat);
    let mut seen = HashSet::new();
    found.retain(|challenge| seen.insert((challenge.token.clone(), challenge.invoice.clone())));
    found
}

impl Challenge {
    fn of(raw: &RawChallenge) -> Option<Self> {
        let schemes = [Scheme::L402, Scheme::Lsat];
        let scheme = schemes.into_iter().find(|scheme| raw.is(scheme.name()))?;
        // The first of equal names counts, as in the header of an honest server.
        let first = |name| raw.values(name).find(|value| is_sendable(value)).map(str::to_owned);
        let token = first("macaroon").or_else(|| first("token"));
        Some(Self { scheme, token, invoice: first("invoice") })
    }
}

/// Whether a value from a stranger can stand in a header of ours.
pub(super) fn is_sendable(value: &str) -> bool {
    let graphic = value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    !value.is_empty() && value.len() <= VALUE_LEN_MAX && graphic
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(value: &str) -> Challenge {
        let mut found = parse_challenges([value]);
        assert_eq!(found.len(), 1, "{value}: {found:?}");
        found.remove(0)
    }

    #[test]
    fn the_written_form_is_fixed() {
        let header = challenge_header("AGI=", "lnbc1");
        assert_eq!(header, r#"L402 macaroon="AGI=", invoice="lnbc1", version="0", token="AGI=""#);
    }

    #[test]
    fn every_form_in_use_is_read() {
        for value in [
            r#"L402 macaroon="AGI==", invoice="lnbc1""#,
            r#"L402 macaroon="AGI==", invoice="lnbc1", version="0", token="AGI==""#,
            r#"L402 version="0", token="AGI==", invoice="lnbc1""#,
            r#"L402 version="0", token="AGI==", macaroon="AGI==", invoice="lnbc1""#,
            r#"L402 invoice="lnbc1", macaroon="AGI==""#,
            "L402 macaroon=AGI==, invoice=lnbc1",
            r#"L402 macaroon="AGI==" invoice="lnbc1""#,
            r#"L402 version="0" token="AGI==", invoice="lnbc1""#,
            r#"l402 Macaroon="AGI==",invoice="lnbc1""#,
            "L402 macaroon='AGI==', invoice='lnbc1'",
            "L402\tmacaroon = \"AGI==\" ,\tinvoice = \"lnbc1\"",
            r#"Payment id="x", request="eyJ9", L402 macaroon="AGI==", invoice="lnbc1""#,
            r#"L402 macaroon="AGI==", invoice="lnbc1", Payment id="x", token="no""#,
            r#"Basic realm="say \"L402 macaroon=\" here", L402 macaroon="AGI==", invoice="lnbc1""#,
        ] {
            let challenge = one(value);
            assert_eq!(challenge.token.as_deref(), Some("AGI=="), "{value}");
            assert_eq!(challenge.invoice.as_deref(), Some("lnbc1"), "{value}");
        }
    }

    #[test]
    fn the_old_name_is_answered_with_the_old_name() {
        let both = [r#"LSAT macaroon="A", invoice="l""#, r#"L402 macaroon="A", invoice="l""#];
        let found = parse_challenges(both);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].scheme, Scheme::L402);
        assert_eq!(one(both[0]).scheme, Scheme::Lsat);
    }

    #[test]
    fn an_invoice_may_be_missing_and_a_hostile_value_is_dropped() {
        let bare = one(r#"L402 version="0", token="eyJ.ab""#);
        assert_eq!((bare.token.as_deref(), bare.invoice), (Some("eyJ.ab"), None));
        let hostile = one("L402 macaroon=\"a\r\nX: y\", invoice=\"l\"");
        assert_eq!(hostile.token, None);
        assert!(parse_challenges(["Basic realm=x", "", ",,,"]).is_empty());
        assert!(parse_challenges([&*format!("L402 macaroon={}", "a".repeat(20_000))]).is_empty());
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics_and_values_are_sendable(value in "\\PC{0,200}") {
            for challenge in parse_challenges([&*format!("L402 macaroon=\"{value}\""), &*value]) {
                prop_assert!(challenge.token.is_none_or(|token| is_sendable(&token)));
            }
        }

        #[test]
        fn what_is_written_is_read(token in "[A-Za-z0-9+/]{1,300}={0,2}", invoice in "ln[a-z0-9]{1,300}") {
            let challenge = one(&challenge_header(&token, &invoice));
            prop_assert_eq!(challenge.token, Some(token));
            prop_assert_eq!(challenge.invoice, Some(invoice));
        }
    }
}
