use super::*;
use crate::mpp::{self, jcs};
use crate::x402::PaymentRequired;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: u64 = 1_700_000_000;
const PAYEE: &str = "0x209693Bc6afc0C5328bA36FaF03C514EF312287C";
const TERMS: Terms = Terms { now_s: NOW, accepts_test_money: false };
const TEST_TERMS: Terms = Terms { accepts_test_money: true, ..TERMS };

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> RecordedAnswer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().into()));
    RecordedAnswer {
        method: "GET".into(),
        url: "https://api.example.com/paid".into(),
        request_body: Vec::new(),
        status,
        headers: headers.collect(),
        body: body.into(),
    }
}

fn payment(method: &str, request: &Value) -> String {
    let request = jcs::encode(request).unwrap();
    let expires = mpp::format_timestamp(NOW + 300);
    format!(
        r#"Payment id="a", realm="api.example.com", method="{method}", intent="charge", request="{request}", expires="{expires}""#
    )
}

fn on_test_networks() -> [RecordedAnswer; 3] {
    let tempo = json!({ "amount": "1", "currency": "0x20c0000000000000000000000000000000000000",
        "recipient": PAYEE, "methodDetails": { "chainId": 42_431 } });
    let evm = json!({ "amount": "1", "currency": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
        "recipient": PAYEE,
        "methodDetails": { "chainId": 84_532, "credentialTypes": ["authorization"] } });
    let x402 = json!({ "x402Version": 2, "accepts": [{
        "scheme": "exact", "network": "eip155:84532", "amount": "1", "payTo": PAYEE,
        "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "maxTimeoutSeconds": 60,
        "extra": { "name": "USDC", "version": "2" } }] });
    [
        answer(402, &[("WWW-Authenticate", &payment("tempo", &tempo))], ""),
        answer(402, &[("WWW-Authenticate", &payment("evm", &evm))], ""),
        answer(402, &[("Payment-Required", &STANDARD.encode(x402.to_string()))], ""),
    ]
}

#[test]
fn money_without_a_price_counts_only_where_it_is_accepted() {
    for answer in on_test_networks() {
        let refused = classify(&answer, TERMS);
        assert_eq!(refused.verdict, Verdict::NotPayable);
        let faults = &refused.rails[0].faults;
        assert!(faults.iter().any(|fault| fault.code == "testnet_only"), "{faults:?}");
        assert!(refused.rails[0].offers[0].is_test_money && refused.rails[0].clients.0.is_empty());
        let accepted = classify(&answer, TEST_TERMS);
        assert!(accepted.is_payable, "{accepted:?}");
        assert!(accepted.rails[0].offers[0].is_payable);
    }
}

#[test]
fn a_folded_line_is_an_error() {
    let line = payment("lightning", &json!({})).replace(", realm", ",\r\n realm");
    let report = classify(&answer(402, &[("WWW-Authenticate", &line)], ""), TERMS);
    assert!(report.rails[0].faults.iter().any(|fault| fault.code == "folded_line"));
    assert_eq!(report.faults[0].code, "folded_header_line");
}

#[test]
fn l402_and_mpp_may_be_sold_in_one_line_where_l402_begins_it() {
    let payment = payment("lightning", &json!({}));
    let l402 = r#"macaroon="AGI=", invoice="lnbc1""#;
    for (line, is_warned) in [
        (format!("L402 {l402}, {payment}"), false),
        (format!("l402 {l402}, {payment}, {payment}"), false),
        (format!("LSAT {l402}, {payment}"), true),
        (format!("Basic realm=\"L402\", {payment}"), true),
        (format!("{payment}, {payment}"), true),
        (format!("{payment}, L402 {l402}, {payment}"), true),
        (payment.clone(), false),
    ] {
        let report = classify(&answer(402, &[("WWW-Authenticate", &line)], ""), TERMS);
        let mpp = report.rails.iter().find(|rail| rail.rail == Rail::Mpp).unwrap();
        let found = mpp.faults.iter().any(|fault| fault.code == "challenge_joined");
        assert_eq!(found, is_warned, "{line}");
    }
}

