//! What a seller takes for payment, and what not.

use crate::support::*;
use farebox_wire::{evm::*, x402::*};
use proptest::prelude::*;
use serde_json::{Value, json};

fn verify(payment: &Payment) -> Result<VerifiedAuthorization, VerifyError> {
    verify_exact(payment, &requirements(), TIMING, Payer::Account)
}

/// An authorization of other content, rightly signed, in a payment of version 2 and one of 1.
fn signed_with(
    change: impl Fn(&mut TransferAuthorization),
) -> [Result<VerifiedAuthorization, VerifyError>; 2] {
    [paid_v2(), paid_v1()].map(|payment| {
        let mut authorization = payment.exact_evm().unwrap().authorization;
        change(&mut authorization);
        let domain = ExactTerms::from_v2(&requirements()).unwrap().domain;
        let signature = authorization.sign(&domain, &key());
        let payload = ExactEvmPayload { authorization, signature }.to_object();
        verify(&changed(&payment, |json| json["payload"] = Value::Object(payload)))
    })
}

#[test]
fn what_a_buyer_signs_is_taken() {
    for payment in [paid_v2(), paid_v1()] {
        let verified = verify(&payment).unwrap();
        assert_eq!(verified.authorization.from, key().address());
        assert_eq!(verified.authorization.to, parse_address(PAYEE).unwrap());
        assert_eq!(verified.authorization.value, U256::from(10_000));
        assert_eq!(verified.asset.chain, ChainId::BASE);
        assert_eq!(verified.signer, SignerCheck::Recovered);
    }
}

#[test]
fn the_times_of_both_versions_are_those_of_buyers_in_use() {
    let v2 = paid_v2().exact_evm().unwrap().authorization;
    assert_eq!((v2.valid_after, v2.valid_before), (U256::ZERO, U256::from(NOW_S + 60)));
    let v1 = paid_v1().exact_evm().unwrap().authorization;
    let expected = (U256::from(NOW_S - 600), U256::from(NOW_S + 60));
    assert_eq!((v1.valid_after, v1.valid_before), expected);
}

#[test]
fn a_seller_cannot_make_a_buyer_sign_for_years() {
    let mut requirements = requirements();
    requirements.max_timeout_seconds = u64::MAX;
    let payment = pay_v2(&required(), &requirements, &inputs(&key())).unwrap();
    let signed = payment.exact_evm().unwrap().authorization;
    assert_eq!(signed.valid_before, U256::from(NOW_S + VALIDITY_MAX_S));
}

#[test]
fn another_payee_is_refused() {
    for result in signed_with(|authorization| authorization.to = key().address()) {
        assert_eq!(result, Err(VerifyError::Recipient(key().address())));
    }
}

#[test]
fn version_2_wants_the_exact_amount_and_version_1_at_least_it() {
    let value = |units: u64| signed_with(move |a| a.value = U256::from(units));
    let [v2, v1] = value(9_999);
    assert!(matches!(v2, Err(VerifyError::Value { .. })));
    assert!(matches!(v1, Err(VerifyError::Value { .. })));
    let [v2, v1] = value(10_001);
    assert!(matches!(v2, Err(VerifyError::Value { .. })));
    assert_eq!(v1.unwrap().authorization.value, U256::from(10_001));
}

#[test]
fn the_time_is_checked_to_the_second() {
    let now = U256::from(NOW_S);
    let after = |time: U256| signed_with(move |a| a.valid_after = time);
    let before = |time: U256| signed_with(move |a| a.valid_before = time);
    let second = U256::from(1);
    for result in after(now - second).into_iter().chain(before(now + U256::from(7))) {
        assert!(result.is_ok(), "{result:?}");
    }
    for result in after(now).into_iter().chain(after(U256::MAX)) {
        assert_eq!(result, Err(VerifyError::ValidAfter));
    }
    for result in before(now + U256::from(6)).into_iter().chain(before(U256::ZERO)) {
        assert_eq!(result, Err(VerifyError::ValidBefore));
    }
    for result in before(now + U256::from(3_601)).into_iter().chain(before(U256::MAX)) {
        assert_eq!(result, Err(VerifyError::ValidTooLong));
    }
}

