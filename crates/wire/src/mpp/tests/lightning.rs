//! `lightning/charge`: the invoice decides, whatever the rest of a request says.

use crate::{
    lightning::Preimage,
    mpp::{
        base64url, jcs,
        methods::{
            PayloadError, RequestError,
            lightning::{LightningCharge, payload, read_preimage},
        },
    },
};
use farebox_money::Msat;
use proptest::prelude::*;
use serde_json::{Value, json};

type Change = fn(&mut Value);

/// BOLT 11, "Please send $3 for a cup of coffee to the same peer, within one minute".
const COFFEE: &str = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";
/// BOLT 11, a donation of any amount.
const DONATION: &str = "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";
const HASH: &str = "0001020304050607080900010203040506070809000102030405060708090102";

fn request(change: impl FnOnce(&mut Value)) -> String {
    let mut request = json!({
        "amount": "250000",
        "currency": "sat",
        "methodDetails": { "invoice": COFFEE, "paymentHash": HASH, "network": "mainnet" },
        "new": 1,
    });
    change(&mut request);
    base64url::encode(request.to_string())
}

#[test]
fn a_request_is_written_as_the_draft_says() {
    let mut charge = LightningCharge::new(COFFEE).unwrap();
    charge.description = Some("coffee".to_owned());
    let encoded = charge.encode().unwrap();
    let json = String::from_utf8(base64url::decode(&encoded).unwrap()).unwrap();
    let expected = format!(
        r#"{{"amount":"250000","currency":"sat","description":"coffee","methodDetails":{{"invoice":"{COFFEE}","network":"mainnet","paymentHash":"{HASH}"}}}}"#
    );
    assert_eq!(json, expected);
    assert_eq!(LightningCharge::decode(&encoded), Ok(charge));
}

#[test]
fn forms_in_use_are_read_and_the_amount_is_the_invoices() {
    for change in [
        |_: &mut Value| {},
        |r: &mut Value| r["currency"] = json!("BTC"),
        |r: &mut Value| r["currency"] = json!("sats"),
        |r: &mut Value| r["currency"] = Value::Null,
        |r: &mut Value| r["amount"] = Value::Null,
        |r: &mut Value| r["methodDetails"] = json!({ "invoice": COFFEE }),
        |r: &mut Value| r["methodDetails"]["paymentHash"] = json!(HASH.to_uppercase()),
        |r: &mut Value| *r = json!({ "invoice": COFFEE, "paymentHash": HASH }),
        |r: &mut Value| *r = json!({ "invoice": COFFEE, "network": "lightning", "macaroon": "A" }),
        |r: &mut Value| r["invoice"] = json!(COFFEE),
        |r: &mut Value| r["methodDetails"]["invoice"] = json!(COFFEE.to_uppercase()),
    ] {
        let charge = LightningCharge::decode(&request(change)).unwrap();
        assert_eq!(charge.amount, Msat::new(250_000_000));
        assert_eq!(charge.payment_hash().to_string(), HASH);
    }
}

