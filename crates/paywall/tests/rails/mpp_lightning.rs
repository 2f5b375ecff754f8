//! MPP over Lightning: the same invoices as L402, in another language.

use crate::shop::{Answer, START, request};
use crate::support::stall::{REALM, challenge_of, challenges_of};
use crate::support::{Stall, answered};
use axum::body::Body;
use farebox_wire::lightning::Preimage;
use farebox_wire::mpp::methods::lightning::{LightningCharge, payload};
use farebox_wire::mpp::{Challenge, Credential, Problem, ProblemType, Receipt};
use http::{HeaderValue, Request, StatusCode, header};
use std::sync::atomic::Ordering;

const LIGHTNING: &str = "lightning";

/// Pays a challenge, and shows it.
pub fn paid(stall: &Stall, challenge: &Challenge) -> String {
    let hash = LightningCharge::decode(&challenge.request).unwrap().payment_hash();
    let preimage = stall.wallet.pay(&hash.to_string());
    shown(challenge, &preimage)
}

fn shown(challenge: &Challenge, preimage: &Preimage) -> String {
    let challenge = challenge.clone();
    Credential { challenge, source: None, payload: payload(preimage) }.render().unwrap()
}

async fn offered(stall: &Stall, uri: &str) -> Challenge {
    challenge_of(&stall.get(uri, None).await, LIGHTNING)
}

fn problem(answer: &Answer) -> ProblemType {
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{}", answer.text());
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
    assert!(!answer.headers.contains_key("payment-receipt"));
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap();
    let fresh = challenges_of(answer);
    assert!(fresh.iter().any(|challenge| Some(&challenge.id) == problem.challenge_id.as_ref()));
    ProblemType::from_uri(&problem.type_uri).unwrap()
}

fn accepting(accept: &str) -> Request<Body> {
    let mut request = request("GET", "/dish", None, "");
    request.headers_mut().insert("accept-payment", accept.parse().unwrap());
    request
}

fn methods(answer: &Answer) -> Vec<String> {
    challenges_of(answer).into_iter().map(|challenge| challenge.method).collect()
}

#[tokio::test]
async fn the_challenges_follow_that_of_l402_in_its_line() {
    let stall = Stall::open().await;
    let answer = stall.get("/dish?of=day", None).await;
    let lines: Vec<_> = answer.headers.get_all(header::WWW_AUTHENTICATE).iter().collect();
    assert_eq!(lines.len(), 1, "scripts cut the token out of the one line that they expect");
    assert!(lines[0].to_str().unwrap().starts_with("L402 macaroon="), "{lines:?}");
    assert_eq!(methods(&answer), ["lightning", "evm"]);
    let challenge = challenge_of(&answer, LIGHTNING);
    assert_eq!((challenge.realm.as_str(), challenge.intent.as_str()), (REALM, "charge"));
    assert_eq!(challenge.expires_at(), Some(START + 600));
    let charge = LightningCharge::decode(&challenge.request).unwrap();
    assert_eq!(charge.amount.get(), 5_000);
    assert_eq!(answer.json()["payment_hash"], charge.payment_hash().to_string(), "one invoice");
}

#[tokio::test]
async fn a_client_says_what_it_can_pay_by() {
    let stall = Stall::open().await;
    for (accept, expected) in [
        ("evm/charge, lightning/*;q=0.5", vec!["evm", "lightning"]),
        ("lightning/charge;q=0.1, evm/*;q=0.9", vec!["evm", "lightning"]),
        ("evm/charge;q=0, lightning/*", vec!["lightning"]),
        ("lightning/charge", vec!["lightning"]),
        ("*/*", vec!["lightning", "evm"]),
        ("evm/*;q=0, */*", vec!["lightning"]),
        // Nothing of it is sold for: it is told what is.
        ("stripe/charge", vec!["lightning", "evm"]),
        ("lightning/session", vec!["lightning", "evm"]),
        // Unreadable.
        ("", vec!["lightning", "evm"]),
        ("evm;q=x, ;;;", vec!["lightning", "evm"]),
    ] {
        let answer = stall.send(accepting(accept)).await;
        assert_eq!(methods(&answer), expected, "{accept}");
        assert!(answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("L402"));
    }
}

