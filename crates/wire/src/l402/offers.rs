//! What can be paid and answered with, from the headers and the body of a 402 together.

use super::{BodyChallenge, Challenge, Scheme, body_challenge, parse_challenges};

/// A token and the invoice that pays for it, as a server offers them: untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The name to answer with.
    pub scheme: Scheme,
    /// The opaque token, fit to be sent back in a header.
    pub token: String,
    /// The BOLT 11 text.
    pub invoice: String,
}

/// Every pair of token and invoice that an answer gives, in the order of its headers, L402 before
/// LSAT. The body fills in what a challenge in the headers leaves out, and is an offer by itself
/// where it has both and the headers have no pair.
#[must_use]
pub fn offers<V: AsRef<[u8]>>(lines: impl IntoIterator<Item = V>, body: &[u8]) -> Vec<Offer> {
    let body = body_challenge(body).unwrap_or_default();
    let challenges = parse_challenges(lines);
    let mut found: Vec<_> = challenges.into_iter().filter_map(|c| complete(c, &body)).collect();
    if found.is_empty() {
        found.extend(pair(body.to_challenge()));
    }
    found
}

/// A challenge with what the body adds. Where it has a token but no invoice, and the body has an
/// invoice beside another token, the two of the body belong together.
pub(super) fn complete(challenge: Challenge, body: &BodyChallenge) -> Option<Offer> {
    let tokens = [&body.macaroon, &body.token];
    let is_repeated = tokens.contains(&&challenge.token);
    let has_other = !is_repeated && tokens.iter().any(|token| token.is_some());
    let body = body.to_challenge();
    let scheme = challenge.scheme;
    if challenge.token.is_some() && challenge.invoice.is_none() && has_other {
        return pair(Challenge { scheme, ..body });
    }
    let token = challenge.token.or(body.token);
    pair(Challenge { scheme, token, invoice: challenge.invoice.or(body.invoice) })
}

fn pair(challenge: Challenge) -> Option<Offer> {
    let Challenge { scheme, token, invoice } = challenge;
    Some(Offer { scheme, token: token?, invoice: invoice? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"L402 macaroon="AGI=", invoice="lnbc1""#;
    const BODY: &str = r#"{"macaroon":"AGI=","invoice":"lnbc1"}"#;

    /// Name, lines, body; all say `AGI=` and `lnbc1`.
    const FORMS: [(&str, &[&str], &str); 30] = [
        ("token and invoice", &[LINE], ""),
        (
            "all four parameters",
            &[r#"L402 macaroon="AGI=", invoice="lnbc1", version="0", token="AGI=""#],
            "",
        ),
        (
            "version first, token and invoice",
            &[r#"L402 version="0", token="AGI=", invoice="lnbc1""#],
            "",
        ),
        (
            "version first, macaroon and invoice",
            &[r#"L402 version="0", macaroon="AGI=", invoice="lnbc1""#],
            "",
        ),
        (
            "version first, token and macaroon",
            &[r#"L402 version="0", token="AGI=", macaroon="AGI=", invoice="lnbc1""#],
            "",
        ),
        (
            "token and macaroon differ",
            &[r#"L402 token="no", macaroon="AGI=", invoice="lnbc1""#],
            "",
        ),
        ("invoice first", &[r#"L402 invoice="lnbc1", macaroon="AGI=""#], ""),
        ("both names on two lines", &[r#"LSAT macaroon="AGI=", invoice="lnbc1""#, LINE], ""),
        (
            "both names folded",
            &[r#"LSAT macaroon="AGI=", invoice="lnbc1", L402 macaroon="AGI=", invoice="lnbc1""#],
            "",
        ),
        ("unquoted", &["L402 macaroon=AGI=, invoice=lnbc1"], ""),
        ("unquoted without space", &["L402 macaroon=AGI=,invoice=lnbc1"], ""),
        ("single quotes", &["L402 macaroon='AGI=', invoice='lnbc1'"], ""),
        ("no comma after the version", &[r#"L402 version="0" token="AGI=", invoice="lnbc1""#], ""),
        ("no commas", &[r#"L402 macaroon="AGI=" invoice="lnbc1""#], ""),
        ("semicolons", &["L402 macaroon=AGI=; invoice=lnbc1"], ""),
        ("lower case", &[r#"l402 macaroon="AGI=", invoice="lnbc1""#], ""),
        ("names in other cases", &[r#"L402 Macaroon="AGI=", INVOICE="lnbc1""#], ""),
        ("space around the signs", &["L402  macaroon = \"AGI=\" ,\tinvoice = \"lnbc1\""], ""),
        (
            "unknown parameters",
            &[r#"L402 realm="a, b", macaroon="AGI=", price=5, invoice="lnbc1""#],
            "",
        ),
        (
            "another rail folded before",
            &[r#"Payment id="x", request="eyJ9", L402 macaroon="AGI=", invoice="lnbc1""#],
            "",
        ),
        (
            "another rail folded behind",
            &[r#"L402 macaroon="AGI=", invoice="lnbc1", Payment id="x", token="no""#],
            "",
        ),
        ("another rail on a line before", &[r#"Payment id="x", request="eyJ9""#, LINE], ""),
        (
            "a scheme without parameters before",
            &["Negotiate", "Bearer, L402 macaroon=\"AGI=\", invoice=\"lnbc1\""],
            "",
        ),
        (
            "invoice only in the body",
            &[r#"L402 version="0", token="AGI=""#],
            r#"{"invoice":"lnbc1","token":"AGI="}"#,
        ),
        (
            "invoice only in the body, without token",
            &[r#"L402 macaroon="AGI=""#],
            r#"{"payment_request":"lnbc1"}"#,
        ),
        ("token only in the body", &[r#"L402 invoice="lnbc1""#], BODY),
        ("bare scheme and body", &["L402"], BODY),
        ("body alone", &[], BODY),
        (
            "body alone, below the top",
            &["Basic realm=x"],
            r#"{"l402":{"token":"AGI=","payment_request":"lnbc1"}}"#,
        ),
        ("body that says something else", &[LINE], r#"{"macaroon":"no","invoice":"lnbc2"}"#),
    ];

    #[test]
    fn every_form_in_use_is_read() {
        for (name, lines, body) in FORMS {
            let found = offers(lines, body.as_bytes());
            let scheme = Scheme::L402;
            let expected = Offer { scheme, token: "AGI=".into(), invoice: "lnbc1".into() };
            assert_eq!(found, [expected], "{name}");
        }
    }

    #[test]
    fn tokens_of_every_make_are_kept_as_they_are() {
        for token in ["eyJ9.00ff", "AGI", "A-_=", "0019ab", "MDAx==", "id:1", "a_b~c"] {
            let line = format!(r#"L402 macaroon="{token}", invoice="lnbc1""#);
            assert_eq!(offers([line], b"")[0].token, token);
        }
    }

    #[test]
    fn the_old_name_alone_is_answered_with_the_old_name() {
        let found = offers([r#"LSAT macaroon="AGI=", invoice="lnbc1""#], b"");
        assert_eq!(found[0].scheme, Scheme::Lsat);
    }

    #[test]
    fn halves_of_two_offers_are_not_put_together() {
        let found = offers([r#"L402 macaroon="A""#], br#"{"macaroon":"B","invoice":"lnbc1"}"#);
        assert_eq!(found[0].token, "B", "the invoice stands beside this token");
        assert_eq!(offers([r#"L402 macaroon="A""#], b"{}"), []);
        assert_eq!(offers([""; 0], br#"{"token":"A"}"#), []);
    }
}
