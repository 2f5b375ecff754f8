//! The id binds everything that costs money, and nothing that was not issued here gets past it.

use super::{issued, secrets, terms};
use crate::mpp::{
    Challenge, ChallengeError, ChallengeSecret, ChallengeSecrets, ChallengeTerms, CredentialHeader,
    ForeignChallenge, Opaque, PAYMENT_AUTHORIZATION, WeakSecret, base64url, binding::challenge_id,
};
use proptest::prelude::*;

type Change = fn(&mut ChallengeTerms);

const AMOUNT: &str = r#"{"amount":"1000000"}"#;
const DIGEST: &str = "sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE";
const EXPIRES: &str = "2025-01-06T12:00:00Z";

fn bare(realm: &str, method: &str, intent: &str, request: &str) -> Challenge {
    Challenge {
        id: String::new(),
        realm: realm.to_owned(),
        method: method.to_owned(),
        intent: intent.to_owned(),
        request: base64url::encode(request),
        expires: None,
        description: None,
        digest: None,
        opaque: None,
        header: None,
    }
}

/// The ids that all implementations of the protocol compute for the secret `test-vector-secret`.
#[test]
fn ids_are_those_of_the_shared_vectors() {
    let host = "api.example.com";
    let id = |challenge: &Challenge| challenge_id(b"test-vector-secret", challenge);
    for (realm, method, intent, request, expected) in [
        (host, "tempo", "charge", AMOUNT, "X6v1eo7fJ76gAxqY0xN9Jd__4lUyDDYmriryOM-5FO4"),
        (host, "tempo", "charge", "{}", "yLN7yChAejW9WNmb54HpJIWpdb1WWXeA3_aCx4dxmkU"),
        (host, "stripe", "charge", AMOUNT, "o0ra2sd7HcB4Ph0Vns69gRDUhSj5WNOnUopcDqKPLz4"),
        (host, "tempo", "session", AMOUNT, "aAY7_IEDzsznNYplhOSE8cERQxvjFcT4Lcn-7FHjLVE"),
        (
            "payments.other.com",
            "tempo",
            "charge",
            AMOUNT,
            "3F5bOo2a9RUihdwKk4hGRvBvzQmVPBMDvW0YM-8GD00",
        ),
    ] {
        assert_eq!(id(&bare(realm, method, intent, request)), expected);
    }
    let with = |expires: Option<&str>, digest: Option<&str>, opaque: Option<&str>| Challenge {
        expires: expires.map(str::to_owned),
        digest: digest.map(str::to_owned),
        opaque: opaque.map(base64url::encode),
        ..bare(host, "tempo", "charge", AMOUNT)
    };
    let opaque = r#"{"pi":"pi_3abc123XYZ"}"#;
    for (challenge, expected) in [
        (with(Some(EXPIRES), None, None), "ChPX33RkKSZoSUyZcu8ai4hhkvjZJFkZVnvWs5s0iXI"),
        (with(None, Some(DIGEST), None), "JHB7EFsPVb-xsYCo8LHcOzeX1gfXWVoUSzQsZhKAfKM"),
        (with(Some(EXPIRES), Some(DIGEST), None), "m39jbWWCIfmfJZSwCfvKFFtBl0Qwf9X4nOmDb21peLA"),
        (with(None, None, Some(opaque)), "rxzKZ2qjXvinqCH96RORTZEPs1KXsA-0AUjrCAPFOWc"),
        (with(Some(EXPIRES), None, Some(opaque)), "KAfoMrA4fnzS1DPWN_cUv_b3_yHxCizdp6OhH7gluMY"),
        (with(None, None, Some("{}")), "vb4IyH-0LdJ3s7L0QAw8jIzcZkyxksPhIvEfmHmzA9k"),
    ] {
        assert_eq!(id(&challenge), expected);
    }
}

#[test]
fn every_signed_text_is_bound_and_the_description_is_not() {
    let challenge = issued();
    assert_eq!(secrets().verify(&challenge), Ok(()));
    let described = Challenge { description: None, ..challenge.clone() };
    assert_eq!(secrets().verify(&described), Ok(()));
    let changes: [fn(&mut Challenge); 14] = [
        |c| c.id.push('A'),
        |c| c.id.clear(),
        |c| c.realm.push('x'),
        |c| c.method.push('x'),
        |c| c.intent.push('x'),
        |c| c.request.push('A'),
        |c| c.expires = Some("2035-01-06T12:00:00Z".to_owned()),
        |c| c.expires = None,
        |c| c.digest = None,
        |c| c.digest = Some("sha-256=:AAAA:".to_owned()),
        |c| c.opaque = None,
        |c| c.opaque = Some("e30".to_owned()),
        |c| c.header = None,
        |c| c.header = Some(PAYMENT_AUTHORIZATION.to_lowercase()),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut changed = challenge.clone();
        change(&mut changed);
        assert_eq!(secrets().verify(&changed), Err(ForeignChallenge), "change {index}");
    }
}

