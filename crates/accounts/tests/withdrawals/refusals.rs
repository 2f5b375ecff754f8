//! What is refused before any money moves.

use crate::bank::{Bank, COLLECT, rules};
use crate::invoices::{Draft, node_id};
use crate::wallet::{Deed, Wallet};
use farebox_accounts::{Accounts, TokenKey, WithdrawalRules, api};
use farebox_money::{Msat, Sats};
use farebox_rates::Rates;
use farebox_store::lease::Instance;
use http::Method;
use lightning_invoice::Currency;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tower::ServiceExt;

const PAYEE: [u8; 32] = [8; 32];

/// Each refusal, with the invoice that earns it.
fn refused() -> Vec<(&'static str, Draft, u64)> {
    let good = || Draft::sats(1, 100);
    vec![
        ("amount_mismatch", good(), 99),
        ("amount_mismatch", good(), 0),
        ("amount_mismatch", Draft { msat: Some(100_500), ..good() }, 100),
        ("amount_mismatch", Draft { msat: Some(1_000_000_000), ..good() }, 1),
        ("invoice_amount_missing", Draft { msat: None, ..good() }, 100),
        ("invoice_expired", Draft { age_s: 3_600, ..good() }, 100),
        ("invoice_expired", Draft { expiry_s: 3_600, age_s: 3_580, ..good() }, 100),
        ("wrong_network", Draft { currency: Currency::Bitcoin, ..good() }, 100),
        ("self_payment", Draft { payee: PAYEE, ..good() }, 100),
        ("route_too_expensive", Draft { hint_base_msat: Some(5_000), ..good() }, 100),
        ("invalid_amount", Draft { msat: Some(501_000), ..good() }, 501),
    ]
}

#[tokio::test]
async fn what_is_wrong_with_an_invoice_costs_nothing() {
    let rules = WithdrawalRules { amount_max: Sats::new(500), ..rules() };
    let bank = Bank::with_rules(rules).await;
    let customer = bank.customer(1_000).await;
    *bank.wallet.node_id.lock().unwrap() = Some(node_id(PAYEE).parse().unwrap());
    for (code, draft, sats) in refused() {
        let (invoice, _) = bank.sign(&draft);
        bank.node.collect(&customer, &invoice, sats).await.assert(400, code);
    }
    for text in ["", "lnbcrt1", "lnbcrt1x".repeat(2_000).as_str(), "😀"] {
        bank.node.collect(&customer, text, 100).await.assert(400, "invalid_invoice");
    }
    let (invoice, _) = bank.invoice(2, 100);
    let damaged = invoice.replacen("lnbcrt1u", "lnbcrt2u", 1);
    assert_ne!(invoice, damaged);
    bank.node.collect(&customer, &damaged, 200).await.assert(400, "invalid_invoice");
    let cheap = Draft { hint_base_msat: Some(4_000), ..Draft::sats(3, 100) };
    let (invoice, _) = bank.sign(&cheap);
    assert_eq!(bank.node.collect(&customer, &invoice, 100).await.status, 200);
    assert_eq!(bank.wallet.asked.lock().unwrap().len(), 1);
    bank.assert_settled(1_000, 100_000).await;
}

#[tokio::test]
async fn who_asks_must_own_an_account() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    let (invoice, hash) = bank.invoice(1, 100);
    let body = json!({"invoice": invoice, "amount_sats": 100});
    let ask = async |token: Option<&str>| {
        bank.node.ask(Method::POST, COLLECT, token, Some(body.clone())).await
    };
    ask(None).await.assert(401, "missing_token");
    ask(Some("abl_nonsense")).await.assert(401, "invalid_token");
    let unknown = format!("abl_{}", "A".repeat(43));
    ask(Some(&unknown)).await.assert(401, "invalid_token");
    let bad = bank.node.ask(Method::POST, COLLECT, Some(&customer.token), None).await;
    bad.assert(400, "invalid_body");
    bank.node.execute("UPDATE account_token SET child_id = 'child', cap_msat = 900000000").await;
    ask(Some(&customer.token)).await.assert(403, "forbidden");
    bank.node.execute("UPDATE account_token SET child_id = NULL, cap_msat = NULL").await;
    let stranger = bank.customer(1_000).await;
    assert_eq!(ask(Some(&customer.token)).await.status, 200);
    ask(Some(&stranger.token)).await.assert(409, "invoice_already_used");
    bank.node.look(&stranger, hash).await.assert(404, "not_found");
    assert_eq!(bank.node.look(&customer, hash).await.body["status"], "paid");
    let path = format!("{COLLECT}/nonsense");
    bank.node.ask(Method::GET, &path, Some(&customer.token), None).await.assert(404, "not_found");
    bank.assert_settled(2_000, 100_000).await;
}

