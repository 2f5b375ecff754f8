//! `tempo/charge` and `stripe/charge`.

use crate::{
    evm::{B256, Bytes, U256},
    mpp::{
        base64url,
        methods::{
            PayloadError, RequestError,
            stripe::{StripeCharge, StripePayload},
            tempo::{TempoCharge, TempoMode, TempoPayload},
        },
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn tempo(change: impl FnOnce(&mut Value)) -> String {
    let mut request = json!({
        "amount": "1000000",
        "currency": "0x20c0000000000000000000000000000000000000",
        // Mixed case that is no checksum: the draft's own example.
        "recipient": "0x742d35Cc6634C0532925a3b844Bc9e7595f8fE00",
        "methodDetails": { "chainId": 42431, "feePayer": true, "supportedModes": ["push"] },
    });
    change(&mut request);
    base64url::encode(request.to_string())
}

fn stripe(change: impl FnOnce(&mut Value)) -> String {
    let mut request = json!({
        "amount": "50",
        "currency": "usd",
        "methodDetails": { "networkId": "profile_61", "paymentMethodTypes": ["card", "link"] },
    });
    change(&mut request);
    base64url::encode(request.to_string())
}

#[test]
fn a_tempo_request_is_read_and_written() {
    let charge = TempoCharge::decode(&tempo(|_| {})).unwrap();
    assert_eq!((charge.amount, charge.chain.unwrap().get()), (U256::from(1_000_000), 42_431));
    assert!(
        charge.fee_payer && charge.accepts(TempoMode::Push) && !charge.accepts(TempoMode::Pull)
    );
    assert_eq!(TempoCharge::decode(&charge.encode().unwrap()), Ok(charge.clone()));
    let silent =
        TempoCharge::decode(&tempo(|r| r["methodDetails"] = json!({ "chainId": 1 }))).unwrap();
    assert!(
        silent.accepts(TempoMode::Push) && silent.accepts(TempoMode::Pull) && !silent.fee_payer
    );
    let memo = B256::repeat_byte(3);
    let noted = tempo(|r| r["methodDetails"]["memo"] = json!(memo.to_string()));
    assert_eq!(TempoCharge::decode(&noted).unwrap().memo, Some(memo));
    let nowhere = tempo(|r| _ = r.as_object_mut().unwrap().remove("methodDetails"));
    let nowhere = TempoCharge::decode(&nowhere).unwrap();
    assert_eq!((nowhere.chain, nowhere.encode()), (None, Err(RequestError::ChainId)));
    // Nothing to pay, only who pays.
    assert!(TempoCharge::decode(&tempo(|r| r["amount"] = json!("0"))).unwrap().amount.is_zero());
}

#[test]
fn a_tempo_request_that_would_move_other_money_is_refused() {
    let splits = tempo(|r| r["methodDetails"]["splits"] = json!([{ "amount": "1" }]));
    assert_eq!(TempoCharge::decode(&splits), Err(RequestError::Splits));
    for change in [
        |r: &mut Value| r["amount"] = json!(1_000_000),
        |r: &mut Value| r["amount"] = json!("1.0"),
        |r: &mut Value| r["currency"] = json!("usd"),
        |r: &mut Value| r["recipient"] = Value::Null,
        |r: &mut Value| r["methodDetails"]["chainId"] = json!(0),
        |r: &mut Value| r["methodDetails"]["chainId"] = json!("4217"),
        |r: &mut Value| r["methodDetails"]["memo"] = json!("0x00"),
        |r: &mut Value| r["methodDetails"]["supportedModes"] = json!(["both"]),
    ] {
        assert!(TempoCharge::decode(&tempo(change)).is_err());
    }
}

#[test]
fn tempo_payloads_are_read_and_written() {
    let bytes = || Bytes::from(vec![0x76, 1]);
    for (payload, json) in [
        (
            TempoPayload::Transaction(bytes()),
            json!({ "type": "transaction", "signature": "0x7601" }),
        ),
        (
            TempoPayload::Hash(B256::repeat_byte(1)),
            json!({ "type": "hash", "hash": format!("0x{}", "01".repeat(32)) }),
        ),
        (TempoPayload::Proof(bytes()), json!({ "type": "proof", "signature": "0x7601" })),
    ] {
        assert_eq!(payload.payload(), json);
        assert_eq!(TempoPayload::read(&json), Ok(payload));
    }
    for bad in [
        json!({ "type": "transaction" }),
        json!({ "type": "transaction", "signature": "0x" }),
        json!({ "type": "transaction", "signature": "7601" }),
        json!({ "type": "hash", "hash": "0x01" }),
        json!({ "type": "hash", "signature": "0x7601" }),
        json!("hash"),
    ] {
        assert!(matches!(TempoPayload::read(&bad), Err(PayloadError::Invalid(_))), "{bad}");
    }
    for kind in [json!("voucher"), Value::Null] {
        let payload = json!({ "type": kind, "signature": "0x00" });
        assert!(matches!(TempoPayload::read(&payload), Err(PayloadError::UnsupportedType { .. })));
    }
}

#[test]
fn a_stripe_request_is_read_and_written() {
    let mut charge = StripeCharge::decode(&stripe(|_| {})).unwrap();
    assert_eq!((charge.amount_minor_units, charge.currency.as_str()), (50, "usd"));
    assert_eq!(charge.payment_method_types, ["card", "link"]);
    charge.metadata.insert("order".to_owned(), "1".to_owned());
    assert_eq!(StripeCharge::decode(&charge.encode().unwrap()), Ok(charge.clone()));
    for change in [
        |r: &mut Value| r["amount"] = json!(50),
        |r: &mut Value| r["amount"] = json!("0"),
        |r: &mut Value| r["amount"] = json!("0.5"),
        |r: &mut Value| r["amount"] = json!("100000000000"),
        |r: &mut Value| r["amount"] = json!("99999999999999999999999999"),
        |r: &mut Value| r["currency"] = json!("USD"),
        |r: &mut Value| r["currency"] = json!("dollar"),
        |r: &mut Value| r["methodDetails"]["networkId"] = json!("a b"),
        |r: &mut Value| r["methodDetails"]["networkId"] = json!(""),
        |r: &mut Value| r["methodDetails"]["paymentMethodTypes"] = json!(["a&b"]),
        |r: &mut Value| r["methodDetails"]["metadata"] = json!({ "a": 1 }),
    ] {
        assert!(StripeCharge::decode(&stripe(change)).is_err());
    }
    charge.amount_minor_units = 0;
    assert_eq!(charge.encode(), Err(RequestError::AmountRange));
}

#[test]
fn a_stripe_token_is_read_and_never_printed() {
    let payload = json!({ "spt": "spt_123", "externalId": "order" });
    let read = StripePayload::read(&payload).unwrap();
    assert_eq!((read.reveal_token(), read.external_id.as_deref()), ("spt_123", Some("order")));
    assert_eq!(read.payload(), payload);
    assert!(!format!("{read:?}").contains("123"));
    assert_eq!(StripePayload::new("spt_1").unwrap().payload(), json!({ "spt": "spt_1" }));
    for bad in
        [json!({}), json!({ "spt": "pm_1" }), json!({ "spt": "spt_1&a=b" }), json!({ "spt": 1 })]
    {
        assert!(StripePayload::read(&bad).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn arbitrary_texts_never_panic(text in "\\PC{0,70}") {
        let _ = TempoCharge::decode(&tempo(|r| r["amount"] = json!(text)));
        let _ = StripeCharge::decode(&stripe(|r| r["amount"] = json!(text)));
        let _ = TempoPayload::read(&json!({ "type": "hash", "hash": text }));
        let _ = StripePayload::read(&json!({ "spt": text }));
    }
}