#[test]
fn changed_after_signing_is_refused() {
    let zero = format!("0x{}", "00".repeat(32));
    for (field, value) in [
        ("from", json!(PAYEE)),
        ("validAfter", json!("1")),
        ("validBefore", json!("1790000061")),
        ("nonce", json!(zero)),
    ] {
        let payment =
            changed(&paid_v2(), |json| json["payload"]["authorization"][field] = value.clone());
        assert_eq!(verify(&payment), Err(VerifyError::WrongSigner), "{field}");
    }
}

#[test]
fn terms_that_were_not_offered_are_refused() {
    for (field, value, expected) in [
        ("amount", json!("1"), VerifyError::NotOffered),
        ("payTo", json!(BASE_USDC), VerifyError::NotOffered),
        ("maxTimeoutSeconds", json!(61), VerifyError::NotOffered),
        ("extra", json!(null), VerifyError::NotOffered),
        ("network", json!("eip155:84532"), VerifyError::Network),
        ("scheme", json!("upto"), VerifyError::Scheme),
    ] {
        let payment = changed(&paid_v2(), |json| json["accepted"][field] = value.clone());
        assert_eq!(verify(&payment), Err(expected), "{field}");
    }
    let payment = changed(&paid_v1(), |json| json["network"] = json!("base-sepolia"));
    assert_eq!(verify(&payment), Err(VerifyError::Network));
    let payment = changed(&paid_v1(), |json| json["scheme"] = json!("upto"));
    assert_eq!(verify(&payment), Err(VerifyError::Scheme));
}

#[test]
fn a_payment_for_the_same_token_on_another_chain_is_refused() {
    let mut elsewhere = requirements();
    elsewhere.network = "eip155:10".to_owned();
    let theirs = pay_v2(&required(), &elsewhere, &inputs(&key()));
    let theirs = theirs.unwrap();
    let moved = changed(&theirs, |json| json["accepted"]["network"] = json!("eip155:8453"));
    assert_eq!(verify(&moved), Err(VerifyError::WrongSigner));
}

#[test]
fn an_account_with_code_is_left_to_its_contract() {
    let long = format!("0x{}", "ab".repeat(200));
    let payment = changed(&paid_v2(), |json| json["payload"]["signature"] = json!(long));
    assert_eq!(verify(&payment), Err(VerifyError::Signature(SignatureError::NotEcdsa)));
    for payment in [payment, paid_v2()] {
        let verified = verify_exact(&payment, &requirements(), TIMING, Payer::Contract).unwrap();
        assert_eq!(verified.signer, SignerCheck::ContractMustConfirm);
    }
}

#[test]
fn malformed_payloads_are_named() {
    let set = |field: &str, value: Value| {
        let field = field.to_owned();
        verify(&changed(&paid_v2(), |json| json["payload"]["authorization"][field] = value))
    };
    for (field, value) in [
        ("value", json!("0.01")),
        ("value", json!(-1)),
        ("value", json!(null)),
        ("validBefore", json!(1.5)),
        ("to", json!("alice")),
        ("nonce", json!("0x00")),
    ] {
        let result = set(field, value.clone());
        assert!(
            matches!(result, Err(VerifyError::Payload(PayloadError::Field(name))) if name == field),
            "{field} {value}: {result:?}"
        );
    }
    let none = changed(&paid_v2(), |json| json["payload"] = json!({"transaction": "AQ=="}));
    assert_eq!(verify(&none), Err(VerifyError::Payload(PayloadError::NoAuthorization)));
}

fn terms(change: impl FnOnce(&mut Value)) -> Result<ExactTerms, TermsError> {
    let mut offer = offer();
    change(&mut offer);
    ExactTerms::from_v2(&serde_json::from_value(offer).unwrap())
}

