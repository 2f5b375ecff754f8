//! Cards, through a stand-in for Stripe.

use crate::shop::{Answer, START};
use crate::support::stall::{challenge_of, challenges_of};
use crate::support::{Stall, answered};
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use farebox_paywall::StripeRail;
use farebox_wire::mpp::methods::stripe::{StripeCharge, StripePayload};
use farebox_wire::mpp::{Challenge, Credential, Receipt};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mood {
    #[default]
    Charges,
    NeedsAction,
    Declines,
    /// It charges, and answers 500.
    Loses,
    Refuses(u16),
}

/// What was charged, by idempotency key, and every request that came.
#[derive(Default)]
struct Stripe {
    mood: Mutex<Mood>,
    charged: Mutex<HashMap<String, u64>>,
    seen: Mutex<Vec<(HeaderMap, String)>>,
}

async fn payment_intents(
    State(stripe): State<Arc<Stripe>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let form: HashMap<_, _> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let cents = form["amount"].parse().unwrap();
    stripe.seen.lock().unwrap().push((headers, body));
    let error = |status: u16, kind: &str, code: &str| {
        let body = json!({"error": {"type": kind, "code": code, "message": "no"}});
        (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
    };
    let intent = |status: &str| json!({"id": "pi_1", "status": status}).to_string();
    let mood = *stripe.mood.lock().unwrap();
    let charge = || stripe.charged.lock().unwrap().insert(key, cents);
    match mood {
        Mood::Charges => {
            charge();
            intent("succeeded").into_response()
        }
        Mood::Loses => {
            charge();
            error(500, "api_error", "")
        }
        Mood::NeedsAction => intent("requires_action").into_response(),
        Mood::Declines => error(402, "card_error", "card_declined"),
        Mood::Refuses(400) => error(400, "idempotency_error", ""),
        Mood::Refuses(status) => error(status, "api_error", ""),
    }
}

struct Cafe {
    stall: Stall,
    stripe: Arc<Stripe>,
}

impl Cafe {
    async fn open() -> Self {
        let stripe = Arc::new(Stripe::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/v1/payment_intents", post(payment_intents))
            .with_state(Arc::clone(&stripe));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let rail = StripeRail::new(&base, "sk_test_1", "profile_1").unwrap();
        let stall = Stall::open_by(move |rails| rails.with_stripe(rail.clone())).await;
        Self { stall, stripe }
    }

    fn is(&self, mood: Mood) {
        *self.stripe.mood.lock().unwrap() = mood;
    }

    async fn offered(&self) -> Challenge {
        challenge_of(&self.stall.get("/feast", None).await, "stripe")
    }

    async fn show(&self, uri: &str, challenge: &Challenge, token: &str) -> Answer {
        let payload = StripePayload::new(token).unwrap().payload();
        let credential = Credential { challenge: challenge.clone(), source: None, payload };
        self.stall.get(uri, Some(&credential.render().unwrap())).await
    }

    fn charges(&self) -> usize {
        self.stripe.charged.lock().unwrap().len()
    }
}

fn detail(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{}", answer.text());
    let details: Value = answer.json();
    details["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_card_is_charged_once_for_one_answer() {
    let cafe = Cafe::open().await;
    let challenge = cafe.offered().await;
    let charge = StripeCharge::decode(&challenge.request).unwrap();
    assert_eq!((charge.amount_minor_units, charge.currency.as_str()), (100, "usd"));
    assert_eq!(charge.network_id, "profile_1");
    let answer = cafe.show("/feast", &challenge, "spt_1").await;
    let receipt = answered(&answer).headers["payment-receipt"].to_str().unwrap();
    let receipt = Receipt::parse(receipt).unwrap();
    assert_eq!((receipt.method.as_str(), receipt.reference.as_str()), ("stripe", "pi_1"));
    answered(&cafe.show("/feast", &challenge, "spt_1").await);
    assert!(detail(&cafe.show("/feast?other", &challenge, "spt_1").await).contains("used"));
    let fresh = cafe.offered().await;
    assert!(detail(&cafe.show("/feast", &fresh, "spt_1").await).contains("used"));
    assert_eq!((cafe.charges(), cafe.stall.served()), (1, 1));
    let seen = cafe.stripe.seen.lock().unwrap();
    let (headers, body) = &seen[0];
    assert_eq!(seen.len(), 1);
    assert_eq!(headers[header::AUTHORIZATION], "Bearer sk_test_1");
    assert_eq!(headers["idempotency-key"], format!("mpp_{}_spt_1", challenge.id).as_str());
    assert!(body.contains("shared_payment_granted_token=spt_1"), "{body}");
    assert!(body.contains("confirm=true"), "{body}");
}

#[tokio::test]
async fn a_card_that_is_not_charged_buys_nothing() {
    for (mood, said) in
        [(Mood::NeedsAction, "payment_action_required"), (Mood::Declines, "card_declined")]
    {
        let cafe = Cafe::open().await;
        let challenge = cafe.offered().await;
        cafe.is(mood);
        let refused = detail(&cafe.show("/feast", &challenge, "spt_1").await);
        assert!(refused.contains(said), "{refused}");
        assert_eq!((cafe.charges(), cafe.stall.served()), (0, 0));
        cafe.is(Mood::Charges);
        answered(&cafe.show("/feast", &challenge, "spt_1").await);
        assert_eq!((cafe.charges(), cafe.stall.served()), (1, 1));
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_with_the_same_key() {
    for mood in [Mood::Loses, Mood::Refuses(409), Mood::Refuses(429), Mood::Refuses(400)] {
        let cafe = Cafe::open().await;
        let challenge = cafe.offered().await;
        cafe.is(mood);
        for _ in 0..2 {
            let answer = cafe.show("/feast", &challenge, "spt_1").await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{mood:?}");
            assert!(!answer.headers.contains_key(header::WWW_AUTHENTICATE), "{mood:?}");
        }
        // Somebody who lost the challenge and shows the token for a fresh one: no second charge.
        let fresh = cafe.offered().await;
        cafe.show("/feast", &fresh, "spt_1").await;
        // Long after the challenge has expired.
        cafe.stall.clock.store(START + 3_600, Ordering::SeqCst);
        cafe.is(Mood::Charges);
        answered(&cafe.show("/feast", &challenge, "spt_1").await);
        assert_eq!((cafe.charges(), cafe.stall.served()), (1, 1), "{mood:?}");
    }
}

#[tokio::test]
async fn a_handler_that_fails_after_the_charge_owes_the_answer() {
    let cafe = Cafe::open().await;
    let challenge = cafe.offered().await;
    cafe.stall.kitchen.fails.store(true, Ordering::SeqCst);
    let failed = cafe.show("/feast", &challenge, "spt_1").await;
    assert_eq!(failed.status, StatusCode::BAD_GATEWAY);
    assert!(failed.headers["x-payment-state"].to_str().unwrap().starts_with("unspent"));
    cafe.stall.kitchen.fails.store(false, Ordering::SeqCst);
    answered(&cafe.show("/feast", &challenge, "spt_1").await);
    assert_eq!(cafe.charges(), 1);
    assert_eq!(cafe.stripe.seen.lock().unwrap().len(), 1, "charged before, not asked again");
}

#[tokio::test]
async fn what_is_too_small_for_a_card_is_not_offered_for_one() {
    let cafe = Cafe::open().await;
    let methods: Vec<_> = challenges_of(&cafe.stall.get("/dish", None).await)
        .into_iter()
        .map(|challenge| challenge.method)
        .collect();
    assert_eq!(methods, ["lightning", "evm"]);
    let late = cafe.offered().await;
    cafe.stall.clock.store(START + 331, Ordering::SeqCst);
    assert!(detail(&cafe.show("/feast", &late, "spt_1").await).contains("expired"));
    assert_eq!(cafe.charges(), 0);
}
