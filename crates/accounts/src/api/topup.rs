//! `POST /api/v1/topup` with `{"amount_sats": 120}` or `{"amount_usd": "0.50"}`: answers 402 with
//! the invoice to pay. With a token, the invoice refills its account.

use super::amount::{self, Asked};
use super::answer::{client, optional_token, private, refusal};
use crate::accounts::now_s;
use crate::{Accounts, TOPUP_EXPIRY_S, Topup};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use farebox_rates::Rates;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;

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
    let made = match optional_token(&headers) {
        Ok(token) => accounts.topup(asked.sats, token.as_ref(), &client(&extensions)).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(topup) => render(topup, &asked),
        Err(error) => refusal(&error),
    }
}

fn render(topup: Topup, asked: &Asked) -> Response {
    let hash = topup.invoice.payment_hash.to_string();
    let headers = [
        ("x-lightning-invoice", topup.invoice.bolt11.clone()),
        ("x-payment-hash", hash.clone()),
        ("x-price-sats", topup.amount.get().to_string()),
        ("x-topup-claim-url", CLAIM_URL.to_owned()),
    ];
    let mut body = json!({
        "status": "payment_required",
        "payment_method": "topup",
        "invoice": topup.invoice.bolt11,
        "payment_hash": hash,
        "amount_sats": topup.amount.get(),
        "expires_in": TOPUP_EXPIRY_S,
        "claim_url": CLAIM_URL,
    });
    if let (Some((usd, rate)), Some(fields)) = (asked.usd, body.as_object_mut()) {
        fields.insert("amount_usd".to_owned(), usd.to_string().into());
        fields.insert("btc_usd".to_owned(), rate.usd_per_btc().to_string().into());
    }
    let mut response = private(StatusCode::PAYMENT_REQUIRED, Json(body));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
