//! phoenixd's HTTP API, request by request.

use crate::common::{Play, invoice, pay, play};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use farebox_play::phoenixd_api::{ApiPasswords, router};
use farebox_wallet::{PayOutcome, Payer};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

const FULL: &str = "full-pässword";
const LIMITED: &str = "limited";
const UUID: &str = "00000000-0000-4000-8000-000000000000";
const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn api(play: &Play) -> Router {
    let passwords = ApiPasswords { full: FULL.into(), limited: LIMITED.into() };
    router(play.buyer.clone(), passwords)
}

/// Sends a request and returns status and text; `form` is sent when there is one.
async fn send(api: &Router, path: &str, form: Option<&str>, password: &str) -> (u16, String) {
    let credentials = STANDARD.encode(format!(":{password}"));
    let request = Request::builder()
        .uri(path)
        .header(header::AUTHORIZATION, format!("Basic {credentials}"))
        .method(if form.is_some() { "POST" } else { "GET" })
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.unwrap_or_default().to_owned()))
        .unwrap();
    let response = api.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn ok(api: &Router, path: &str, form: Option<&str>) -> Value {
    let (status, text) = send(api, path, form, FULL).await;
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_payment_answers_with_its_preimage() {
    let play = play(1_000).await;
    let api = api(&play);
    let created = invoice(&play.seller, 250).await;
    let form = format!("invoice={}", created.bolt11);
    let answer = ok(&api, "/payinvoice", Some(&form)).await;
    let hash = created.payment_hash.to_string();
    let status = play.buyer.status(created.payment_hash).await.unwrap();
    let farebox_wallet::PaymentStatus::Paid { preimage, .. } = status else {
        panic!("{status:?}");
    };
    let preimage = preimage.reveal_hex();
    let id = answer["paymentId"].as_str().unwrap();
    let expected = json!({
        "recipientAmountSat": 250,
        "routingFeeSat": 0,
        "paymentId": id,
        "paymentHash": hash,
        "paymentPreimage": preimage,
    });
    assert_eq!(answer, expected);
    let by_id = ok(&api, &format!("/payments/outgoing/{id}"), None).await;
    let by_hash = ok(&api, &format!("/payments/outgoingbyhash/{hash}"), None).await;
    let expected = json!({
        "type": "outgoing_payment",
        "subType": "lightning",
        "paymentId": id,
        "paymentHash": hash,
        "preimage": preimage,
        "isPaid": true,
        "sent": 250,
        "fees": 0,
        "invoice": created.bolt11,
        "completedAt": by_id["completedAt"].as_i64().unwrap(),
        "createdAt": by_id["createdAt"].as_i64().unwrap(),
    });
    assert_eq!(by_id, expected);
    assert_eq!(by_hash, expected);
    assert_eq!(ok(&api, "/payments/outgoing", None).await, json!([expected]));
    let balance = json!({"balanceSat": 750, "feeCreditSat": 0});
    assert_eq!(ok(&api, "/getbalance", None).await, balance);
}

#[tokio::test]
async fn a_failed_payment_is_a_200_with_a_reason() {
    let play = play(10).await;
    let api = api(&play);
    let created = invoice(&play.seller, 11).await;
    let form = format!("invoice={}", created.bolt11);
    let failed = |reason: &str| {
        json!({
            "type": "payment_failed",
            "paymentHash": created.payment_hash.to_string(),
            "reason": reason,
        })
    };
    let too_dear = failed("not enough funds in wallet to afford payment");
    assert_eq!(ok(&api, "/payinvoice", Some(&form)).await, too_dear);
    play.buyer.fund_once("more", crate::common::sat(5)).await.unwrap();
    play.network.faults().fail_next("the sky fell");
    let unlucky = failed("the sky fell");
    assert_eq!(ok(&api, "/payinvoice", Some(&form)).await, unlucky);
    assert_eq!(ok(&api, "/payments/outgoing", None).await, json!([]));
    let list = ok(&api, "/payments/outgoing?all=true", None).await;
    assert_eq!(list[0]["isPaid"], json!(false));
    assert!(list[0]["completedAt"].is_i64());
    assert!(list[0].get("preimage").is_none());
    ok(&api, "/payinvoice", Some(&form)).await;
    let again = failed("this invoice has already been paid");
    assert_eq!(ok(&api, "/payinvoice", Some(&form)).await, again);
}

#[tokio::test]
async fn a_pending_payment_is_neither_paid_nor_completed() {
    let play = play(10).await;
    let api = api(&play);
    let created = invoice(&play.seller, 1).await;
    let form = format!("invoice={}", created.bolt11);
    play.network.faults().hold();
    let held = tokio::spawn({
        let (api, form) = (api.clone(), form.clone());
        async move { ok(&api, "/payinvoice", Some(&form)).await }
    });
    let path = format!("/payments/outgoingbyhash/{}", created.payment_hash);
    while send(&api, &path, None, FULL).await.0 == 404 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let pending = ok(&api, &path, None).await;
    assert_eq!(pending["isPaid"], json!(false));
    assert!(pending.get("completedAt").is_none(), "{pending}");
    let again = ok(&api, "/payinvoice", Some(&form)).await;
    let reason = "another payment is in progress for that invoice";
    assert_eq!(again["reason"], json!(reason));
    play.network.faults().release();
    assert!(held.await.unwrap()["paymentPreimage"].is_string());
}

#[tokio::test]
async fn an_invoice_is_made_found_and_shown_as_paid() {
    let play = play(10).await;
    play.seller.fund_once("test", crate::common::sat(100)).await.unwrap();
    let api = api(&play);
    let form = "amountSat=42&description=two%20words&expirySeconds=90&externalId=order%2F7";
    let created = ok(&api, "/createinvoice", Some(form)).await;
    assert_eq!(created["amountSat"], json!(42));
    let hash = created["paymentHash"].as_str().unwrap();
    let bolt11 = created["serialized"].as_str().unwrap();
    let path = format!("/payments/incoming/{hash}");
    let open = ok(&api, &path, None).await;
    let created_at = open["createdAt"].as_i64().unwrap();
    let expected = json!({
        "type": "incoming_payment",
        "subType": "lightning",
        "paymentHash": hash,
        "preimage": open["preimage"].as_str().unwrap(),
        "externalId": "order/7",
        "description": "two words",
        "invoice": bolt11,
        "isPaid": false,
        "isExpired": false,
        "requestedSat": 42,
        "receivedSat": 0,
        "fees": 0,
        "expiresAt": created_at + 90_000,
        "createdAt": created_at,
    });
    assert_eq!(open, expected);
    let list = "/payments/incoming?externalId=order%2F7";
    assert_eq!(ok(&api, list, None).await, json!([]));
    let all = ok(&api, &format!("{list}&all=true"), None).await;
    assert_eq!(all, json!([expected]));
    let outcome = play.seller.pay(bolt11, crate::common::LIMITS).await.unwrap();
    assert!(matches!(outcome, PayOutcome::Paid { .. }), "{outcome:?}");
    let paid = ok(&api, &path, None).await;
    assert_eq!(paid["isPaid"], json!(true));
    assert_eq!(paid["receivedSat"], json!(42));
    assert!(paid["completedAt"].is_i64());
    assert_eq!(ok(&api, list, None).await, json!([paid]));
    assert_eq!(ok(&api, &format!("{list}x"), None).await, json!([]));
    let until = format!("{list}&to={}", paid["completedAt"].as_i64().unwrap() - 1);
    assert_eq!(ok(&api, &until, None).await, json!([]));
}

#[tokio::test]
async fn an_invoice_without_an_amount_is_paid_with_one() {
    let play = play(10).await;
    let api = api(&play);
    let seller =
        router(play.seller.clone(), ApiPasswords { full: FULL.into(), limited: LIMITED.into() });
    let created = ok(&seller, "/createinvoice", Some("description=tip")).await;
    assert!(created.get("amountSat").is_none());
    let form = format!("invoice={}", created["serialized"].as_str().unwrap());
    let refused = send(&api, "/payinvoice", Some(&form), FULL).await;
    let missing = "Request parameter amountSat is missing";
    assert_eq!(refused, (400, missing.to_owned()));
    let paid = ok(&api, "/payinvoice", Some(&format!("{form}&amountSat=7"))).await;
    assert_eq!(paid["recipientAmountSat"], json!(7));
}

#[tokio::test]
async fn a_payee_takes_up_to_twice_its_amount() {
    let play = play(100).await;
    let api = api(&play);
    for (sats, taken) in [(9, false), (10, true), (20, true), (21, false)] {
        let created = invoice(&play.seller, 10).await;
        let form = format!("invoice={}&amountSat={sats}", created.bolt11);
        let answer = ok(&api, "/payinvoice", Some(&form)).await;
        assert_eq!(answer.get("paymentPreimage").is_some(), taken, "{sats}");
    }
}

#[tokio::test]
async fn the_limited_password_may_do_everything_but_pay() {
    let play = play(10).await;
    let api = api(&play);
    let created = invoice(&play.seller, 1).await;
    let form = format!("invoice={}", created.bolt11);
    assert_eq!(send(&api, "/getinfo", None, LIMITED).await.0, 200);
    let (status, _) = send(&api, "/payinvoice", Some(&form), LIMITED).await;
    assert_eq!(status, 401);
    for password in ["", "Limited", "limited ", "full-pässwor"] {
        for (path, form) in [("/getinfo", None), ("/payinvoice", Some(form.as_str()))] {
            let (status, text) = send(&api, path, form, password).await;
            assert_eq!(status, 401, "{password:?} was taken");
            assert!(text.starts_with("Invalid authentication"), "{text}");
        }
    }
    let request = Request::get("/getbalance").body(Body::empty()).unwrap();
    let response = api.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(response.headers().contains_key(header::WWW_AUTHENTICATE));
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_named() {
    let play = play(10).await;
    let api = api(&play);
    let converted = |name, kind| {
        let text = format!("Request parameter {name} couldn't be parsed/converted to {kind}");
        (400, text)
    };
    let missing = |name| (400, format!("Request parameter {name} is missing"));
    let text = |text: &str| (400, text.to_owned());
    let both = "Must provide either a description or descriptionHash";
    let no_hash = "descriptionHash is not supported by the play network";
    let no_hook = "webhookUrl is not supported by the play network";
    let long = format!("description={}", "x".repeat(129));
    for (path, form, expected) in [
        ("/payinvoice", Some(""), missing("invoice")),
        ("/payinvoice", Some("invoice=x"), converted("invoice", "bolt11invoice")),
        ("/payinvoice", Some("amountSat=x"), converted("amountSat", "integer")),
        ("/createinvoice", Some("amountSat=1"), text(both)),
        ("/createinvoice", Some("amountSat=-1&description=x"), converted("amountSat", "integer")),
        ("/createinvoice", Some("descriptionHash=00"), text(no_hash)),
        ("/createinvoice", Some("description=x&webhookUrl=y"), text(no_hook)),
        ("/createinvoice", Some(&long), text("the description is longer than 128 characters")),
        (
            "/createinvoice",
            Some("description=x&expirySeconds=y"),
            converted("expirySeconds", "integer"),
        ),
        ("/decodeinvoice", Some("invoice=lnbc1"), converted("invoice", "bolt11invoice")),
        ("/payments/incoming/xyz", None, converted("paymentHash", "hex32")),
        ("/payments/outgoing/xyz", None, converted("uuid", "uuid")),
        ("/payments/incoming?limit=x", None, converted("limit", "integer")),
    ] {
        assert_eq!(send(&api, path, form, FULL).await, expected, "{path} {form:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_404() {
    let play = play(10).await;
    let api = api(&play);
    for path in [
        format!("/payments/incoming/{HASH}"),
        format!("/payments/outgoingbyhash/{HASH}"),
        format!("/payments/outgoing/{UUID}"),
    ] {
        let answer = send(&api, &path, None, FULL).await;
        assert_eq!(answer, (404, "Not found".to_owned()), "{path}");
    }
    // Another wallet's invoice and payment are not this wallet's.
    let created = invoice(&play.seller, 1).await;
    pay(&play.buyer, &created).await;
    let path = format!("/payments/incoming/{}", created.payment_hash);
    assert_eq!(send(&api, &path, None, FULL).await.0, 404);
    let unknown = (404, "Unknown endpoint (check api doc)".to_owned());
    assert_eq!(send(&api, "/nothing", None, FULL).await, unknown);
    assert_eq!(send(&api, "/payinvoice", None, FULL).await.0, 405);
    assert_eq!(send(&api, "/getinfo", Some("a=b"), FULL).await.0, 405);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let play = play(10).await;
    let api = api(&play);
    let form = format!("invoice={}", "x".repeat(70_000));
    assert_eq!(send(&api, "/payinvoice", Some(&form), FULL).await.0, 413);
}

#[tokio::test]
async fn the_node_says_who_it_is() {
    let play = play(10).await;
    let api = api(&play);
    let info = ok(&api, "/getinfo", None).await;
    assert_eq!(info["nodeId"], json!(play.buyer.node_id()));
    assert_eq!(info["chain"], json!("regtest"));
    assert_eq!(info["channels"][0]["balanceSat"], json!(10));
    assert!(info["version"].as_str().unwrap().starts_with("0.8"));
    let created = invoice(&play.seller, 3).await;
    let form = format!("invoice={}", created.bolt11);
    let decoded = ok(&api, "/decodeinvoice", Some(&form)).await;
    assert_eq!(decoded["chain"], json!("regtest"));
    assert_eq!(decoded["amount"], json!(3_000));
    let hash = created.payment_hash.to_string();
    assert_eq!(decoded["paymentHash"], json!(hash));
}

#[tokio::test]
async fn a_fault_makes_the_api_lie_about_preimages() {
    let play = play(10).await;
    let api = api(&play);
    play.network.faults().wrong_preimage(true);
    let created = invoice(&play.seller, 3).await;
    let form = format!("invoice={}", created.bolt11);
    let paid = ok(&api, "/payinvoice", Some(&form)).await;
    assert_eq!(paid["paymentPreimage"], json!(HASH));
}
