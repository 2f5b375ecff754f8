//! Messages in every form that other implementations send.

use crate::support::*;
use base64::{Engine, engine::general_purpose as flavour};
use farebox_wire::x402::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn header(value: &Value) -> String {
    encode_header(value)
}

#[test]
fn every_flavour_of_base64_is_read() {
    let json = r#"{"x402Version":2,"accepts":[],"error":"~~~???>>>ÿÿ"}"#;
    for value in [
        flavour::STANDARD.encode(json),
        flavour::STANDARD_NO_PAD.encode(json),
        flavour::URL_SAFE.encode(json),
        flavour::URL_SAFE_NO_PAD.encode(json),
        format!(" {} ", flavour::STANDARD.encode(json)),
    ] {
        let read = PaymentRequired::parse_header(&value).unwrap();
        assert_eq!(read.error.as_deref(), Some("~~~???>>>ÿÿ"), "{value}");
    }
    for value in ["", "!!!", "null", json, "e30", "W10="] {
        assert!(PaymentRequired::parse_header(value).is_err(), "{value:?}");
    }
}

#[test]
fn what_we_write_is_standard_base64_with_padding() {
    for length in 0..6 {
        let value = header(&json!({"a": "?".repeat(length)}));
        assert_eq!(value.len() % 4, 0);
        assert!(flavour::STANDARD.decode(&value).is_ok());
    }
    assert_eq!(paid_v2().to_header().0, "payment-signature");
    assert_eq!(paid_v1().to_header().0, "x-payment");
}

