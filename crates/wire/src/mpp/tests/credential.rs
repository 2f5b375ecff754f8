//! Credentials as clients in use show them.

use super::{issued, secrets};
use crate::mpp::{
    CREDENTIAL_LEN_MAX, Challenge, Credential, CredentialError, CredentialHeader, ProblemType,
    base64url, parse_credential,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const PREIMAGE: &str = "6b8a7c0000000000000000000000000000000000000000000000000000000001";

fn credential() -> Credential {
    Credential {
        challenge: issued(),
        source: Some("did:pkh:eip155:1:0x0000000000000000000000000000000000000001".to_owned()),
        payload: json!({ "preimage": PREIMAGE }),
    }
}

fn parse(authorization: &[&str], other: &[&str]) -> Result<Option<Credential>, CredentialError> {
    parse_credential(authorization.iter().copied(), other.iter().copied())
}

fn shown(json: &Value) -> String {
    format!("Payment {}", base64url::encode(json.to_string()))
}

#[test]
fn a_credential_is_found_wherever_clients_put_it() {
    let (credential, rendered) = (credential(), credential().render().unwrap());
    let found = Ok(Some(credential.clone()));
    assert_eq!(credential.header(), CredentialHeader::PaymentAuthorization);
    assert_eq!(parse(&[&rendered], &[]), found);
    assert_eq!(parse(&[], &[&rendered]), found);
    assert_eq!(parse(&["Bearer abc"], &[&rendered]), found);
    assert_eq!(parse(&["Bearer abc", &rendered], &[]), found);
    for list in [
        format!("Bearer abc, {rendered}"),
        format!("{rendered}, Bearer abc"),
        format!("{rendered},"),
        rendered.replacen("Payment", "PAYMENT", 1),
        format!("{rendered}{}", "=".repeat((8 - rendered.len() % 4) % 4)),
    ] {
        assert_eq!(parse(&[&list], &[]), found, "{list}");
    }
    for none in ["", "Bearer abc", "Digest a=\"x, Payment abc\"", "Paymentabc"] {
        assert_eq!(parse(&[none], &[none]), Ok(None), "{none}");
    }
}

#[test]
fn only_one_credential_can_pay() {
    let rendered = credential().render().unwrap();
    for (authorization, other) in [
        (vec![&*rendered, &*rendered], vec![]),
        (vec![&*rendered], vec![&*rendered]),
        (vec![], vec![&*format!("{rendered}, {rendered}")]),
        (vec!["Payment bad"], vec![&*rendered]),
    ] {
        assert_eq!(parse(&authorization, &other), Err(CredentialError::Several));
        assert_eq!(CredentialError::Several.problem_type().status(), 400);
    }
}

/// The id is over the texts as they were issued: what a client repeats decides, not what it means.
#[test]
fn the_challenge_is_verified_as_it_was_repeated() {
    let mut json = serde_json::to_value(credential()).unwrap();
    let read = parse(&[&shown(&json)], &[]).unwrap().unwrap();
    assert_eq!(secrets().verify(&read.challenge), Ok(()));
    json["challenge"]["request"] = json!(base64url::encode(r#"{"amount": "1000"}"#));
    let spaced = parse(&[&shown(&json)], &[]).unwrap().unwrap();
    assert!(secrets().verify(&spaced.challenge).is_err());
    json["challenge"]["request"] = json!(format!("{}=", issued().request));
    let padded = parse(&[&shown(&json)], &[]).unwrap().unwrap();
    assert!(secrets().verify(&padded.challenge).is_err());
}

#[test]
fn older_clients_repeat_the_sellers_data_as_an_object() {
    let mut json = serde_json::to_value(credential()).unwrap();
    let encoded = base64url::decode(issued().opaque.as_deref().unwrap()).unwrap();
    json["challenge"]["opaque"] = serde_json::from_slice(&encoded).unwrap();
    let read = parse(&[&shown(&json)], &[]).unwrap().unwrap();
    assert_eq!(secrets().verify(&read.challenge), Ok(()));
    for bad in [json!(1), json!(["a"]), json!({"a": 1}), json!({"a": {"b": "c"}})] {
        json["challenge"]["opaque"] = bad;
        assert!(parse(&[&shown(&json)], &[]).is_err());
    }
}

#[test]
fn optional_parts_may_be_missing_null_or_unknown() {
    let mut json = serde_json::to_value(credential()).unwrap();
    json["source"] = Value::Null;
    json["new"] = json!({ "a": 1 });
    json["challenge"]["description"] = Value::Null;
    json["challenge"]["new"] = json!(1);
    let read = parse(&[&shown(&json)], &[]).unwrap().unwrap();
    assert_eq!((read.source, read.challenge.description), (None, None));
    json["challenge"]["header"] = json!("Authorization");
    let default = parse(&[&shown(&json)], &[]).unwrap().unwrap();
    assert_eq!(default.challenge.header, None);
}

#[test]
fn what_is_no_credential_is_refused() {
    let good = serde_json::to_value(credential()).unwrap();
    for path in
        ["/challenge", "/payload", "/challenge/id", "/challenge/realm", "/challenge/request"]
    {
        let mut json = good.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        json.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        assert!(parse(&[&shown(&json)], &[]).is_err(), "without {path}");
    }
    for (name, bad) in [
        ("id", json!("")),
        ("method", json!("A")),
        ("intent", json!("a b")),
        ("request", json!("!")),
        ("request", json!({ "amount": "1000" })),
        ("expires", json!("later")),
        ("header", json!("Cookie")),
    ] {
        let mut json = good.clone();
        json["challenge"][name] = bad;
        assert!(parse(&[&shown(&json)], &[]).is_err(), "{name}");
    }
    for text in ["Payment", "Payment ", "Payment !!!", "Payment e30", "Payment W10", "Payment a b"]
    {
        assert!(parse(&[text], &[]).is_err(), "{text}");
    }
    let twice = good.to_string().replacen("\"id\"", "\"id\":\"x\",\"id\"", 1);
    assert!(parse(&[&format!("Payment {}", base64url::encode(twice))], &[]).is_err());
    let long = format!("Payment {}", "A".repeat(CREDENTIAL_LEN_MAX));
    assert_eq!(parse(&[&long], &[]), Err(CredentialError::TooLong));
    let deep = base64url::encode("[".repeat(5_000));
    let error = parse(&[&format!("Payment {deep}")], &[]).unwrap_err();
    assert!(matches!(error, CredentialError::Invalid(_)));
    assert_eq!(error.problem_type(), ProblemType::MalformedCredential);
}

#[test]
fn a_proof_is_not_printed() {
    let credential = credential();
    assert!(!format!("{credential:?}").contains(PREIMAGE));
    let mut json = serde_json::to_value(credential).unwrap();
    json["challenge"] = json!(PREIMAGE);
    let error = parse(&[&shown(&json)], &[]).unwrap_err();
    assert!(!error.to_string().contains(PREIMAGE), "{error}");
}

#[test]
fn a_credential_that_no_server_would_read_is_not_written() {
    let long = Challenge { request: "A".repeat(16_000), ..issued() };
    let credential = Credential { challenge: long, ..credential() };
    assert_eq!(credential.render(), Err(CredentialError::TooLong));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(value in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,80}") {
        let _ = parse_credential([&value], [&value]);
        let _ = Credential::decode(&text);
        let _ = Credential::decode(&base64url::encode(text));
    }

    #[test]
    fn what_is_written_is_read(source in proptest::option::of("\\PC{0,40}"), preimage in "\\PC{0,64}") {
        let credential = Credential { source, payload: json!({ "preimage": preimage }), ..credential() };
        let rendered = credential.render().unwrap();
        prop_assert_eq!(parse(&["Bearer x"], &[&rendered]), Ok(Some(credential)));
    }
}
