//! What a 402 answer says, and how it is broken.

use crate::support::*;
use farebox_wire::x402::*;
use serde_json::{Value, json};

pub const URL: &str = "https://api.example.com/paid";

pub fn look(headers: &[(&str, &str)], body: &str) -> X402Check {
    let body = body.as_bytes();
    check(&ProbeAnswer { status: 402, headers, body, request_url: URL })
}

/// A header of version 2 with one entry changed.
pub fn with(change: impl FnOnce(&mut Value)) -> X402Check {
    let mut challenge = json!({
        "x402Version": 2, "resource": {"url": URL}, "accepts": [offer()],
    });
    change(&mut challenge);
    look(&[("Payment-Required", &encode_header(&challenge))], "")
}

pub fn with_option(field: &str, value: Value) -> X402Check {
    with(|challenge| challenge["accepts"][0][field] = value)
}

fn with_extra(field: &str, value: Value) -> X402Check {
    with(|challenge| challenge["accepts"][0]["extra"][field] = value)
}

pub fn codes(check: &X402Check) -> Vec<&'static str> {
    check.faults.iter().map(|fault| fault.code.name()).collect()
}

pub fn body_v1() -> Value {
    json!({"x402Version": 1, "error": "X-PAYMENT header is required", "accepts": [offer_v1()]})
}

#[test]
fn a_good_challenge_has_no_fault() {
    let good = with(|_| {});
    assert!(good.is_found && good.is_payable && good.is_asset_known && !good.is_testnet_only);
    assert_eq!((good.source, good.version), (Some(Source::Header), Some(2)));
    assert_eq!(good.faults, []);
    let price = good.options[0].price.as_ref().unwrap();
    assert_eq!(price.text.as_deref(), Some("0.01 USDC"));
    assert_eq!(price.usd, Some(farebox_money::MicroUsd::new(10_000)));
    assert_eq!(good.options[0].requirements, Some(requirements()));
}

#[test]
fn version_1_is_read_from_the_body() {
    let good = look(&[], &body_v1().to_string());
    assert!(good.is_payable);
    assert_eq!((good.source, codes(&good)), (Some(Source::Body), vec!["v1_body"]));
    assert_eq!(good.options[0].requirements, Some(requirements()));
}

/// Each of these makes the only way to pay unusable.
#[test]
fn a_fault_of_an_entry_is_named_and_stops_it() {
    let zero = format!("0x{}", "0".repeat(40));
    let past = "115792089237316195423570985008687907853269984665640564039457584007913129639936";
    for (field, value, code) in [
        ("scheme", json!(null), "scheme_missing"),
        ("scheme", json!("agent-pay"), "unsupported_scheme"),
        ("network", json!(""), "network_missing"),
        ("network", json!("base"), "network_name_wrong_for_version"),
        ("network", json!("lightning"), "nonstandard_network"),
        ("network", json!("aws:base"), "unsupported_network"),
        ("network", json!("eip155:84532"), "asset_unknown"),
        ("amount", json!(null), "amount_missing"),
        ("amount", json!(""), "amount_missing"),
        ("amount", json!(10_000), "amount_not_string"),
        ("amount", json!("0.01"), "amount_not_atomic"),
        ("amount", json!("-5"), "amount_invalid"),
        ("amount", json!("+5"), "amount_invalid"),
        ("amount", json!(past), "amount_invalid"),
        ("amount", json!("0"), "amount_zero"),
        ("amount", json!("100000000000"), "price_out_of_range"),
        ("asset", json!(""), "asset_empty"),
        ("asset", json!("USDC"), "asset_invalid"),
        ("asset", json!("0x000000000000000000000000000000000000dEaD"), "asset_unknown"),
        ("payTo", json!(""), "payto_empty"),
        ("payTo", json!("YOUR_WALLET_ADDRESS"), "payto_placeholder"),
        ("payTo", json!("walletaddress"), "payto_invalid"),
        ("payTo", json!(zero), "payto_zero"),
        ("payTo", json!(BASE_USDC), "payto_is_asset"),
        ("maxTimeoutSeconds", json!(0), "timeout_invalid"),
        ("maxTimeoutSeconds", json!("soon"), "timeout_invalid"),
    ] {
        let broken = with_option(field, value.clone());
        assert!(codes(&broken).contains(&code), "{field} {value}: {:?}", codes(&broken));
        assert!(broken.is_found && !broken.is_payable, "{field} {value}");
    }
}

#[test]
fn a_wrong_token_name_is_named_with_the_right_one() {
    for (field, value, code, right) in [
        ("name", "USDC", FaultCode::DomainNameWrong, "USD Coin"),
        ("version", "1", FaultCode::DomainVersionWrong, "2"),
    ] {
        let broken = with_extra(field, json!(value));
        assert!(!broken.is_payable);
        let fault = broken.faults.iter().find(|fault| fault.code == code).unwrap();
        assert_eq!((fault.option, fault.expected.as_deref()), (Some(0), Some(right)));
        assert!(fault.fix().contains(right));
    }
}

