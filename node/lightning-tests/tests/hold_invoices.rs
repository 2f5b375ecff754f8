//! Hold invoices, the two passwords, and the messages of the websocket.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use bitcoin::hashes::{Hash, sha256};
use futures_util::StreamExt;
use lightning_tests::chain::ChainServer;
use lightning_tests::{Answer, Node, Share, fund, open_channel, until};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

async fn payer_and_payee() -> (ChainServer, Node, Node) {
    let chain = ChainServer::start().await;
    let payer = Node::start(&chain, "payer").await;
    let payee = Node::start(&chain, "payee").await;
    fund(&chain, &[&payer, &payee]).await;
    open_channel(&chain, &payer, &payee, Share::Both).await;
    (chain, payer, payee)
}

/// A preimage and its hash, in hexadecimal.
fn secret(byte: u8) -> (String, String) {
    let preimage = [byte; 32];
    (hex::encode(preimage), sha256::Hash::hash(&preimage).to_string())
}

async fn hold_invoice(payee: &Node, hash: &str) -> Answer {
    let form = [("paymentHash", hash), ("amountSat", "3000"), ("description", "escrow")];
    payee.http.post("/createholdinvoice", &form).await
}

/// Starts to pay what [`hold_invoice`] made, and waits until the payee holds it.
async fn pay_until_held(payer: &Node, payee: &Node, hash: &str) -> JoinHandle<Answer> {
    let invoice = hold_invoice(payee, hash).await.json();
    let (http, invoice) = (payer.http.clone(), invoice["serialized"].as_str().unwrap().to_owned());
    let paying =
        tokio::spawn(
            async move { http.post("/payinvoice", &[("invoice", invoice.as_str())]).await },
        );
    until("the payment to be held", async || {
        (incoming(payee, hash).await["isHeld"] == true).then_some(())
    })
    .await;
    paying
}

async fn incoming(payee: &Node, hash: &str) -> Value {
    payee.http.get(&format!("/payments/incoming/{hash}")).await.json()
}

async fn settle(payee: &Node, preimage: &str) -> Answer {
    payee.http.post("/settleholdinvoice", &[("preimage", preimage)]).await
}

