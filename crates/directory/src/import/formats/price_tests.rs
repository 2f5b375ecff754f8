use super::*;
use proptest::prelude::*;
use serde_json::json;

fn usd(micro: u64) -> Price {
    Price { usd: Some(MicroUsd::new(micro)), is_free: micro == 0, ..Price::default() }
}

fn sats(sats: u64) -> Price {
    Price { sats: Some(Sats::new(sats)), is_free: sats == 0, ..Price::default() }
}

#[test]
fn texts_are_prices_where_their_unit_is_certain() {
    for (text, currency, expected) in [
        ("$0.01", None, usd(10_000)),
        ("$0.0003 per call", None, usd(300)),
        ("$1,000", None, usd(1_000_000_000)),
        ("0.018", Some("USDC"), usd(18_000)),
        ("0.018 USDC", None, usd(18_000)),
        ("0.01", Some("USDC on Base"), usd(10_000)),
        ("0.02", None, usd(20_000)),
        ("5", Some("USDC"), usd(5_000_000)),
        ("5 sats", None, sats(5)),
        ("21", Some("sats"), sats(21)),
        ("1e-3", None, usd(1_000)),
        ("$0", None, usd(0)),
        ("10000", Some("USDC"), Price::words("10000 USDC")),
        ("5000", None, Price::words("5000")),
        ("5000", Some("USD"), usd(5_000_000_000)),
        ("0.1", Some("ETH"), Price::words("0.1 ETH")),
        ("0.001 BTC", None, Price::words("0.001 BTC")),
        ("$0.10 – $0.30 depending on size", None, Price::words("$0.10 – $0.30 depending on size")),
        ("$10/month", None, Price::words("$10/month")),
        ("Free", None, Price { is_free: true, ..Price::default() }),
        ("TBD", None, Price::words("TBD")),
        ("-1", None, Price::words("-1")),
        ("", None, Price::default()),
    ] {
        assert_eq!(from_text(text, currency), expected, "{text} {currency:?}");
    }
}

#[test]
fn units_need_to_know_their_token() {
    let base = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
    let price =
        |network, asset, amount, decimals| from_units(Some(network), asset, amount, decimals);
    assert_eq!(price("eip155:8453", base, "3000", None), Some(usd(3_000)));
    // The table wins over what a source says of a token that we know.
    assert_eq!(price("eip155:8453", base, "3000", Some(2)), Some(usd(3_000)));
    assert_eq!(price("bsc", "USDC", "10000000000000000", None), Some(usd(10_000)));
    assert_eq!(price("lightning", "sat", "10", None), Some(sats(10)));
    let unknown = "0x0000000000000000000000000000000000000001";
    let words = |text: &str| Some(Price::words(text));
    assert_eq!(price("base", unknown, "3000", Some(6)), words(&format!("0.003 {unknown} on Base")));
    assert_eq!(price("base", unknown, "3000", None), words(&format!("3000 units of {unknown}")));
    assert_eq!(price("base-sepolia", "USDC", "5000", None), words("0.005 USDC on Base Sepolia"));
    assert_eq!(price("base", base, "0.5", None), None);
    assert!(price("base", base, "0", None).unwrap().is_free);
    // More than a u128 of units, more dollars than there are.
    let most = U256::MAX.to_string();
    assert_eq!(price("base", base, &most, None).unwrap().usd, None);
    assert_eq!(price("base", base, "1000000000000000000000", None).unwrap().usd, None);
}

#[test]
fn what_was_rounded_keeps_its_words() {
    let price = from_text("$0.0000001", None);
    assert_eq!(price.usd, Some(MicroUsd::new(1)));
    assert_eq!(price.note.as_deref(), Some("$0.0000001"));
}

#[test]
fn fields_are_found_under_every_name() {
    let read = |value: Value| from_fields(value.as_object().unwrap(), Some("base"), Some("USDC"));
    for (value, expected) in [
        (json!({"price": "0.02"}), usd(20_000)),
        (json!({"price": 0.005}), usd(5_000)),
        (json!({"price": {"amount": "10000", "currency": "USDC", "decimals": 6}}), usd(10_000)),
        (json!({"payment": {"amount": "0.001", "token": "USDC", "network": "base"}}), usd(1_000)),
        (json!({"price_micro_usdc": "1000", "price_usd_equiv": "0.001"}), usd(1_000)),
        (json!({"pricing": "$0.02 per call"}), usd(20_000)),
        (json!({"pricing": {"amount": 10, "currency": "sats", "model": "per-request"}}), sats(10)),
        (json!({"price_usd": 0.1, "price": "10"}), usd(100_000)),
        (json!({"price_sats": 0}), sats(0)),
        (json!({"price": true}), Price::default()),
        (json!({"name": "x"}), Price::default()),
    ] {
        assert_eq!(read(value.clone()), expected, "{value}");
    }
    let rounded = read(json!({"price_usd": 0.0077819}));
    assert_eq!(rounded.usd, Some(MicroUsd::new(7_782)));
    assert_eq!(rounded.note.as_deref(), Some("$0.0077819"));
    assert_eq!(read(json!({"price_sats": 10, "price_usd": 0.0077819})).note, None);
    let both = read(json!({"price_sats": 5, "price_usd": "0.002"}));
    assert_eq!((both.sats, both.usd), (Some(Sats::new(5)), Some(MicroUsd::new(2_000))));
}

proptest! {
    #[test]
    fn arbitrary_prices_never_panic(text in "\\PC{0,40}|\\$?[0-9.,e]{0,12} ?[a-zA-Z]{0,5}") {
        for currency in [None, Some("USDC"), Some("sats"), Some("x")] {
            let _ = from_text(&text, currency);
        }
        let _ = from_units(Some(&text), &text, &text, Some(6));
    }

    #[test]
    fn a_written_price_is_read_exactly(micro in 1..=MicroUsd::MAX.get()) {
        let price = MicroUsd::new(micro);
        prop_assert_eq!(from_text(&format!("${price}"), None), usd(micro));
        prop_assert_eq!(from_text(&format!("{price} USD"), None), usd(micro));
    }
}