#[test]
fn hosts_that_say_that_nothing_runs_are_told_from_endpoints() {
    for (status, headers, body, verdict) in [
        (530, vec![], "error code: 1033", Verdict::Gone),
        (404, vec![("ngrok-error-code", "ERR_NGROK_3200")], "", Verdict::Gone),
        (404, vec![], "", Verdict::NotFound),
        (200, vec![("ngrok-error-code", "ERR_NGROK_6024")], "<html>", Verdict::Interstitial),
        (403, vec![("cf-mitigated", "challenge")], "", Verdict::BotWall),
        (200, vec![], r#"{"error":{"code":-32042}}"#, Verdict::McpPayment),
        (302, vec![("location", "https://other.example/")], "", Verdict::RedirectElsewhere),
        (302, vec![("location", "/paid")], "", Verdict::RedirectHere),
        (302, vec![], "", Verdict::RedirectBroken),
    ] {
        let report = classify(&answer(status, &headers, body), TERMS);
        assert_eq!(report.verdict, verdict, "{status} {headers:?}");
    }
}

#[test]
fn a_paid_answer_over_open_http_or_by_head_is_warned_of() {
    let line = payment("lightning", &json!({}));
    let mut open = answer(402, &[("WWW-Authenticate", &line)], "");
    open.url = "http://api.example.com/paid".into();
    let codes = |answer: &RecordedAnswer| -> Vec<_> {
        classify(answer, TERMS).faults.iter().map(|fault| fault.code).collect()
    };
    assert!(codes(&open).contains(&"not_encrypted"));
    open.url = "http://127.0.0.1/paid".into();
    assert!(!codes(&open).contains(&"not_encrypted"));
    let head = RecordedAnswer { method: "HEAD".into(), ..answer(402, &[], "") };
    assert_eq!(codes(&head), ["head_lacks_challenge"]);
}

/// A good challenge with one parameter changed or added, or none.
fn line() -> impl Strategy<Value = String> {
    let request = json!({ "amount": "100", "currency": "usd", "recipient": PAYEE,
        "methodDetails": { "chainId": 1, "networkId": "a", "paymentMethodTypes": ["b"] } });
    let request = jcs::encode(&request).unwrap();
    let good = [
        ("id", "a"),
        ("realm", "api.example.com"),
        ("method", "stripe"),
        ("intent", "charge"),
        ("request", request.as_str()),
    ];
    let good: Vec<_> = good.map(|(name, value)| format!("{name}=\"{value}\"")).to_vec();
    let names =
        ["id", "Realm", "method", "intent", "request", "expires", "digest", "opaque", "header", ""];
    let values = ["a", "", "charge", "evm", "a|b", "é", "session", "W10", "2023-11-14T22:20:00Z"];
    let name = prop::sample::select(names.to_vec());
    let value = prop::sample::select(values.to_vec());
    let param = (name, value, "[\", \t'\\\\]{0,2}")
        .prop_map(|(name, value, noise)| format!("{name}=\"{value}\"{noise}"));
    (0..12_usize, param).prop_map(move |(place, param)| {
        let mut params = good.clone();
        match params.get_mut(place) {
            Some(own) => *own = param,
            None if place < 8 => params.push(param),
            None => {}
        }
        format!("Payment {}", params.join(", "))
    })
}

proptest! {
    #[test]
    fn arbitrary_answers_are_classified_without_panic(
        status in any::<u16>(),
        lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4),
        body in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let names = ["www-authenticate", "payment-required", "location", "age"];
        let headers = names.iter().zip(lines).map(|(name, value)| ((*name).to_owned(), value));
        let answer = RecordedAnswer { headers: headers.collect(), body, ..answer(status, &[], "") };
        let report = classify(&answer, TERMS);
        prop_assert_eq!(report.is_payable, report.verdict == Verdict::Payable);
        prop_assert!(serde_json::to_string(&report).is_ok());
    }

    /// What is called payable, a strict buyer can read.
    #[test]
    fn nothing_is_payable_that_the_buyer_cannot_read(lines in prop::collection::vec(line(), 1..3)) {
        let headers: Vec<_> = lines.iter().map(|line| ("www-authenticate", line.as_str())).collect();
        let report = classify(&answer(402, &headers, ""), TEST_TERMS);
        for rail in report.rails.iter().filter(|rail| rail.rail == Rail::Mpp) {
            let read = mpp::parse_challenges(&lines);
            for (offer, challenge) in rail.offers.iter().zip(read) {
                prop_assert!(!offer.is_payable || challenge.is_ok(), "{challenge:?} {rail:?}");
            }
        }
    }

    #[test]
    fn x402_that_is_payable_can_be_read(amount in "[0-9.+-]{0,4}", network in "(eip155|solana):[0-9]{1,5}") {
        let required = json!({ "x402Version": 2, "accepts": [{
            "scheme": "exact", "network": network, "amount": amount, "payTo": PAYEE,
            "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "maxTimeoutSeconds": 60,
            "extra": { "name": "USD Coin", "version": "2" } }] });
        let header = STANDARD.encode(required.to_string());
        let report = classify(&answer(402, &[("PAYMENT-REQUIRED", &header)], ""), TERMS);
        let is_read = PaymentRequired::parse_header(&header).is_ok();
        prop_assert!(!report.is_payable || is_read);
    }
}
