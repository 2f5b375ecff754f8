//! `evm/charge`: what is signed is what was asked, for this challenge.

use crate::{
    evm::{Address, B256, ChainId, Signature, TransferAuthorization, U256, keccak256},
    mpp::{
        base64url,
        methods::{
            PayloadError, RequestError,
            evm::{CredentialType, EvmCharge},
            evm_authorization::{AuthorizationMismatch, EvmPayload, NonceForm},
        },
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

const USDC: &str = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
const PAYEE: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

fn request(change: impl FnOnce(&mut Value)) -> String {
    let mut request = json!({
        "amount": "10000",
        "currency": USDC,
        "recipient": PAYEE,
        "methodDetails": { "chainId": 84532, "credentialTypes": ["authorization", "new"] },
        "new": {},
    });
    change(&mut request);
    base64url::encode(request.to_string())
}

fn charge() -> EvmCharge {
    EvmCharge::decode(&request(|_| {})).unwrap()
}

fn authorization() -> TransferAuthorization {
    TransferAuthorization {
        from: Address::repeat_byte(1),
        to: charge().recipient,
        value: charge().amount,
        valid_after: U256::ZERO,
        valid_before: U256::from(1_736_164_800),
        nonce: NonceForm::default().nonce("id", "realm"),
    }
}

#[test]
fn a_request_is_read_and_written() {
    let charge = charge();
    assert_eq!((charge.amount, charge.chain), (U256::from(10_000), ChainId::BASE_SEPOLIA));
    assert_eq!(
        (charge.currency.to_string(), charge.recipient.to_string()),
        (USDC.to_owned(), PAYEE.to_owned())
    );
    let encoded = charge.encode().unwrap();
    let json = String::from_utf8(base64url::decode(&encoded).unwrap()).unwrap();
    let expected = format!(
        r#"{{"amount":"10000","currency":"{USDC}","methodDetails":{{"chainId":84532,"credentialTypes":["authorization"]}},"recipient":"{PAYEE}"}}"#
    );
    assert_eq!(json, expected);
    assert_eq!(EvmCharge::decode(&encoded), Ok(charge));
}

#[test]
fn a_seller_that_does_not_say_takes_no_authorization() {
    let silent =
        request(|r| _ = r["methodDetails"].as_object_mut().unwrap().remove("credentialTypes"));
    let silent = EvmCharge::decode(&silent).unwrap();
    let kinds = [
        CredentialType::Authorization,
        CredentialType::Permit2,
        CredentialType::Transaction,
        CredentialType::Hash,
    ];
    assert_eq!(kinds.map(|kind| silent.accepts(kind)), [false, false, true, true]);
    assert_eq!(kinds.map(|kind| charge().accepts(kind)), [true, false, false, false]);
    let unknown = request(|r| r["methodDetails"]["credentialTypes"] = json!(["new"]));
    assert_eq!(EvmCharge::decode(&unknown), Err(RequestError::Text("credentialTypes")));
}

#[test]
fn what_would_move_other_money_is_refused() {
    for change in [
        |r: &mut Value| r["amount"] = json!("0"),
        |r: &mut Value| r["amount"] = json!(10_000),
        |r: &mut Value| r["amount"] = json!("0.01"),
        |r: &mut Value| r["amount"] = json!("-1"),
        |r: &mut Value| r["amount"] = json!("0x10"),
        |r: &mut Value| r["amount"] = json!("1e6"),
        |r: &mut Value| r["amount"] = json!("9".repeat(79)),
        |r: &mut Value| r["amount"] = Value::Null,
        |r: &mut Value| r["currency"] = json!("usdc"),
        |r: &mut Value| r["recipient"] = json!(&PAYEE[..40]),
        |r: &mut Value| r["recipient"] = json!(&PAYEE[2..]),
        |r: &mut Value| r["recipient"] = json!(format!("0x{}", &PAYEE[..40])),
        |r: &mut Value| r["recipient"] = Value::Null,
        |r: &mut Value| r["methodDetails"] = json!({}),
        |r: &mut Value| r["methodDetails"]["chainId"] = json!(0),
        |r: &mut Value| r["methodDetails"]["chainId"] = json!("84532"),
        |r: &mut Value| r["methodDetails"]["chainId"] = json!(1_u64 << 53),
        |r: &mut Value| {
            r["methodDetails"]["splits"] = json!([{ "recipient": USDC, "amount": "1" }])
        },
        |r: &mut Value| r["methodDetails"]["splits"] = json!([]),
    ] {
        let request = request(change);
        assert!(EvmCharge::decode(&request).is_err(), "{:?}", base64url::decode(&request));
    }
    let twice = format!(
        r#"{{"amount":"1","amount":"2","currency":"{USDC}","recipient":"{PAYEE}","methodDetails":{{"chainId":1}}}}"#
    );
    assert!(EvmCharge::decode(&base64url::encode(twice)).is_err());
    let free = EvmCharge { amount: U256::ZERO, ..charge() };
    assert_eq!(free.encode(), Err(RequestError::AmountRange));
    let nowhere = EvmCharge { chain: ChainId::new(0), ..charge() };
    assert_eq!(nowhere.encode(), Err(RequestError::ChainId));
}

/// Both ways to make the nonce are in use, and both bind id and realm.
#[test]
fn an_authorization_is_bound_to_its_challenge() {
    assert_eq!(NonceForm::JsonArray.nonce("a\"b", "r"), keccak256(r#"["a\"b","r"]"#));
    assert_eq!(NonceForm::Concatenation.nonce("ab", "r"), keccak256("abr"));
    assert_eq!(NonceForm::default(), NonceForm::JsonArray);
    for form in [NonceForm::JsonArray, NonceForm::Concatenation] {
        let signed = TransferAuthorization { nonce: form.nonce("id", "realm"), ..authorization() };
        assert_eq!(charge().check_authorization(&signed, "id", "realm"), Ok(form));
        for (id, realm) in [("id2", "realm"), ("id", "realm2"), ("", "")] {
            let other = charge().check_authorization(&signed, id, realm);
            assert_eq!(other, Err(AuthorizationMismatch::Nonce));
        }
    }
    let check = |signed| charge().check_authorization(&signed, "id", "realm");
    let less = TransferAuthorization { value: U256::from(9_999), ..authorization() };
    let more = TransferAuthorization { value: U256::from(10_001), ..authorization() };
    let away = TransferAuthorization { to: Address::repeat_byte(2), ..authorization() };
    let free = TransferAuthorization { nonce: B256::ZERO, ..authorization() };
    assert_eq!(check(less), Err(AuthorizationMismatch::Value));
    assert_eq!(check(more), Err(AuthorizationMismatch::Value));
    assert_eq!(check(away), Err(AuthorizationMismatch::Recipient));
    assert_eq!(check(free), Err(AuthorizationMismatch::Nonce));
}

fn shown() -> Value {
    let signature = Signature::new(vec![7; 65]).unwrap();
    EvmPayload { authorization: authorization(), signature }.payload()
}

#[test]
fn a_payload_is_written_in_texts_and_read_in_texts_and_numbers() {
    let shown = shown();
    assert_eq!((&shown["validAfter"], &shown["value"]), (&json!("0"), &json!("10000")));
    let read = EvmPayload::read(&shown).unwrap();
    assert_eq!((read.authorization, read.payload()), (authorization(), shown.clone()));
    let mut numbers = shown;
    numbers["validBefore"] = json!(1_736_164_800);
    numbers["validAfter"] = json!(0);
    assert_eq!(EvmPayload::read(&numbers), Ok(read));
}

#[test]
fn other_ways_to_pay_are_named_and_bad_fields_refused() {
    for kind in ["permit2", "transaction", "hash", ""] {
        let payload = json!({ "type": kind, "signature": "0x00" });
        let refused = EvmPayload::read(&payload);
        let expected =
            PayloadError::UnsupportedType { found: kind.to_owned(), supported: "authorization" };
        assert_eq!(refused, Err(expected));
    }
    for (name, bad) in [
        ("from", json!("0x1")),
        ("to", Value::Null),
        ("value", json!("1.5")),
        ("value", json!(-1)),
        ("validBefore", json!(1.5)),
        ("nonce", json!("0x00")),
        ("nonce", json!("00".repeat(32))),
        ("signature", json!("0x")),
        ("signature", json!("0x0")),
        ("signature", json!(format!("0x{}", "00".repeat(5_000)))),
    ] {
        let mut payload = shown();
        payload[name] = bad;
        assert!(matches!(EvmPayload::read(&payload), Err(PayloadError::Invalid(_))), "{payload}");
    }
    assert!(EvmPayload::read(&json!("authorization")).is_err());
}

proptest! {
    #[test]
    fn what_is_written_is_read(amount in 1_u128.., chain in 1_u64..1 << 53, bytes: [u8; 20]) {
        let charge = EvmCharge {
            amount: U256::from(amount),
            chain: ChainId::new(chain),
            recipient: bytes.into(),
            ..charge()
        };
        prop_assert_eq!(EvmCharge::decode(&charge.encode().unwrap()), Ok(charge));
    }

    #[test]
    fn arbitrary_texts_never_panic(text in "\\PC{0,70}") {
        let _ = EvmCharge::decode(&text);
        let _ = EvmCharge::decode(&request(|r| r["recipient"] = json!(text)));
        let mut payload = shown();
        payload["nonce"] = json!(text);
        payload["signature"] = json!(text);
        prop_assert!(EvmPayload::read(&payload).is_err());
    }
}
