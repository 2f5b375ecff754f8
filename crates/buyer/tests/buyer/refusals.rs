//! What is offered and must not be paid: each ends with one exit code and a plain reason, and
//! nothing is signed, paid or written.

use crate::support::server::{Reply, Server};
use crate::support::shop::Shop;
use crate::support::token_shop::{asks_v1, asks_v2, requirements};
use crate::support::wallet::Draft;
use crate::support::{Desk, TOKEN_POLICY, evm_wallet, open};
use farebox_buyer::{EvmWallet, Limits};
use farebox_money::{MicroUsd, Msat};
use farebox_wire::bolt11::Network;
use farebox_wire::evm::ChainId;
use farebox_wire::l402::TokenKind;
use serde_json::{Value, json};

fn with(changes: &[(&str, Value)]) -> Value {
    let mut changed = requirements();
    for (pointer, value) in changes {
        *changed.pointer_mut(pointer).unwrap() = value.clone();
    }
    changed
}

/// Gets what asks for `reply`; the code, the exit code and the reason of the refusal.
async fn refused(desk: &Desk, reply: Reply) -> (&'static str, u8, String) {
    let server = Server::start(move |_| reply.clone()).await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert_eq!(server.seen().len(), 1, "{error}");
    assert!(desk.transfers().is_empty() && desk.states().is_empty() && desk.spends().is_empty());
    assert_eq!(desk.wallet.pay_calls(), 0);
    (error.code(), error.exit_code(), error.to_string())
}

#[tokio::test]
async fn tokens_that_must_not_be_paid_are_not() {
    let zero = "0x0000000000000000000000000000000000000000";
    let other = "0x1111111111111111111111111111111111111111";
    let mut both = asks_v2(&[requirements()]);
    both.body = asks_v1(&[with(&[("/payTo", json!(other))])]).body;
    let mut price = asks_v2(&[requirements()]);
    price.body = asks_v1(&[with(&[("/amount", json!("1"))])]).body;
    let one = |pointer: &'static str, value: Value| asks_v2(&[with(&[(pointer, value)])]);
    for (name, reply, code, reason) in [
        ("unknown token", one("/asset", json!(other)), "unknown_token", "is not known"),
        ("payTo zero", one("/payTo", json!(zero)), "bad_offer", "payTo"),
        ("payTo the token", one("/payTo", requirements()["asset"].clone()), "bad_offer", "payTo"),
        ("domain name", one("/extra/name", json!("USD Coin")), "bad_offer", "extra.name"),
        ("domain version", one("/extra/version", json!("1")), "bad_offer", "extra.version"),
        ("nothing", one("/amount", json!("0")), "bad_offer", "zero"),
        ("a fraction", one("/amount", json!("0.01")), "bad_offer", "decimal point"),
        ("two dollars", one("/amount", json!("2000000")), "payment_too_expensive", "2 USD"),
        ("past counting", one("/amount", json!("9".repeat(70))), "amount_too_large", "counted"),
        ("other scheme", one("/scheme", json!("upto")), "bad_offer", "exact"),
        ("other chain kind", one("/network", json!("solana:x")), "bad_offer", "network"),
        ("header and body differ in payee", both, "bad_offer", "header and its body"),
        ("header and body differ in price", price, "bad_offer", "header and its body"),
    ] {
        let mut desk = Desk::with_tokens();
        desk.limits.cost_max_usd = Some(MicroUsd::new(1_000_000));
        let (found, exit_code, text) = refused(&desk, reply).await;
        assert_eq!((found, exit_code), (code, 2), "{name}: {text}");
        assert!(text.contains(reason), "{name}: {text}");
        assert!(text.ends_with("nothing was paid"), "{name}: {text}");
    }
}