async fn cancel(payee: &Node, hash: &str) -> Answer {
    payee.http.post("/cancelholdinvoice", &[("paymentHash", hash)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_payment_is_claimed_with_its_preimage_or_goes_back() {
    let (_chain, payer, mut payee) = payer_and_payee().await;
    let before = (payer.balance_msat().await, payee.balance_msat().await);

    let (preimage, hash) = secret(1);
    let paying = pay_until_held(&payer, &payee, &hash).await;
    let held = incoming(&payee, &hash).await;
    assert_eq!((&held["isPaid"], &held["preimage"]), (&false.into(), &Value::Null), "{held}");
    assert_eq!(settle(&payee, &secret(9).0).await.status, 404, "another preimage");
    // What is held stays held when the payee starts again.
    payee.crash_and_restart().await;
    assert_eq!(incoming(&payee, &hash).await["isHeld"], true);
    let settled = settle(&payee, &preimage).await.json();
    assert_eq!((&settled["isPaid"], &settled["receivedSat"]), (&true.into(), &3_000.into()));
    let paid = paying.await.unwrap().json();
    assert_eq!(paid["paymentPreimage"], preimage.as_str(), "{paid}");
    assert_eq!(settle(&payee, &preimage).await.json(), incoming(&payee, &hash).await, "again");
    assert_eq!(cancel(&payee, &hash).await.status, 400, "after it was settled");

    let (preimage, hash) = secret(2);
    let paying = pay_until_held(&payer, &payee, &hash).await;
    assert_eq!(cancel(&payee, &hash).await.json()["isHeld"], false);
    let failed = paying.await.unwrap().json();
    assert_eq!(failed["type"], "payment_failed", "{failed}");
    assert_eq!(settle(&payee, &preimage).await.status, 400, "after it was cancelled");
    assert_eq!(incoming(&payee, &hash).await["isPaid"], false);

    payer.balance_becomes(before.0 - 3_000_000).await;
    payee.balance_becomes(before.1 + 3_000_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_hash_serves_one_invoice() {
    let chain = ChainServer::start().await;
    let node = Node::start(&chain, "node").await;
    let (preimage, hash) = secret(3);
    assert_eq!(hold_invoice(&node, &hash).await.status, 200);
    let second = hold_invoice(&node, &hash).await;
    assert_eq!(second.status, 400, "{}", second.text);
    assert_eq!(settle(&node, &preimage).await.status, 400, "nobody has paid it");
    let own = node.http.post("/createinvoice", &[("amountSat", "5"), ("description", "")]).await;
    let own = own.json();
    let taken = hold_invoice(&node, own["paymentHash"].as_str().unwrap()).await;
    assert_eq!(taken.status, 400, "{}", taken.text);
    let to_itself = node.pay(own["serialized"].as_str().unwrap(), None).await.json();
    assert!(to_itself["reason"].as_str().unwrap().contains("own"), "{to_itself}");
    assert_eq!(cancel(&node, &secret(4).1).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_pay_may_still_be_paid_and_hears_of_it() {
    let (_chain, payer, payee) = payer_and_payee().await;
    let limited = payee.limited_password();
    let seller = payee.http.with_password(Some(&limited));
    let mut messages = listen(&payee, &limited).await;

    let form = [("amountSat", "77"), ("description", "a book"), ("externalId", "order-1")];
    let made = seller.post("/createinvoice", &form).await.json();
    assert_eq!(made["amountSat"], 77);
    let invoice = made["serialized"].as_str().unwrap();
    let unpaid = incoming(&payee, made["paymentHash"].as_str().unwrap()).await;
    assert_eq!((&unpaid["isPaid"], &unpaid["preimage"]), (&false.into(), &Value::Null));
    let decoded = seller.post("/decodeinvoice", &[("invoice", invoice)]).await.json();
    assert_eq!((&decoded["amount"], &decoded["chain"]), (&77_000.into(), &"regtest".into()));
    let paid = payer.pay(invoice, Some(0)).await.json();
    assert_eq!(paid["routingFeeMsat"], 0, "{paid}");

    let message = next_message(&mut messages).await;
    assert_eq!(message["type"], "payment_received");
    assert_eq!((&message["amountSat"], &message["externalId"]), (&77.into(), &"order-1".into()));
    assert_eq!(message["paymentHash"], made["paymentHash"]);
    let found = seller.get("/payments/incoming?externalId=order-1").await.json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["preimage"], paid["paymentPreimage"]);
    assert_eq!(
        (&found[0]["receivedSat"], &found[0]["description"]),
        (&77.into(), &"a book".into())
    );
    assert_eq!(
        seller.get("/payments/incoming?externalId=order-2").await.json(),
        Value::Array(vec![])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_are_asked_for_and_errors_are_those_of_phoenixd() {
    let chain = ChainServer::start().await;
    let node = Node::start(&chain, "node").await;
    let limited = node.http.with_password(Some(&node.limited_password()));
    let invoice = node.invoice(1, "x").await;
    for (path, form) in [
        ("/payinvoice", vec![("invoice", invoice.as_str())]),
        ("/openchannel", vec![]),
        ("/closechannel", vec![]),
    ] {
        assert_eq!(limited.post(path, &form).await.status, 401, "{path}");
    }
    for password in [None, Some("wrong")] {
        let stranger = node.http.with_password(password);
        for path in ["/getinfo", "/getbalance", "/payments/incoming", "/websocket"] {
            assert_eq!(stranger.get(path).await.status, 401, "{path}");
        }
        assert_eq!(stranger.post("/createinvoice", &[("description", "x")]).await.status, 401);
    }
    for secret in ["seed", "passwords"] {
        assert_eq!(node.mode_of(secret), 0o600, "{secret}");
    }
    assert_eq!(node.mode_of(""), 0o700);
    let info = node.info().await;
    assert_eq!(info["extensions"], serde_json::json!(["feeLimit", "holdInvoices"]));

    let text = |answer: Answer| (answer.status, answer.text);
    let unknown = format!("/payments/incoming/{}", "0".repeat(64));
    assert_eq!(text(node.http.get(&unknown).await), (404, "Not found".into()));
    let (status, what) = text(node.http.get("/nonsense").await);
    assert_eq!((status, what.contains("Unknown endpoint")), (404, true));
    assert_eq!(node.http.get("/payinvoice").await.status, 405);
    let (status, what) = text(node.http.post("/payinvoice", &[]).await);
    assert_eq!((status, what.as_str()), (400, "Request parameter invoice is missing"));
    let bad_limit = [("invoice", invoice.as_str()), ("maxFeeMsat", "-1")];
    assert_eq!(node.http.post("/payinvoice", &bad_limit).await.status, 400, "not taken for none");
}

type Messages = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn listen(node: &Node, password: &str) -> Messages {
    let url = format!("ws://{}/websocket", node.address());
    let mut request = url.into_client_request().unwrap();
    let credentials = node.http.request(reqwest::Method::GET, "/");
    let credentials = credentials.basic_auth("", Some(password)).build().unwrap();
    let header = credentials.headers()["authorization"].to_str().unwrap().parse().unwrap();
    request.headers_mut().insert("authorization", header);
    connect_async(request).await.unwrap().0
}

async fn next_message(messages: &mut Messages) -> Value {
    loop {
        let message = messages.next().await.expect("a message").unwrap();
        if let Ok(text) = message.to_text()
            && message.is_text()
        {
            return serde_json::from_str(text).unwrap();
        }
    }
}