#[tokio::test]
async fn a_preimage_buys_an_answer_and_a_receipt() {
    let stall = Stall::open().await;
    let challenge = offered(&stall, "/dish?of=day").await;
    let credential = paid(&stall, &challenge);
    let answer = stall.get("/dish?of=day", Some(&credential)).await;
    assert_eq!(answered(&answer).text(), "dish of=day");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "private");
    let receipt = Receipt::parse(answer.headers["payment-receipt"].to_str().unwrap()).unwrap();
    let charge = LightningCharge::decode(&challenge.request).unwrap();
    assert_eq!((receipt.method.as_str(), receipt.paid_at()), (LIGHTNING, Some(START)));
    assert_eq!(receipt.reference, charge.payment_hash().to_string());
    assert_eq!(receipt.challenge_id, Some(challenge.id));
    let again = stall.get("/dish?of=day", Some(&credential)).await;
    assert_eq!(answered(&again).body, answer.body);
    assert_eq!(again.headers["payment-receipt"], answer.headers["payment-receipt"]);
    assert_eq!(again.headers[header::CACHE_CONTROL], "private");
    assert_eq!(stall.served(), 1);
    let other = stall.get("/dish?of=night", Some(&credential)).await;
    assert_eq!(problem(&other), ProblemType::VerificationFailed);
}

#[tokio::test]
async fn one_invoice_is_used_once_whichever_protocol_shows_it() {
    for mpp_first in [true, false] {
        let stall = Stall::open().await;
        let answer = stall.get("/dish?a", None).await;
        let (token, hash) = answer.challenge();
        let preimage = stall.wallet.pay(&hash);
        let l402 = format!("L402 {token}:{}", preimage.reveal_hex());
        let mpp = shown(&challenge_of(&answer, LIGHTNING), &preimage);
        let (first, second) = if mpp_first { (&mpp, &l402) } else { (&l402, &mpp) };
        let bought = stall.get("/dish?a", Some(first)).await;
        let same = stall.get("/dish?a", Some(second)).await;
        assert_eq!(answered(&same).body, answered(&bought).body);
        let other = stall.get("/dish?b", Some(second)).await;
        assert_eq!(other.status, StatusCode::PAYMENT_REQUIRED);
        assert!(other.text().contains("used already"), "{}", other.text());
        assert_eq!((stall.served(), stall.redemption_rows().await), (1, 1));
    }
}

/// Changes one parameter of a challenge.
type Change = fn(&mut Challenge);

#[tokio::test]
async fn a_challenge_that_was_changed_is_none_of_ours() {
    let stall = Stall::open().await;
    let challenge = offered(&stall, "/dish").await;
    let hash = LightningCharge::decode(&challenge.request).unwrap().payment_hash();
    let preimage = stall.wallet.pay(&hash.to_string());
    let other = offered(&stall, "/other").await;
    let changes: [(&str, Change); 9] = [
        ("expires", |challenge| challenge.expires = Some("2030-01-01T00:00:00Z".to_owned())),
        ("no expires", |challenge| challenge.expires = None),
        ("realm", |challenge| challenge.realm = "evil.example.com".to_owned()),
        ("method", |challenge| challenge.method = "evm".to_owned()),
        ("intent", |challenge| challenge.intent = "session".to_owned()),
        ("opaque", |challenge| challenge.opaque = Some("e30".to_owned())),
        ("digest", |challenge| challenge.digest = Some("sha-256=:AAAA:".to_owned())),
        ("id", |challenge| challenge.id.push('A')),
        ("request", |challenge| challenge.request = "eyJhbW91bnQiOiIxIn0".to_owned()),
    ];
    for (name, change) in changes {
        let mut changed = challenge.clone();
        change(&mut changed);
        let answer = stall.get("/dish", Some(&shown(&changed, &preimage))).await;
        assert_eq!(problem(&answer), ProblemType::InvalidChallenge, "{name}");
    }
    let mixed = Challenge { request: other.request.clone(), ..challenge.clone() };
    let answer = stall.get("/dish", Some(&shown(&mixed, &preimage))).await;
    assert_eq!(problem(&answer), ProblemType::InvalidChallenge, "the request of another one");
    assert_eq!(stall.served(), 0);
    answered(&stall.get("/dish", Some(&shown(&challenge, &preimage))).await);
}