#[tokio::test]
async fn what_its_human_did_not_allow_is_not_paid() {
    let dollars = |limits: &mut Limits, most| limits.cost_max_usd = Some(MicroUsd::new(most));
    let no_rate = TOKEN_POLICY.replace("[rates]\nbtc_usd = \"100000\"\n", "");
    let cent = TOKEN_POLICY.replace("call = \"1 USD\"", "call = \"0.001 USD\"");
    let l402_only = TOKEN_POLICY.replace("[\"x402\", \"mpp\"]", "[\"mpp\"]");
    for (name, policy, most, code) in [
        ("limit", TOKEN_POLICY, Some(9_999), "payment_too_expensive"),
        ("limit in sats without a rate", &no_rate, None, "rate_unknown"),
        ("call", &cent, Some(10_000), "payment_too_expensive"),
        ("no rule for the rail", &l402_only, Some(10_000), "policy_no_rule"),
        ("no rule at all", "", Some(10_000), "policy_no_rule"),
    ] {
        let mut desk = Desk::new();
        let buyer = open(desk.folder.path(), None).with_evm(evm_wallet());
        desk.buyer = buyer.with_policy(policy.parse().unwrap());
        match most {
            Some(most) => dollars(&mut desk.limits, most),
            None => desk.limits.cost_max_usd = None,
        }
        let (found, exit_code, text) = refused(&desk, asks_v2(&[requirements()])).await;
        assert_eq!((found, exit_code), (code, 2), "{name}: {text}");
    }
}

#[tokio::test]
async fn a_limit_in_sats_holds_for_tokens_at_the_price_of_the_policy() {
    for (sats, is_paid) in [(9, false), (10, true)] {
        let mut desk = Desk::with_tokens();
        desk.limits.cost_max_usd = None;
        desk.limits.cost_max = Msat::new(sats * 1_000);
        let server = Server::start(|seen| match seen.header("payment-signature") {
            Some(_) => Reply::ok("sold"),
            None => asks_v2(&[requirements()]),
        });
        let server = server.await;
        assert_eq!(desk.get(&server.url("/x")).await.is_ok(), is_paid, "{sats} sats for a cent");
    }
}

#[tokio::test]
async fn a_key_is_used_on_its_own_chains_only() {
    let mut desk = Desk::with_tokens();
    let evm = EvmWallet { chains: Some(vec![ChainId::BASE]), ..evm_wallet() };
    desk.buyer = desk.token_buyer().with_evm(evm);
    let (code, exit_code, text) = refused(&desk, asks_v2(&[requirements()])).await;
    assert_eq!((code, exit_code), ("chain_refused", 2), "{text}");
    desk.buyer = open(desk.folder.path(), None).with_policy(TOKEN_POLICY.parse().unwrap());
    let (code, exit_code, text) = refused(&desk, asks_v2(&[requirements()])).await;
    assert_eq!((code, exit_code), ("no_wallet", 3), "{text}");
    assert!(text.contains("0.01 USD"), "{text}");
}

#[tokio::test]
async fn a_token_that_the_policy_names_is_paid() {
    let token = "0x1111111111111111111111111111111111111111";
    let named = format!(
        "{TOKEN_POLICY}\n[[tokens]]\nnetwork = \"eip155:84532\"\naddress = \"{token}\"\nsymbol = \"TST\"\ndecimals = 6\n"
    );
    let mut desk = Desk::with_tokens();
    desk.buyer = desk.token_buyer().with_policy(named.parse().unwrap());
    let asked = with(&[("/asset", json!(token)), ("/extra/name", json!("Test"))]);
    let server = Server::start(move |seen| match seen.header("payment-signature") {
        Some(_) => Reply::ok("sold"),
        None => asks_v2(std::slice::from_ref(&asked)),
    });
    let server = server.await;
    let (answer, _) = desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(answer.payment.unwrap().charge.to_string(), "0.01 USD (tst@eip155:84532)");
}

#[tokio::test]
async fn invoices_that_must_not_be_paid_are_not() {
    let sats = Draft::sats(5);
    for (name, draft, code) in [
        ("amountless", Draft { amount: None, ..sats }, "invoice_refused"),
        ("nothing", Draft { amount: Some(Msat::ZERO), ..sats }, "invoice_refused"),
        ("a part of a sat", Draft { amount: Some(Msat::new(999)), ..sats }, "invoice_refused"),
        ("a whole bitcoin", Draft::sats(100_000_000), "payment_too_expensive"),
        ("real money", Draft { network: Network::Bitcoin, ..sats }, "invoice_refused"),
        ("expired", Draft { created_s_ago: 600, ..sats }, "invoice_refused"),
    ] {
        let desk = Desk::new();
        let shop = Shop::new(&desk.wallet, TokenKind::OneShot, draft);
        let server = Server::start(move |seen| shop.challenge(seen)).await;
        let error = desk.get(&server.url("/x")).await.unwrap_err();
        assert_eq!((error.code(), error.exit_code()), (code, 2), "{name}: {error}");
        assert_eq!((desk.wallet.pay_calls(), desk.states().len()), (0, 0), "{name}");
    }
}
