//! What we write, the other implementation reads, and the other way round; and both say the same
//! of what nobody should have written, but for the differences that are named here:
//!
//! - `expires` as seconds since 1970, which servers in use send, is read by us alone;
//! - a digest, and data of the seller, of an unknown form are repeated by us and refused by them;
//! - a realm beyond printable ASCII is refused by us: it may not come back as it was signed;
//! - a `|` in any signed text never verifies with us: it could move a text to the next slot;
//! - a value in single quotes is unquoted by us, and `;` separates parameters;
//! - a credential longer than 16 KiB is refused by us, one longer than 64 KiB by them.

use farebox_wire::mpp as ours;
use mpp::protocol::core as theirs;
use ours::{ChallengeSecret, ChallengeSecrets, ChallengeTerms, CredentialHeader, Opaque};
use proptest::prelude::*;
use serde_json::{Value, json};
use theirs::{Base64UrlJson, accept_payment::HasMethodIntent};

const SECRET: &str = "a secret of thirty-two characters";
const EXPIRES: &str = "2035-01-06T12:00:00Z";
const REALM: &str = "[ -\\[\\]-{}~]{1,30}";

fn secrets() -> ChallengeSecrets {
    let current = ChallengeSecret::new(SECRET.as_bytes()).unwrap();
    ChallengeSecrets { current, previous: None }
}

fn json_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,10}".prop_map(Value::from),
        "[\\x00-\\x7f\\u{2028}\\u{e000}\\u{10000}]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[\\x00-\\x7f\\u{fb33}\\u{1f600}]{0,4}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

prop_compose! {
    fn terms()(
        realm in REALM,
        request in json_values(),
        expires_at in 0_u64..100_000_000_000,
        description in prop::option::of("[ -~]{1,30}"),
        body in prop::option::of("\\PC{0,20}"),
        nonce: [u8; 16],
        advertised: bool,
    ) -> ChallengeTerms {
        ChallengeTerms {
            realm,
            method: "lightning".to_owned(),
            intent: "charge".to_owned(),
            request: ours::jcs::encode(&json!({ "a": request })).unwrap(),
            expires_at,
            description,
            digest: body.map(|body| ours::digest::content_digest(body.as_bytes())),
            opaque: Opaque::new(nonce, "/route").with("é", "\u{1}\"\\"),
            header: if advertised { CredentialHeader::PaymentAuthorization } else { CredentialHeader::Authorization },
        }
    }
}

fn their_challenge(terms: &ChallengeTerms) -> theirs::PaymentChallenge {
    let header = matches!(terms.header, CredentialHeader::PaymentAuthorization);
    theirs::PaymentChallenge::with_secret_key_full(
        SECRET,
        terms.realm.clone(),
        terms.method.clone(),
        terms.intent.clone(),
        Base64UrlJson::from_raw(&terms.request),
        Some(&ours::format_timestamp(terms.expires_at)),
        terms.digest.as_deref(),
        terms.description.as_deref(),
        Some(Base64UrlJson::from_raw(terms.opaque.encode().unwrap())),
        header.then_some(ours::PAYMENT_AUTHORIZATION),
    )
}

/// What a challenge says, in either implementation's words.
fn said(challenge: &Value) -> Vec<Option<String>> {
    [
        "id",
        "realm",
        "method",
        "intent",
        "request",
        "expires",
        "description",
        "digest",
        "opaque",
        "header",
    ]
    .map(|name| challenge[name].as_str().map(str::to_owned))
    .to_vec()
}

fn ours_said(lines: &[&str]) -> Vec<Option<Vec<Option<String>>>> {
    let found = ours::parse_challenges(lines).into_iter();
    found.map(|read| read.ok().map(|read| said(&serde_json::to_value(read).unwrap()))).collect()
}

fn theirs_said(lines: &[&str]) -> Vec<Option<Vec<Option<String>>>> {
    let found = theirs::parse_www_authenticate_all(lines.iter().copied()).into_iter();
    found
        .map(|read| read.ok().map(|read| said(&serde_json::to_value(read.to_echo()).unwrap())))
        .collect()
}