#[tokio::test]
async fn who_saw_the_challenge_of_a_paid_invoice_gets_nothing_without_its_preimage() {
    let stall = Stall::open().await;
    let challenge = offered(&stall, "/dish").await;
    let hash = LightningCharge::decode(&challenge.request).unwrap().payment_hash();
    let preimage = stall.wallet.pay(&hash.to_string());
    let guessed = Preimage::new([9; 32]);
    let answer = stall.get("/dish", Some(&shown(&challenge, &guessed))).await;
    assert_eq!((answer.status, stall.served()), (StatusCode::PAYMENT_REQUIRED, 0));
    answered(&stall.get("/dish", Some(&shown(&challenge, &preimage))).await);
}

#[tokio::test]
async fn a_challenge_is_good_for_the_request_that_it_was_issued_for() {
    let stall = Stall::open().await;
    let credential = paid(&stall, &offered(&stall, "/dish").await);
    for (method, uri, body) in [
        ("GET", "/other", ""),
        ("POST", "/dish", ""),
        ("GET", "/coffee", ""),
        ("POST", "/by_weight", "1234"),
    ] {
        let answer = stall.send(request(method, uri, Some(&credential), body)).await;
        assert_eq!(problem(&answer), ProblemType::InvalidChallenge, "{method} {uri}");
    }
    let head = stall.send(request("HEAD", "/dish", Some(&credential), "")).await;
    assert_eq!(head.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(stall.served(), 0);
    answered(&stall.get("/dish", Some(&credential)).await);
}

#[tokio::test]
async fn a_body_is_what_a_challenge_was_issued_for() {
    let stall = Stall::open().await;
    let ask = async |body: &str| {
        let mut asked = request("POST", "/by_weight", None, body);
        let length = HeaderValue::from(body.len());
        asked.headers_mut().insert(header::CONTENT_LENGTH, length);
        challenge_of(&stall.send(asked).await, LIGHTNING)
    };
    for (bought, shown_with) in [("four", "five"), ("four", ""), ("", "a heavy body"), ("", "x")] {
        let challenge = ask(bought).await;
        let credential = paid(&stall, &challenge);
        let other = request("POST", "/by_weight", Some(&credential), shown_with);
        let answer = stall.send(other).await;
        assert_eq!(problem(&answer), ProblemType::InvalidChallenge, "{bought:?} {shown_with:?}");
        let same = request("POST", "/by_weight", Some(&credential), bought);
        answered(&stall.send(same).await);
    }
}

#[tokio::test]
async fn who_paid_at_the_last_moment_gets_the_answer() {
    let stall = Stall::open().await;
    let credential = paid(&stall, &offered(&stall, "/dish").await);
    let week = 7 * 24 * 3_600;
    stall.clock.store(START + 600 + week - 1, Ordering::SeqCst);
    answered(&stall.get("/dish", Some(&credential)).await);
    let late = Stall::open().await;
    let credential = paid(&late, &offered(&late, "/dish").await);
    late.clock.store(START + 600 + week, Ordering::SeqCst);
    let answer = late.get("/dish", Some(&credential)).await;
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(late.served(), 0);
}

#[tokio::test]
async fn challenges_of_one_moment_differ_where_their_payments_do() {
    let stall = Stall::open().await;
    let (a, b) = (stall.get("/dish", None).await, stall.get("/dish", None).await);
    let id = |answer: &Answer, method| challenge_of(answer, method).id;
    assert_ne!(id(&a, "evm"), id(&b, "evm"), "two transfers need two nonces");
    assert_eq!(id(&a, "lightning"), id(&b, "lightning"), "the same open invoice");
    let other = stall.get("/other", None).await;
    assert_ne!(id(&a, "lightning"), id(&other, "lightning"), "another request");
}

#[tokio::test]
async fn a_credential_may_stand_beside_others_and_alone_in_its_own_header() {
    let stall = Stall::open().await;
    let line = |name: &'static str, value: String| {
        let mut request = request("GET", "/dish", None, "");
        request.headers_mut().append(name, value.parse().unwrap());
        request
    };
    let credential = paid(&stall, &offered(&stall, "/dish").await);
    answered(&stall.send(line("payment-authorization", credential)).await);
    let credential = paid(&stall, &offered(&stall, "/dish").await);
    let listed = format!("Bearer abl_x, {credential}");
    answered(&stall.send(line("authorization", listed)).await);
    let credential = paid(&stall, &offered(&stall, "/dish").await);
    let mut beside = line("authorization", "Bearer abl_x".to_owned());
    beside.headers_mut().insert("payment-authorization", credential.parse().unwrap());
    answered(&stall.send(beside).await);
    assert_eq!(stall.served(), 3);
}

