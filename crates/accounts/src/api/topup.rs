//! `POST /api/v1/topup` with `{"amount_sats": 120}` or `{"amount_usd": "0.50"}`: answers 402 with
//! the invoice to pay. With a token, the invoice refills its account.

use super::amount::{self, Asked as Amount};
use super::answer::{client, optional_token, private, refusal};
use super::idempotent::{Answer, Asked, Done, once};
use crate::basics::now_s;
use crate::{AccountError, Accounts, TOPUP_EXPIRY_S, Topup};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use farebox_rates::Rates;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

const CLAIM_URL: &str = "/api/v1/topup/claim";

pub(super) async fn handle(
    State((accounts, rates)): State<(Accounts, Rates)>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Bytes,
) -> Response {
    let asked = match amount::read(&body, &rates, now_s()) {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    let request = Asked {
        endpoint: "POST /api/v1/topup",
        headers: &headers,
        extensions: &extensions,
        body: &body,
    };
    let (maker, token) = (accounts.clone(), optional_token(&headers));
    let client = client(&extensions);
    let done = once(&accounts, request, move |_| async move {
        let topup = maker.topup(asked.sats, token?.as_ref(), &client).await?;
        Ok::<_, AccountError>((answer(&topup, &asked), ()))
    });
    match done.await {
        Ok(done) => render(&done),
        Err(error) => refusal(&error),
    }
}

fn answer(topup: &Topup, asked: &Amount) -> Answer {
    let mut body = json!({
        "status": "payment_required",
        "payment_method": "topup",
        "invoice": topup.invoice.bolt11,
        "payment_hash": topup.invoice.payment_hash.to_string(),
        "amount_sats": topup.amount.get(),
        "expires_in": TOPUP_EXPIRY_S,
        "claim_url": CLAIM_URL,
    });
    if let (Some((usd, rate)), Some(fields)) = (asked.usd, body.as_object_mut()) {
        fields.insert("amount_usd".to_owned(), usd.to_string().into());
        fields.insert("btc_usd".to_owned(), rate.usd_per_btc().to_string().into());
    }
    Answer { status: StatusCode::PAYMENT_REQUIRED, body }
}

/// The headers say again what is in the body.
fn render(done: &Done<()>) -> Response {
    let body = &done.answer.body;
    let text = |field: &str| match body.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let headers = [
        ("x-lightning-invoice", text("invoice")),
        ("x-payment-hash", text("payment_hash")),
        ("x-price-sats", text("amount_sats")),
        ("x-topup-claim-url", text("claim_url")),
    ];
    let mut response = private(done.answer.status, Json(body));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    done.mark(&mut response);
    response
}