#[test]
fn limits_hold_at_the_header() {
    let fits = "A".repeat(HEADER_LEN_MAX);
    assert_eq!(decode_header(&fits), Err(WireError::Json(JsonError::NotJson)));
    assert_eq!(decode_header(&format!("{fits}A")), Err(WireError::TooLong));
    let nested = format!(r#"{{"a":{}{}}}"#, "[".repeat(100), "]".repeat(100));
    let nested = flavour::STANDARD.encode(nested);
    assert_eq!(decode_header(&nested), Err(WireError::Json(JsonError::TooDeep)));
    let twice = flavour::STANDARD.encode(r#"{"accepts":[],"accepts":[]}"#);
    assert_eq!(decode_header(&twice), Err(WireError::Json(JsonError::DuplicateKey)));
}

#[test]
fn null_is_as_good_as_left_out() {
    let challenge = json!({
        "x402Version": 2, "error": null, "resource": null, "extensions": null,
        "accepts": [{
            "scheme": "exact", "network": "eip155:8453", "amount": "1", "asset": BASE_USDC,
            "payTo": PAYEE, "maxTimeoutSeconds": 60, "extra": null,
        }],
    });
    let read = PaymentRequired::parse_header(&header(&challenge)).unwrap();
    assert_eq!((read.error, read.resource, read.extensions), (None, None, None));
    assert_eq!(read.accepts[0].extra, None);
    let v1 = json!({
        "x402Version": 1, "error": null, "accepts": [{
            "scheme": "exact", "network": "base", "maxAmountRequired": 10000, "asset": BASE_USDC,
            "payTo": PAYEE, "maxTimeoutSeconds": "60", "resource": "https://a.example/",
            "description": null, "mimeType": null, "outputSchema": null, "extra": null,
        }],
    });
    let read = PaymentRequiredV1::parse_body(v1.to_string().as_bytes()).unwrap();
    assert_eq!(read.accepts[0].max_amount_required, "10000");
    assert_eq!(read.accepts[0].max_timeout_seconds, 60);
    let receipt = json!({"success": false, "transaction": null, "network": null, "payer": null});
    let read = SettleResponse::parse_header(&header(&receipt)).unwrap();
    assert_eq!(read, SettleResponse::default());
    let verify: VerifyResponse =
        serde_json::from_value(json!({"isValid": true, "payer": null})).unwrap();
    assert!(verify.is_valid && verify.payer.is_none());
}

#[test]
fn one_bad_way_to_pay_does_not_spoil_the_others() {
    let many: Vec<Value> = (0..100).map(|_| offer()).collect();
    let accepts =
        [vec![json!(1), json!({}), json!({"scheme": "exact", "amount": 5})], many].concat();
    let challenge = json!({"x402Version": 2, "accepts": accepts});
    let read = PaymentRequired::from_object(object(challenge)).unwrap();
    assert_eq!(read.accepts.len(), ACCEPTS_MAX);
    assert_eq!(read.accepts[0], requirements());
}

#[test]
fn unknown_fields_are_sent_back() {
    let mut offer = offer();
    offer["receiptId"] = json!("r-1");
    offer["extra"]["feature"] = json!({"deep": [1, 2.5, null, -1.92122088110444e-140]});
    let challenge = json!({
        "x402Version": 2, "resource": {"url": "https://a.example/", "colour": "red"},
        "accepts": [offer], "extensions": {"bazaar": {"info": {"a": 1}, "schema": {}}},
    });
    let required = PaymentRequired::from_object(object(challenge.clone())).unwrap();
    let payment = pay_v2(&required, &required.accepts[0], &inputs(&key())).unwrap();
    let sent = serde_json::to_value(&payment).unwrap();
    assert_eq!(sent["accepted"], offer);
    assert_eq!(sent["resource"], challenge["resource"]);
    assert_eq!(sent["extensions"], challenge["extensions"]);
    let received = Payment::parse_header(&payment.to_header().1).unwrap();
    assert_eq!(received, payment);
    assert!(verify_exact(&received, &requirements(), TIMING, Payer::Account).is_ok());
}

#[test]
fn the_amount_may_have_its_old_name() {
    let mut offer = offer();
    let fields = offer.as_object_mut().unwrap();
    let amount = fields.remove("amount").unwrap();
    fields.insert("maxAmountRequired".to_owned(), amount);
    let read: PaymentRequirements = serde_json::from_value(offer).unwrap();
    assert_eq!(read.amount, "10000");
    assert_eq!(serde_json::to_value(&read).unwrap()["maxAmountRequired"], "10000");
}

#[test]
fn a_version_is_not_taken_for_another() {
    let versioned = |version: Value| object(json!({"x402Version": version, "accepts": []}));
    assert!(PaymentRequired::from_object(versioned(json!(2))).is_ok());
    assert!(PaymentRequired::from_object(versioned(json!("2"))).is_ok());
    assert!(PaymentRequiredV1::from_object(versioned(json!(1))).is_ok());
    for version in [json!(1), json!(3), json!(null), json!(2.5), json!(-2), json!([2])] {
        let result = PaymentRequired::from_object(versioned(version.clone()));
        assert_eq!(result, Err(WireError::Version), "{version}");
    }
    assert_eq!(Payment::from_object(versioned(json!(7))), Err(WireError::Version));
}

#[test]
fn terms_go_from_one_version_to_the_other() {
    let v1 = requirements().to_v1("https://api.example.com/paid", "", "").unwrap();
    assert_eq!(v1, requirements_v1());
    assert_eq!(v1.to_v2(), Some(requirements()));
    let optimism = PaymentRequirements { network: "eip155:10".to_owned(), ..requirements() };
    assert_eq!(optimism.to_v1("https://a.example/", "", ""), None);
}

#[test]
fn requests_to_facilitators_go_there_and_back() {
    for payment in [paid_v2(), paid_v1()] {
        let request = FacilitatorRequest { payment, requirements: requirements() };
        let json = request.to_json("https://api.example.com/paid").unwrap();
        assert_eq!(FacilitatorRequest::parse(json.to_string().as_bytes()), Ok(request));
        let mut crossed = json.clone();
        let version = json["x402Version"].as_u64().unwrap();
        crossed["x402Version"] = json!(3 - version);
        assert_eq!(
            FacilitatorRequest::parse(crossed.to_string().as_bytes()),
            Err(WireError::Version)
        );
    }
    assert!(FacilitatorRequest::parse(b"{}").is_err());
}

#[test]
fn lists_of_facilitators_are_read() {
    let supported: SupportedResponse = serde_json::from_value(json!({
        "kinds": [{"x402Version": 2, "scheme": "exact", "network": "eip155:8453"},
                  {"x402Version": "1", "scheme": "exact", "network": "base", "extra": null}],
        "extensions": null, "signers": {"eip155:*": [PAYEE]}, "more": 1,
    }))
    .unwrap();
    assert_eq!(supported.kinds[1].x402_version, 1);
    assert_eq!(supported.signers["eip155:*"], [PAYEE]);
    let page = json!({
        "x402Version": 2, "items": [
            {"resource": "https://a.example/", "type": "http", "x402Version": 2,
             "accepts": [offer()], "lastUpdated": "2026-08-14T00:00:00Z", "description": "d"},
            {"url": "https://b.example/", "accepts": [offer_v1()], "lastUpdated": 1767429328},
            {"nothing": true}, 5,
        ],
        "pagination": {"limit": 20, "offset": 0, "total": 2},
    });
    let page = DiscoveryPage::parse(page.to_string().as_bytes(), 1 << 20).unwrap();
    assert_eq!(page.items.len(), 2);
    assert_eq!(page.items[1].resource, "https://b.example/");
    assert_eq!(page.items[1].accepts[0].amount, "10000");
    assert_eq!(page.items[1].last_updated, Some(LastUpdated::Unix(1_767_429_328)));
    assert_eq!(page.pagination.unwrap().total, Some(2));
}

/// JSON of any shape, three levels deep.
pub fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("exact")),
        Just(json!("eip155:8453")),
        Just(json!("10000")),
        Just(json!(BASE_USDC)),
        Just(json!(PAYEE)),
        Just(json!(2)),
        Just(json!(1)),
    ];
    let key = prop_oneof![
        "[a-z]{0,4}",
        Just("x402Version".to_owned()),
        Just("accepts".to_owned()),
        Just("scheme".to_owned()),
        Just("network".to_owned()),
        Just("amount".to_owned()),
        Just("payTo".to_owned()),
        Just("asset".to_owned()),
        Just("extra".to_owned()),
        Just("payload".to_owned()),
        Just("accepted".to_owned()),
        Just("resource".to_owned()),
        Just("maxTimeoutSeconds".to_owned()),
        Just("authorization".to_owned()),
    ];
    leaf.prop_recursive(3, 40, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_reader_panics(value in any_json(), text in "\\PC{0,100}") {
        for value in [header(&value), text] {
            let _ = (PaymentRequired::parse_header(&value), Payment::parse_header(&value));
            let _ = SettleResponse::parse_header(&value);
            let _ = FacilitatorRequest::parse(value.as_bytes());
            let _ = DiscoveryPage::parse(value.as_bytes(), 1_000);
        }
        let body = value.to_string();
        let _ = PaymentRequiredV1::parse_body(body.as_bytes());
        let _ = FacilitatorRequest::parse(body.as_bytes());
        let _ = DiscoveryPage::parse(body.as_bytes(), 10_000);
        if let Ok(payment) = serde_json::from_value(value).map(|p| Payment::V2(Box::new(p))) {
            let _ = verify_exact(&payment, &requirements(), TIMING, Payer::Account);
        }
    }

    #[test]
    fn a_challenge_comes_back_as_it_was(
        error in proptest::option::of("\\PC{0,20}"), amount in any::<u128>(), extra in any_json(),
        unknown in any_json(), timeout in 1u64..,
    ) {
        let mut option = requirements();
        option.amount = amount.to_string();
        option.max_timeout_seconds = timeout;
        option.extra.get_or_insert_default().insert("more".to_owned(), extra);
        option.other.insert("unknown".to_owned(), unknown);
        let challenge = PaymentRequired { error, accepts: vec![option], ..required() };
        prop_assert_eq!(PaymentRequired::parse_header(&challenge.to_header()), Ok(challenge));
    }

    #[test]
    fn a_receipt_comes_back_as_it_was(
        success in any::<bool>(), transaction in "\\PC{0,70}", network in "\\PC{0,20}",
        payer in proptest::option::of("\\PC{0,50}"), reason in proptest::option::of("[a-z_]{0,40}"),
    ) {
        let receipt = SettleResponse {
            success, transaction, network, payer, error_reason: reason,
            ..SettleResponse::default()
        };
        prop_assert_eq!(SettleResponse::parse_header(&receipt.to_header()), Ok(receipt));
    }
}