#[test]
fn a_warning_does_not_stop_buyers() {
    for (check, code) in [
        (with_option("extra", json!(null)), "domain_missing"),
        (with_option("maxTimeoutSeconds", json!(5)), "timeout_short"),
        (with_option("maxTimeoutSeconds", json!(86_400)), "timeout_long"),
        (with_option("scheme", json!("upto")), "price_is_maximum"),
        (with_option("payTo", json!(PAYEE.replace("Bc6", "bc6"))), "payto_checksum"),
        (with_option("asset", json!(BASE_USDC.replace("fCD", "fcD"))), "asset_checksum"),
        (with_extra("payToMode", json!("dynamic")), "payto_dynamic"),
        (
            with(|c| c["resource"]["url"] = json!("http://api.example.com/paid")),
            "resource_http_scheme",
        ),
        (with(|c| c["resource"]["url"] = json!("http://localhost:3000/paid")), "resource_local"),
        (
            with(|c| c["resource"]["url"] = json!("https://www.example.com/")),
            "resource_host_differs",
        ),
        (with(|c| c["resource"]["url"] = json!("/paid")), "resource_invalid"),
        (with(|c| c["accepts"] = json!([{"scheme": "exact"}, offer()])), "some_options_invalid"),
    ] {
        assert!(check.is_payable, "{code}: {:?}", codes(&check));
        assert!(codes(&check).contains(&code), "{code}: {:?}", codes(&check));
    }
}

#[test]
fn a_fault_of_the_whole_challenge_stops_it() {
    let many: Vec<Value> = (0..33).map(|_| offer()).collect();
    for (check, code) in [
        (with(|c| c["accepts"] = json!([])), "accepts_empty"),
        (with(|c| c["accepts"] = json!(null)), "accepts_missing"),
        (with(|c| c["accepts"] = json!(many)), "too_many_options"),
        (with(|c| c["x402Version"] = json!(3)), "version_unsupported"),
        (
            with(|c| c["resource"]["url"] = json!("https://elsewhere.example/")),
            "resource_origin_mismatch",
        ),
        (look(&[("PAYMENT-REQUIRED", &encode_header(&offer()))], ""), "accepts_missing"),
        (look(&[("X-PAYMENT-REQUIRED", &required().to_header())], ""), "header_name_nonstandard"),
    ] {
        assert!(check.is_found && !check.is_payable, "{code}");
        assert!(codes(&check).contains(&code), "{code}: {:?}", codes(&check));
    }
}

#[test]
fn play_money_is_not_payable_but_told_apart() {
    let check = with(|challenge| {
        challenge["accepts"][0]["network"] = json!("eip155:84532");
        challenge["accepts"][0]["asset"] = json!("0x036CbD53842c5426634e7929541eC2318f3dCF7e");
        challenge["accepts"][0]["extra"]["name"] = json!("USDC");
    });
    assert!(check.is_testnet_only && !check.is_payable && check.options[0].is_payable);
    assert_eq!(codes(&check), ["testnet_only"]);
}

#[test]
fn solana_is_described() {
    let solana = json!({
        "scheme": "exact", "network": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "amount": "10000",
        "asset": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "maxTimeoutSeconds": 60,
        "payTo": "Bo4pBpFK9q897sH49ygiQz5HYywUfVpJMqP3vjwiJnv6",
        "extra": {"feePayer": "Bo4pBpFK9q897sH49ygiQz5HYywUfVpJMqP3vjwiJnv6"},
    });
    let look = |change: fn(&mut Value)| {
        let mut option = solana.clone();
        change(&mut option);
        with(|challenge| challenge["accepts"] = json!([option]))
    };
    let good = look(|_| {});
    assert!(good.is_payable && good.is_asset_known, "{:?}", codes(&good));
    assert_eq!(good.options[0].price.as_ref().unwrap().text.as_deref(), Some("0.01 USDC"));
    let no_payer = look(|option| option["extra"] = json!({}));
    assert_eq!(codes(&no_payer), ["fee_payer_missing"]);
    let mistyped =
        look(|option| option["payTo"] = json!("0OIl4pBpFK9q897sH49ygiQz5HYywUfVpJMqP3vjwiJn"));
    assert_eq!(codes(&mistyped), ["payto_invalid"]);
}

#[test]
fn eighteen_decimals_are_not_read_as_six() {
    let check = with(|challenge| {
        challenge["accepts"][0]["network"] = json!("eip155:56");
        challenge["accepts"][0]["asset"] = json!("0x8AC76a51cc950d9822D68b83fE1Ad97B32Cd580d");
        challenge["accepts"][0]["amount"] = json!("10000000000000000");
    });
    assert!(check.is_payable);
    assert_eq!(check.options[0].price.as_ref().unwrap().text.as_deref(), Some("0.01 USDC"));
}

#[test]
fn header_and_body_must_agree() {
    let header = required().to_header();
    let agree = look(&[("PAYMENT-REQUIRED", &header)], &body_v1().to_string());
    assert!(agree.is_payable && agree.faults.is_empty());
    for (field, value) in [("maxAmountRequired", json!("50000")), ("payTo", json!(BASE_USDC))] {
        let mut body = body_v1();
        body["accepts"][0][field] = value;
        let differ = look(&[("PAYMENT-REQUIRED", &header)], &body.to_string());
        assert_eq!(codes(&differ), ["terms_conflict"]);
        assert!(!differ.is_payable);
    }
}

#[test]
fn every_fault_has_a_name_of_its_own_and_a_fix_in_one_line() {
    let mut names: Vec<_> = FaultCode::ALL.iter().map(|code| code.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FaultCode::ALL.len());
    for code in FaultCode::ALL {
        assert!(code.fix().ends_with('.') && !code.fix().contains('\n'), "{code:?}");
    }
}