/// With a header there are eight slots, without one seven: a `|` in a text could make up for it.
#[test]
fn a_text_cannot_be_moved_to_the_next_slot() {
    let challenge = issued();
    let moved = Challenge {
        realm: format!("{}|{}", challenge.realm, challenge.method),
        method: challenge.intent.clone(),
        intent: challenge.request.clone(),
        request: challenge.expires.clone().unwrap(),
        expires: challenge.digest.clone(),
        digest: challenge.header.clone(),
        header: None,
        ..challenge.clone()
    };
    let secret = [7; 32];
    assert_eq!(challenge_id(&secret, &moved), challenge.id, "the signature alone is the same");
    assert_eq!(secrets().verify(&moved), Err(ForeignChallenge));
    for change in [
        |terms: &mut ChallengeTerms| terms.realm = "a|b".to_owned(),
        |terms: &mut ChallengeTerms| terms.method = "a|b".to_owned(),
        |terms: &mut ChallengeTerms| terms.intent = "a|b".to_owned(),
        |terms: &mut ChallengeTerms| terms.digest = Some("a|b".to_owned()),
    ] {
        let mut terms = terms();
        change(&mut terms);
        assert!(secrets().issue(&terms).is_err());
    }
}

#[test]
fn the_secret_before_still_counts_and_others_do_not() {
    let [old, new, other] = [1, 2, 3].map(|byte| ChallengeSecret::new(&[byte; 32]).unwrap());
    let issue = |secret: &ChallengeSecret| {
        let secrets = ChallengeSecrets { current: secret.clone(), previous: None };
        secrets.issue(&terms()).unwrap()
    };
    let secrets = ChallengeSecrets { current: new.clone(), previous: Some(old.clone()) };
    assert_eq!(secrets.verify(&issue(&new)), Ok(()));
    assert_eq!(secrets.verify(&issue(&old)), Ok(()));
    assert_eq!(secrets.verify(&issue(&other)), Err(ForeignChallenge));
    assert_eq!(secrets.issue(&terms()).unwrap(), issue(&new));
    assert_eq!(ChallengeSecret::new(&[0; 31]).unwrap_err(), WeakSecret);
    assert!(!format!("{secrets:?}").contains('1'));
}

#[test]
fn two_buyers_in_the_same_second_get_two_ids() {
    let other = ChallengeTerms { opaque: Opaque::new([2; 16], "/paid"), ..terms() };
    assert_ne!(issued().id, secrets().issue(&other).unwrap().id);
}

#[test]
fn terms_that_clients_would_misread_are_refused() {
    let cases: [(Change, ChallengeError); 9] = [
        (|t| t.realm = "café".to_owned(), ChallengeError::Character("realm")),
        (|t| t.realm.clear(), ChallengeError::Missing("realm")),
        (|t| t.description = Some("café".to_owned()), ChallengeError::Character("description")),
        (|t| t.description = Some("a\r\nb".to_owned()), ChallengeError::Character("description")),
        (|t| t.description = Some("a".repeat(5_000)), ChallengeError::TooLong("description")),
        (|t| t.method = "Tempo".to_owned(), ChallengeError::Method("Tempo".to_owned())),
        (|t| t.intent = "a b".to_owned(), ChallengeError::Intent("a b".to_owned())),
        (|t| t.request = "A".repeat(16 * 1_024 + 1), ChallengeError::TooLong("request")),
        (|t| t.request.clear(), ChallengeError::Missing("request")),
    ];
    for (change, expected) in cases {
        let mut terms = terms();
        change(&mut terms);
        assert_eq!(secrets().issue(&terms), Err(expected));
    }
    let mut terms = terms();
    terms.request = base64url::encode("[]");
    assert!(matches!(secrets().issue(&terms), Err(ChallengeError::Request(_))));
}

proptest! {
    #[test]
    fn no_other_text_passes_for_an_issued_challenge(
        slot in 0_usize..6,
        text in "[ -~]{0,30}",
    ) {
        let mut changed = issued();
        let place = match slot {
            0 => &mut changed.realm,
            1 => &mut changed.method,
            2 => &mut changed.intent,
            3 => &mut changed.request,
            4 => changed.expires.get_or_insert_default(),
            _ => changed.opaque.get_or_insert_default(),
        };
        prop_assume!(*place != text);
        *place = text;
        prop_assert_eq!(secrets().verify(&changed), Err(ForeignChallenge));
    }

    #[test]
    fn what_is_issued_is_recognised(nonce: [u8; 16], expires_at in 0_u64..4_000_000_000, advertised: bool) {
        let header = if advertised { CredentialHeader::PaymentAuthorization } else { CredentialHeader::Authorization };
        let terms = ChallengeTerms { opaque: Opaque::new(nonce, "/r"), expires_at, header, ..terms() };
        let challenge = secrets().issue(&terms).unwrap();
        prop_assert_eq!(secrets().verify(&challenge), Ok(()));
        prop_assert_eq!(challenge.expires_at(), Some(expires_at));
        prop_assert_eq!(challenge.credential_header(), header);
        prop_assert_eq!(challenge.opaque_data().unwrap(), terms.opaque);
    }
}