#[tokio::test]
async fn two_credentials_are_refused() {
    let stall = Stall::open().await;
    let first = paid(&stall, &offered(&stall, "/dish").await);
    let second = paid(&stall, &offered(&stall, "/dish").await);
    for (authorization, payment) in
        [(format!("{first}, {second}"), None), (first.clone(), Some(second.clone()))]
    {
        let mut several = request("GET", "/dish", Some(&authorization), "");
        if let Some(payment) = payment {
            several.headers_mut().insert("payment-authorization", payment.parse().unwrap());
        }
        let answer = stall.send(several).await;
        assert_eq!(problem(&answer), ProblemType::MalformedCredential);
    }
    assert_eq!(stall.served(), 0);
    answered(&stall.get("/dish", Some(&first)).await);
}

#[tokio::test]
async fn a_handler_that_fails_leaves_the_credential_good() {
    let stall = Stall::open().await;
    let credential = paid(&stall, &offered(&stall, "/dish").await);
    stall.kitchen.fails.store(true, Ordering::SeqCst);
    let answer = stall.get("/dish?a", Some(&credential)).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(answer.headers["x-payment-state"].to_str().unwrap().starts_with("unspent"));
    assert!(!answer.headers.contains_key("payment-receipt"));
    stall.kitchen.fails.store(false, Ordering::SeqCst);
    answered(&stall.get("/dish?b", Some(&credential)).await);
}

#[tokio::test]
async fn an_unpaid_invoice_is_never_answered_with_another_one() {
    let stall = Stall::open().await;
    let challenge = offered(&stall, "/dish").await;
    let hash = LightningCharge::decode(&challenge.request).unwrap().payment_hash().to_string();
    let preimage = stall.wallet.preimage_of_unpaid(&hash);
    let answer = stall.get("/dish", Some(&shown(&challenge, &preimage))).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.headers.contains_key(header::WWW_AUTHENTICATE));
    let wrong = shown(&challenge, &Preimage::new([9; 32]));
    assert_eq!(problem(&stall.get("/dish", Some(&wrong)).await), ProblemType::VerificationFailed);
    assert_eq!(stall.served(), 0);
}

#[tokio::test]
async fn garbage_is_told_what_is_wrong() {
    let stall = Stall::open().await;
    for value in [
        "Payment".to_owned(),
        "Payment ".to_owned(),
        "Payment !!!".to_owned(),
        "Payment e30".to_owned(),
        "Payment eyJjaGFsbGVuZ2UiOnt9fQ".to_owned(),
        format!("Payment {}", "A".repeat(15_000)),
        format!("Payment {}", "A".repeat(40_000)),
    ] {
        let answer = stall.get("/dish", Some(&value)).await;
        assert_eq!(
            answer.status,
            StatusCode::PAYMENT_REQUIRED,
            "{}",
            &value[..20.min(value.len())]
        );
        assert!(!challenges_of(&answer).is_empty());
    }
    assert_eq!(stall.served(), 0);
}