#[test]
fn nothing_is_signed_for_terms_that_lose_money() {
    let refused = |field: &str, value: Value| terms(|offer| offer[field] = value).unwrap_err();
    assert_eq!(refused("scheme", json!("upto")), TermsError::Scheme);
    assert_eq!(refused("network", json!("base")), TermsError::Network);
    assert_eq!(
        refused("network", json!("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp")),
        TermsError::Network
    );
    assert_eq!(refused("amount", json!("0")), TermsError::AmountZero);
    assert_eq!(refused("amount", json!("0.01")), TermsError::Amount(AmountError::Fraction));
    assert_eq!(refused("payTo", json!(BASE_USDC)), TermsError::PayToNobody);
    let zero = format!("0x{}", "0".repeat(40));
    assert_eq!(refused("payTo", json!(zero)), TermsError::PayToNobody);
    let mistyped = PAYEE.replace("Bc6", "bc6");
    assert_eq!(refused("payTo", json!(mistyped)), TermsError::PayTo(AddressError::Checksum));
    assert_eq!(refused("asset", json!("USDC")), TermsError::Asset(AddressError::Form));
    let named = |name: &str| terms(|offer| offer["extra"]["name"] = json!(name)).unwrap_err();
    assert_eq!(named("USDC"), TermsError::NameMismatch { known: "USD Coin" });
    let versioned = terms(|offer| offer["extra"]["version"] = json!("1")).unwrap_err();
    assert_eq!(versioned, TermsError::VersionMismatch { known: "2" });
    let permit2 = terms(|offer| offer["extra"]["assetTransferMethod"] = json!("permit2"));
    assert_eq!(permit2.unwrap_err(), TermsError::Method);
}

#[test]
fn a_known_token_needs_no_name_and_an_unknown_one_does() {
    let known = terms(|offer| offer["extra"] = json!(null)).unwrap();
    assert_eq!(known.domain.name, "USD Coin");
    assert_eq!(known.price_text(), "0.01 USDC");
    assert_eq!(known.price_usd_ceil(), Some(farebox_money::MicroUsd::new(10_000)));
    let unknown =
        terms(|offer| offer["asset"] = json!("0x000000000000000000000000000000000000dEaD"));
    let unknown = unknown.unwrap();
    assert_eq!((unknown.asset, unknown.price_usd_ceil()), (None, None));
    let nameless = terms(|offer| {
        offer["asset"] = json!("0x000000000000000000000000000000000000dEaD");
        offer["extra"] = json!({});
    });
    assert_eq!(nameless, Err(TermsError::MissingDomain));
}

#[test]
fn a_seller_offers_every_token_that_can_be_paid_here() {
    let payee = parse_address(PAYEE).unwrap();
    for asset in &ASSETS {
        let offer = PaymentRequirements::exact(asset, payee, U256::from(10_000), 60);
        assert_eq!(offer.is_some(), asset.method == TransferMethod::Eip3009, "{asset:?}");
        let Some(offer) = offer else { continue };
        let terms = ExactTerms::from_v2(&offer).unwrap();
        assert_eq!((terms.asset, Some(terms.domain)), (Some(asset), asset.token_domain()));
        if asset.id.chain == ChainId::BASE {
            assert_eq!(offer, requirements());
        }
    }
}

#[test]
fn every_refusal_has_a_code_of_both_families() {
    let recipient = VerifyError::Recipient(key().address()).code();
    let names = |code: ErrorCode| {
        (code.name(CodeFamily::Specification), code.name(CodeFamily::Implementation))
    };
    let expected =
        ("invalid_exact_evm_payload_recipient_mismatch", "invalid_exact_evm_recipient_mismatch");
    assert_eq!(names(recipient), expected);
    let expected = ("invalid_exact_evm_payload_signature", "invalid_exact_evm_signature");
    assert_eq!(names(VerifyError::WrongSigner.code()), expected);
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_nothing_else_does(
        amount in 1u128.., other in 1u128.., nonce in any::<[u8; 32]>(), timeout in 7u64..3_600,
    ) {
        let requirements = PaymentRequirements {
            amount: amount.to_string(), max_timeout_seconds: timeout, ..requirements()
        };
        let key = key();
        let inputs = SignInputs { key: &key, nonce: nonce.into(), now_s: NOW_S };
        let payment = pay_v2(&required(), &requirements, &inputs).unwrap();
        let (_, header) = payment.to_header();
        let received = Payment::parse_header(&header).unwrap();
        let verified = verify_exact(&received, &requirements, TIMING, Payer::Account).unwrap();
        prop_assert_eq!(verified.authorization.value, U256::from(amount));
        if other != amount {
            let dearer = PaymentRequirements { amount: other.to_string(), ..requirements };
            prop_assert!(verify_exact(&received, &dearer, TIMING, Payer::Account).is_err());
        }
    }
}