/// One parameter, well formed or not, of a challenge.
fn parameters() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just(r#"id="a""#.to_owned()),
        6 => Just(r#"realm="r, \"s\" \\ Payment id=x""#.to_owned()),
        6 => Just(r#"method="tempo""#.to_owned()),
        6 => Just(r#"intent=charge"#.to_owned()),
        6 => Just(r#"request="e30""#.to_owned()),
        1 => Just(r#"request="e30=""#.to_owned()),
        1 => Just(r#"request="W10""#.to_owned()),
        1 => Just(r#"request="""#.to_owned()),
        1 => Just(r#"method="Tempo""#.to_owned()),
        1 => Just(r#"method="""#.to_owned()),
        1 => Just(r#"intent="a b""#.to_owned()),
        1 => Just(r#"ID = "b""#.to_owned()),
        1 => Just(format!("expires=\"{EXPIRES}\"")),
        1 => Just("expires=\"soon\"".to_owned()),
        1 => Just("unknown=\"x\"".to_owned()),
        1 => Just("header=\"Payment-Authorization\"".to_owned()),
        1 => Just("header=\"Authorization\"".to_owned()),
        1 => Just("header=\"Cookie\"".to_owned()),
        1 => Just("description=\"a, b\"".to_owned()),
        1 => Just("L402 macaroon=\"a\"".to_owned()),
        1 => Just("Payment id=\"c\"".to_owned()),
    ]
}

proptest! {
    #[test]
    fn canonical_json_is_the_same(value in json_values()) {
        let encoded = Base64UrlJson::from_value(&value).unwrap();
        prop_assert_eq!(ours::jcs::encode(&value).unwrap(), encoded.raw());
    }

    #[test]
    fn challenges_are_the_same_text_and_each_verifies_those_of_the_other(terms in terms()) {
        let (own, other) = (secrets().issue(&terms).unwrap(), their_challenge(&terms));
        prop_assert_eq!(&own.id, &other.id);
        let line = own.render().unwrap();
        prop_assert_eq!(&line, &other.to_header().unwrap());
        let read = theirs::PaymentChallenge::from_header(&line).unwrap();
        prop_assert!(read.verify(SECRET));
        let read = ours::parse_challenges(&[other.to_header().unwrap()]).remove(0).unwrap();
        prop_assert_eq!(secrets().verify(&read), Ok(()));
        prop_assert_eq!(read, own);
    }

    #[test]
    fn credentials_are_read_by_the_other(
        terms in terms(),
        payload in json_values(),
        source in prop::option::of("\\PC{0,30}"),
    ) {
        let own = ours::Credential {
            challenge: secrets().issue(&terms).unwrap(),
            source: source.clone(),
            payload: json!({ "p": payload }),
        };
        let read = theirs::parse_authorization(&own.render().unwrap()).unwrap();
        prop_assert_eq!(&read.source, &source);
        let echo = serde_json::to_value(&read.challenge).unwrap();
        prop_assert_eq!(said(&echo), said(&serde_json::to_value(&own.challenge).unwrap()));

        let mut other = theirs::PaymentCredential::new(their_challenge(&terms).to_echo(), json!({ "p": 1 }));
        other.source = source;
        let line = format!("Bearer x, {}", theirs::format_authorization(&other).unwrap());
        let read = ours::parse_credential([&line], []).unwrap().unwrap();
        prop_assert_eq!(secrets().verify(&read.challenge), Ok(()));
        prop_assert_eq!((read.source, read.payload), (other.source, other.payload));
    }

    #[test]
    fn the_same_challenges_are_taken_and_refused(
        parts in prop::collection::vec(parameters(), 1..8),
        complete in prop::bool::weighted(0.5),
        separator in prop_oneof![Just(", "), Just(","), Just(" , ,\t")],
    ) {
        let whole = r#"id="i", realm="r", method="m", intent="charge", request="e30""#;
        let known = if complete { whole } else { "x0=1" };
        let line = format!("Payment {known}, {}", parts.join(separator));
        prop_assert_eq!(ours_said(&[&line]), theirs_said(&[&line]), "{}", line);
    }

    #[test]
    fn receipts_are_read_by_the_other(reference in "\\PC{0,30}", paid_at in 0_u64..100_000_000_000, chain in 1_u64..1 << 53) {
        let mut own = ours::Receipt::new("evm", &reference, "id", paid_at);
        own.chain_id = Some(chain);
        let read = theirs::parse_receipt(&own.render().unwrap()).unwrap();
        prop_assert_eq!((read.reference.as_str(), &read.extensions["chainId"]), (reference.as_str(), &json!(chain)));
        let again = ours::Receipt::parse(&theirs::format_receipt(&read).unwrap()).unwrap();
        prop_assert_eq!(again, own);
    }

    #[test]
    fn wishes_are_read_and_ranked_the_same(
        header in "((\\*|tempo|evm|Evm|a_b)/(\\*|charge|session|a_b)( ?; ?(q|Q|x) ?= ?(0|1|0\\.5|0\\.25|1\\.0|0\\.1234|x|))?, ?){0,5}(evm/charge)?",
    ) {
        struct Offer(&'static str, &'static str);
        impl HasMethodIntent for Offer {
            fn method(&self) -> &str { self.0 }
            fn intent(&self) -> &str { self.1 }
        }
        let offers = [Offer("tempo", "charge"), Offer("evm", "charge"), Offer("evm", "session"), Offer("new", "new")];
        let own = ours::accept::AcceptPayment::parse(&header).ok();
        let other = theirs::accept_payment::parse(&header).ok();
        prop_assert_eq!(own.is_some(), other.is_some(), "{}", header);
        if let (Some(own), Some(other)) = (own, other) {
            let ranked = own.rank(&offers, |offer| (offer.0, offer.1));
            let theirs = theirs::accept_payment::rank(&offers, &other);
            let names = |offers: Vec<&Offer>| offers.iter().map(|o| (o.0, o.1)).collect::<Vec<_>>();
            prop_assert_eq!(names(ranked), names(theirs), "{}", header);
        }
    }

    #[test]
    fn digests_match_in_both_forms(body in prop::collection::vec(any::<u8>(), 0..60)) {
        prop_assert!(mpp::body_digest::verify(&ours::digest::content_digest(&body), &body));
        prop_assert!(ours::digest::matches_content(&mpp::body_digest::compute(&body), &body));
    }
}

#[test]
fn the_known_differences() {
    let line = |more: &str| {
        format!(r#"Payment id="i", realm="r", method="m", intent="charge", request="e30", {more}"#)
    };
    let taken = |more: &str| {
        let line = line(more);
        (ours_said(&[&line])[0].is_some(), theirs_said(&[&line])[0].is_some())
    };
    assert_eq!(taken(r#"expires="2051697600""#), (true, false));
    assert_eq!(taken(r#"digest="md5=x""#), (true, false));
    assert_eq!(taken(r#"opaque="a+b""#), (true, false));
    let accented = line("").replace("\"r\"", "\"é\"");
    assert!(ours::parse_challenges(&[&accented])[0].is_err());
    assert!(theirs::parse_www_authenticate(&accented).is_ok());
    let quoted = line("").replace("\"r\"", "'r'");
    assert_eq!(ours::parse_challenges(&[&quoted])[0].as_ref().unwrap().realm, "r");
    assert_eq!(theirs::parse_www_authenticate(&quoted).unwrap().realm, "'r'");

    let piped = theirs::PaymentChallenge::with_secret_key(
        SECRET,
        "a|b",
        "m",
        "charge",
        Base64UrlJson::from_raw("e30"),
    );
    let read = ours::parse_challenges(&[piped.to_header().unwrap()]).remove(0).unwrap();
    assert!(piped.verify(SECRET) && secrets().verify(&read).is_err());

    let long =
        format!("Payment {}", theirs::base64url_encode(format!("{:16000}", "{}").as_bytes()));
    assert_eq!(ours::parse_credential([&long], []), Err(ours::CredentialError::TooLong));
}