/// A seller that says 1 sat beside an invoice of 250,000 is not paid by anyone who believes it.
#[test]
fn a_request_that_differs_from_its_invoice_is_refused() {
    let mismatch = |claimed: &str| RequestError::AmountMismatch {
        claimed: claimed.to_owned(),
        invoiced: Msat::new(250_000_000),
    };
    for claimed in ["1", "249999", "250001", "250000000", "99999999999999999999999999"] {
        let read = LightningCharge::decode(&request(|r| r["amount"] = json!(claimed)));
        assert_eq!(read, Err(mismatch(claimed)));
    }
    let cases: [(Change, RequestError); 9] = [
        (|r| r["currency"] = json!("usd"), RequestError::Currency("usd".to_owned())),
        (|r| r["currency"] = json!("msat"), RequestError::Currency("msat".to_owned())),
        (
            |r| r["methodDetails"]["paymentHash"] = json!("00".repeat(32)),
            RequestError::InvoiceMismatch("paymentHash"),
        ),
        (|r| r["paymentHash"] = json!("bc230847"), RequestError::InvoiceMismatch("paymentHash")),
        (
            |r| r["methodDetails"]["network"] = json!("regtest"),
            RequestError::InvoiceMismatch("network"),
        ),
        (|r| r["invoice"] = json!(DONATION), RequestError::TwoInvoices),
        (|r| r["methodDetails"] = json!({}), RequestError::Missing("invoice")),
        (|r| *r = json!({ "invoice": DONATION }), RequestError::OpenAmount),
        (|r| r["amount"] = json!("0"), RequestError::AmountRange),
    ];
    for (change, expected) in cases {
        assert_eq!(LightningCharge::decode(&request(change)), Err(expected));
    }
    for change in [
        |r: &mut Value| r["amount"] = json!(250_000),
        |r: &mut Value| r["amount"] = json!("250000.0"),
        |r: &mut Value| r["amount"] = json!("+250000"),
        |r: &mut Value| r["amount"] = json!("0250000"),
        |r: &mut Value| r["methodDetails"]["invoice"] = json!("lnbc1u1p..."),
        |r: &mut Value| r["methodDetails"] = json!(COFFEE),
        |r: &mut Value| *r = json!([]),
    ] {
        assert!(LightningCharge::decode(&request(change)).is_err());
    }
    for twice in ["amount", "invoice"] {
        let text = format!(r#"{{"invoice":"{COFFEE}","{twice}":"1","{twice}":"2"}}"#);
        assert!(LightningCharge::decode(&base64url::encode(text)).is_err(), "{twice} twice");
    }
}

#[test]
fn a_part_of_a_sat_is_not_sold_and_may_be_rounded_by_others() {
    let mut charge = LightningCharge::new(COFFEE).unwrap();
    charge.amount = Msat::new(1_500);
    assert_eq!(charge.encode(), Err(RequestError::PartOfSat));
    for (claimed, is_rounded) in [("1", true), ("2", true), ("3", false), ("1500", false)] {
        assert_eq!(charge.check_amount(Some(claimed), None).is_ok(), is_rounded, "{claimed}");
    }
}

#[test]
fn only_the_preimage_of_the_invoice_proves_a_payment() {
    let preimage = Preimage::new([9; 32]);
    let shown = payload(&preimage);
    assert_eq!(shown, json!({ "preimage": "09".repeat(32) }));
    assert_eq!(read_preimage(&shown), Ok(preimage));
    let mut charge = LightningCharge::new(COFFEE).unwrap();
    assert!(!charge.is_paid_by(&preimage));
    charge.invoice.payment_hash = preimage.hash();
    assert!(charge.is_paid_by(&preimage));
    for bad in [json!({}), json!({ "preimage": 1 }), json!({ "preimage": "09" }), json!(["09"])] {
        assert!(matches!(read_preimage(&bad), Err(PayloadError::Invalid(_))), "{bad}");
    }
    let number = read_preimage(&json!({ "preimage": 1_234_567_890 })).unwrap_err();
    assert!(!number.to_string().contains("1234567890"), "{number}");
    let secret = "0x".to_owned() + &"ab".repeat(32);
    for nearly in [json!({ "preimage": secret }), json!({ "preimage": [secret] }), json!([secret])]
    {
        let error = read_preimage(&nearly).unwrap_err().to_string();
        assert!(!error.contains(&secret), "{error}");
    }
}

proptest! {
    #[test]
    fn no_claim_changes_what_is_paid(amount in "[0-9]{1,8}") {
        match LightningCharge::decode(&request(|r| r["amount"] = json!(amount))) {
            Ok(charge) => {
                prop_assert_eq!(amount, "250000");
                prop_assert_eq!(charge.amount, Msat::new(250_000_000));
            }
            Err(_) => prop_assert_ne!(amount, "250000"),
        }
    }

    #[test]
    fn arbitrary_requests_never_panic(text in "\\PC{0,80}", value in "\\PC{0,40}") {
        let _ = LightningCharge::decode(&text);
        let _ = LightningCharge::decode(&jcs::encode(&json!({ "invoice": value, "amount": text })).unwrap());
        let _ = read_preimage(&json!({ "preimage": value }));
    }
}