#[tokio::test]
async fn me_says_whose_token_it_is() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    let path = "/api/v1/ai-for-hire/me";
    let me = bank.node.ask(Method::GET, path, Some(&customer.token), None).await;
    assert_eq!(me.body, json!({"account_id": customer.account, "balance_sats": 1_000}));
    bank.node.ask(Method::GET, path, None, None).await.assert(401, "missing_token");
}

#[tokio::test]
async fn an_invoice_of_this_server_is_not_paid() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    let (sold, hash) = bank.invoice(1, 100);
    bank.wallet.owns(hash, Msat::new(100_000));
    bank.node.collect(&customer, &sold, 100).await.assert(400, "self_payment");
    // The invoice of a top-up that the wallet does not recognise.
    let (topup, hash) = bank.invoice(2, 100);
    let bytes = *hash.as_bytes();
    let insert = move |transaction: &farebox_store::Transaction<'_>| {
        let sql = "INSERT INTO topup (payment_hash, amount_msat, client, state, created_at, \
                   expires_at) VALUES (?1, 100000, 'me', 'pending', 1, 2)";
        transaction.execute(sql, farebox_store::params![bytes])
    };
    bank.node.store.write(insert).await.unwrap();
    bank.node.collect(&customer, &topup, 100).await.assert(400, "self_payment");
    assert!(bank.wallet.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_silent_wallet_is_not_asked_to_pay() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    bank.wallet.is_silent.store(true, Ordering::SeqCst);
    let (invoice, _) = bank.invoice(1, 100);
    bank.node.collect(&customer, &invoice, 100).await.assert(503, "lightning_unavailable");
    assert_eq!(bank.node.balance(&customer).await, Msat::new(1_000_000));
}

#[tokio::test]
async fn wrong_books_and_no_wallet_stop_withdrawals() {
    let bank = Bank::open().await;
    let customer = bank.customer(1_000).await;
    let (invoice, _) = bank.invoice(1, 100);
    bank.node.accounts.stop();
    bank.node.collect(&customer, &invoice, 100).await.assert(503, "read_only");

    let database = farebox_testing::sqlite();
    let schemas =
        || vec![farebox_store::schema(), farebox_ledger::schema(), farebox_accounts::schema()];
    let store = database.open(schemas).await;
    let instance = Instance::start(store.clone()).await.unwrap();
    let wallet = Arc::new(Wallet::default());
    let key = TokenKey::new([1; 32]);
    let accounts = Accounts::open(store, instance, wallet, key).await.unwrap();
    let claimed = {
        let topup = accounts.topup(Sats::new(500), None, "me").await.unwrap();
        let preimage = Wallet::topup_preimage(1);
        assert_eq!(preimage.hash(), topup.invoice.payment_hash);
        let request = farebox_accounts::ClaimRequest {
            preimage,
            token: None,
            idempotency_key: None,
            client: "me".into(),
        };
        accounts.claim(request).await.unwrap()
    };
    let request = http::Request::post(COLLECT)
        .header("authorization", format!("Bearer {}", claimed.token.reveal()))
        .body(axum::body::Body::from(json!({"invoice": invoice, "amount_sats": 100}).to_string()))
        .unwrap();
    let response = axum::Router::from(api::routes(accounts, Rates::moving(60).1))
        .oneshot(request)
        .await
        .unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn an_account_withdraws_so_often_and_so_much() {
    let rules = WithdrawalRules { hour_count_max: 3, day_max: Sats::new(300), ..rules() };
    let bank = Bank::with_rules(rules).await;
    let customer = bank.customer(10_000).await;
    let collect = async |seed, sats| {
        let (invoice, _) = bank.invoice(seed, sats);
        bank.node.collect(&customer, &invoice, sats).await
    };
    assert_eq!(collect(1, 200).await.status, 200);
    let much = collect(2, 101).await;
    much.assert(429, "rate_limited");
    let wait: u64 = much.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((80_000..=86_400).contains(&wait), "{wait}");
    bank.wallet.will(Deed::FailUnrecorded);
    collect(3, 100).await.assert(502, "payment_failed");
    assert_eq!(collect(4, 100).await.status, 200, "what failed does not count");
    let often = collect(5, 1).await;
    often.assert(429, "rate_limited");
    let wait: u64 = often.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3_000..=3_600).contains(&wait), "{wait}");
    bank.assert_settled(10_000, 300_000).await;
}
