//! Challenges as servers in use send them, and as none should.

use super::{issued, secrets, terms};
use crate::{
    l402,
    mpp::{Challenge, ChallengeError, CredentialHeader, base64url, parse_challenges},
};
use proptest::prelude::*;

/// `{"amount":"1000"}`
const REQUEST: &str = "eyJhbW91bnQiOiIxMDAwIn0";

fn line(more: &str) -> String {
    format!(
        r#"Payment id="abc", realm="api", method="tempo", intent="charge", request="{REQUEST}"{more}"#
    )
}

fn one(line: &str) -> Result<Challenge, ChallengeError> {
    let mut found = parse_challenges(&[line]);
    assert_eq!(found.len(), 1, "{line}: {found:?}");
    found.remove(0)
}

#[test]
fn the_written_form_is_fixed() {
    let challenge = issued();
    let expected = [
        format!(r#"Payment id="{}", realm="api.example.com", "#, challenge.id),
        r#"method="lightning", intent="charge", "#.to_owned(),
        r#"request="eyJhbW91bnQiOiIxMDAwIn0", expires="2025-01-06T12:00:00Z", "#.to_owned(),
        r#"description="say \"hi\" \\ to, us", "#.to_owned(),
        r#"digest="sha-256=:Iw2DWNyOiJC0xY3utikS7i8gNXrpKlzIYbmOaP4xrLU=:", "#.to_owned(),
        r#"header="Payment-Authorization", "#.to_owned(),
        r#"opaque="eyJuIjoiQVFFQkFRRUJBUUVCQVFFQkFRRUJBUSIsInIiOiIvcGFpZCJ9""#.to_owned(),
    ];
    let rendered = challenge.render().unwrap();
    assert_eq!(rendered, expected.concat());
    assert_eq!(one(&rendered), Ok(challenge));
}

#[test]
fn forms_in_use_are_read() {
    let plain = one(&line("")).unwrap();
    assert_eq!((plain.id.as_str(), plain.realm.as_str()), ("abc", "api"));
    assert_eq!(plain.request, REQUEST);
    assert_eq!(plain.expires_at(), None);
    for line in [
        line("").replacen("Payment", "payment", 1),
        line(r#", __proto__="value", x=1"#),
        line("").replace("id=", "ID = "),
        line("").replace("\"tempo\"", "tempo"),
        line("").replace(", ", ","),
        line(r#", expires="", header="", digest="""#),
        line(r#", header="authorization""#),
    ] {
        assert_eq!(one(&line), Ok(plain.clone()), "{line}");
    }
    for (expires, seconds) in
        [("2025-01-06T12:00:00.500Z", 1_736_164_800), ("1736164800", 1_736_164_800)]
    {
        let challenge = one(&line(&format!(r#", expires="{expires}""#))).unwrap();
        assert_eq!(challenge.expires.as_deref(), Some(expires), "repeated as it came");
        assert_eq!(challenge.expires_at(), Some(seconds));
    }
    let header = one(&line(r#", header="payment-authorization""#)).unwrap();
    assert_eq!(header.credential_header(), CredentialHeader::PaymentAuthorization);
    assert_eq!(header.header.as_deref(), Some("payment-authorization"));
}

#[test]
fn challenges_are_found_among_those_of_other_schemes() {
    let l402 = r#"L402 macaroon="AGI=", invoice="lnbc1""#;
    let (first, second) = (line(""), line("").replace("abc", "def"));
    for lines in [
        vec![format!("{l402}, {first}, {second}")],
        vec![format!("{first}, {l402}, {second}")],
        vec![l402.to_owned(), first.clone(), second.clone()],
        vec![format!("{first}, {second}, {l402}")],
        vec![format!(r#"Bearer error="use Payment id=no, request=no", {first}"#), second.clone()],
        vec!["Basic realm=x".to_owned(), format!("Negotiate, {first},{second}")],
    ] {
        let ids: Vec<_> = parse_challenges(&lines).into_iter().map(|c| c.unwrap().id).collect();
        assert_eq!(ids, ["abc", "def"], "{lines:?}");
    }
    let both = format!("{first}, {l402}");
    assert_eq!(l402::parse_challenges([&*both]).len(), 1);
    assert!(
        parse_challenges(&[l402, "Bearer error_description=\"use Payment challenge\""]).is_empty()
    );
}

/// A seller that binds one of two values could be paid for the other.
#[test]
fn a_parameter_that_comes_twice_refuses_that_challenge_alone() {
    for twice in [r#", id="b""#, r#", ID="b""#, r#", Request="e30""#, ", x=1, X=1"] {
        let found = parse_challenges(&[line(twice), line("")]);
        assert!(matches!(found[0], Err(ChallengeError::Duplicate(_))), "{twice}");
        assert!(found[1].is_ok());
    }
}

#[test]
fn what_cannot_be_answered_is_refused_and_named() {
    let request = |json: &str| line("").replace(REQUEST, &base64url::encode(json));
    for (text, expected) in [
        (line("").replace("id=\"abc\", ", ""), ChallengeError::Missing("id")),
        (line("").replace("\"abc\"", "\"\""), ChallengeError::Missing("id")),
        (line("").replace("intent=\"charge\", ", ""), ChallengeError::Missing("intent")),
        (
            format!("{}x=1", line("").split("request").next().unwrap()),
            ChallengeError::Missing("request"),
        ),
        (line("").replace("tempo", "Tempo"), ChallengeError::Method("Tempo".to_owned())),
        (line(r#", expires="soon""#), ChallengeError::Expires("soon".to_owned())),
        (line(r#", header="Cookie""#), ChallengeError::Header("Cookie".to_owned())),
        (line(&format!(r#", opaque="{}""#, "A".repeat(4_097))), ChallengeError::TooLong("opaque")),
        (line("").replace("\"api\"", "\"caf\u{e9}\""), ChallengeError::Character("realm")),
        (line("").replace("\"api\"", r#""caf\u00e9""#), ChallengeError::Character("realm")),
    ] {
        assert_eq!(one(&text), Err(expected), "{text}");
    }
    assert!(matches!(one(&line(", description=\"oops")), Err(ChallengeError::Syntax(_))));
    for json in ["test", "[]", "\"a\"", "{", "", &"[".repeat(100)] {
        let refused = one(&request(json));
        assert!(
            matches!(refused, Err(ChallengeError::Request(_) | ChallengeError::Missing(_))),
            "{json}"
        );
    }
    assert!(matches!(one(&line("").replace(REQUEST, "a+b/")), Err(ChallengeError::Request(_))));
    // Only the description may have been written by other rules: nobody compares it.
    let described = one(&line(r#", description="caf\u00e9""#)).unwrap();
    assert_eq!(described.description.as_deref(), Some("cafu00e9"));
    assert!(one(&line("").replace("\"api\"", "\"cu12345.com\"")).is_ok());
    let latin1 = b"Payment realm=\"caf\xe9\", id=x, method=tempo, intent=charge, request=e30";
    assert_eq!(parse_challenges(&[latin1]), [Err(ChallengeError::Character("realm"))]);
}

#[test]
fn expiry_counts_from_its_second_and_an_unreadable_one_has_passed() {
    let challenge = issued();
    let at = terms().expires_at;
    assert!(!challenge.is_expired(at - 1, 0));
    assert!(challenge.is_expired(at, 0));
    assert!(!challenge.is_expired(at + 29, 30));
    assert!(challenge.is_expired(at + 30, 30));
    let unreadable = Challenge { expires: Some("never".to_owned()), ..challenge.clone() };
    assert!(unreadable.is_expired(0, 0));
    let silent = Challenge { expires: None, ..challenge };
    assert!(!silent.is_expired(u64::MAX, 0));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4)) {
        let _ = parse_challenges(&lines);
    }

    #[test]
    fn arbitrary_parameters_never_panic(name in "(id|realm|method|request|expires|opaque|header|digest)", value in "\\PC{0,60}") {
        let line = format!("Payment {name}=\"{value}\", {}", &line("")[8..]);
        let _ = parse_challenges(&[line]);
    }

    #[test]
    fn what_is_written_is_read(
        realm in "[ -{}~]{1,40}",
        description in "[ -~]{1,40}",
        nonce: [u8; 16],
        expires_at in 0_u64..100_000_000_000,
    ) {
        let mut terms = terms();
        (terms.realm, terms.description, terms.expires_at) = (realm, Some(description), expires_at);
        terms.opaque = crate::mpp::Opaque::new(nonce, "/r");
        let challenge = secrets().issue(&terms).unwrap();
        let read = one(&challenge.render().unwrap()).unwrap();
        prop_assert_eq!(secrets().verify(&read), Ok(()));
        prop_assert_eq!(read, challenge);
    }
}
