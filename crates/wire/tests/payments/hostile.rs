//! Challenges of sellers who mean harm, or make nonsense.

use crate::{challenges::*, forms::any_json, support::*};
use farebox_wire::x402::*;
use proptest::prelude::*;

#[test]
fn junk_is_no_challenge() {
    for (headers, body, code) in [
        (vec![], "", "challenge_missing"),
        (vec![], "Payment Required", "challenge_missing"),
        (vec![], r#"{"error":"pay"}"#, "challenge_missing"),
        (vec![("PAYMENT-REQUIRED", "null")], "", "challenge_missing"),
        (vec![("PAYMENT-REQUIRED", "")], "", "challenge_missing"),
        (vec![("PAYMENT-REQUIRED", "e30=")], "", "challenge_missing"),
        (vec![("PAYMENT-REQUIRED", "???")], "", "header_undecodable"),
        (vec![("PAYMENT-REQUIRED", "aGVsbG8=")], "", "header_not_json"),
        (
            vec![("WWW-Authenticate", "Payment id=\"a\"")],
            r#"{"x402Version":2}"#,
            "challenge_missing",
        ),
    ] {
        let check = look(&headers, body);
        assert_eq!(codes(&check), [code], "{headers:?} {body}");
        assert!(!check.is_found && !check.is_payable, "{headers:?} {body}");
    }
    let headers = [("PAYMENT-REQUIRED", "???")];
    let saved = look(&headers, &body_v1().to_string());
    assert!(saved.is_payable, "the body still can be paid: {:?}", codes(&saved));
}

#[test]
fn hostile_bodies_are_refused_by_name() {
    let deep = format!(r#"{{"x402Version":2,"accepts":{}{}}}"#, "[".repeat(40), "]".repeat(40));
    let long = format!(r#"{{"x402Version":2,"accepts":[],"a":"{}"}}"#, "x".repeat(70_000));
    let text = format!(r#"{{"x402Version":2,"accepts":[],"a":"{}"}}"#, "x".repeat(10_000));
    let twice = r#"{"x402Version":2,"accepts":[{"payTo":"a","payTo":"b"}]}"#;
    for (body, code) in [
        (deep.as_str(), "json_too_deep"),
        (&long, "body_too_large"),
        (&text, "string_too_long"),
        (twice, "duplicate_json_key"),
    ] {
        let check = look(&[], body);
        assert_eq!(codes(&check), [code]);
        assert!(!check.is_payable);
    }
    let header = "A".repeat(HEADER_LEN_MAX + 1);
    assert_eq!(codes(&look(&[("PAYMENT-REQUIRED", &header)], "")), ["header_too_large"]);
}

#[test]
fn an_answer_that_is_not_402_is_no_challenge() {
    let header = required().to_header();
    let headers = [("PAYMENT-REQUIRED", header.as_str())];
    for status in [200, 401, 403, 404, 500] {
        let answer = ProbeAnswer { status, headers: &headers, body: b"", request_url: URL };
        let check = check(&answer);
        assert_eq!(codes(&check), ["status_not_402"]);
        assert!(!check.is_payable);
    }
}

proptest! {
    #[test]
    fn no_answer_panics_the_check(
        value in any_json(), body in any_json(), junk in proptest::collection::vec(any::<u8>(), 0..80),
        url in "\\PC{0,40}",
    ) {
        let header = encode_header(&value);
        let body = body.to_string();
        let headers = [("PAYMENT-REQUIRED", header.as_str())];
        for body in [body.as_bytes(), &junk] {
            for headers in [&headers[..], &[]] {
                let _ = check(&ProbeAnswer { status: 402, headers, body, request_url: &url });
            }
        }
    }

    /// Whatever is payable by the check can be signed by a buyer, where it is of our kind.
    #[test]
    fn what_is_payable_can_be_signed(field in "amount|payTo|asset|network|scheme|extra", value in any_json()) {
        let check = with_option(&field, value);
        for option in check.options.iter().filter(|option| option.is_payable) {
            let requirements = option.requirements.as_ref().unwrap();
            if requirements.scheme == "exact" && option.network.is_some_and(|n| n.evm().is_some()) {
                prop_assert!(pay_v2(&required(), requirements, &inputs(&key())).is_ok());
            }
        }
    }
}
