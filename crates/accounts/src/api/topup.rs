//! `POST /api/v1/topup` with `{"amount_sats": 120}`: answers 402 with the invoice to pay. With a
//! token, the invoice refills its account.

use super::answer::{client, optional_token, parse, private, refusal};
use crate::{Accounts, TOPUP_EXPIRY_S, Topup};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use farebox_money::Sats;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::json;

const CLAIM_URL: &str = "/api/v1/topup/claim";

#[derive(Debug, Deserialize)]
struct TopupBody {
    amount_sats: u64,
}

pub(super) async fn handle(
    State(accounts): State<Accounts>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Bytes,
) -> Response {
    let asked: TopupBody = match parse(&body, r#"{"amount_sats": 120}"#) {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    let made = match optional_token(&headers) {
        Ok(token) => {
            let amount = Sats::new(asked.amount_sats);
            accounts.topup(amount, token.as_ref(), &client(&extensions)).await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok(topup) => render(topup),
        Err(error) => refusal(&error),
    }
}

fn render(topup: Topup) -> Response {
    let hash = topup.invoice.payment_hash.to_string();
    let headers = [
        ("x-lightning-invoice", topup.invoice.bolt11.clone()),
        ("x-payment-hash", hash.clone()),
        ("x-price-sats", topup.amount.get().to_string()),
        ("x-topup-claim-url", CLAIM_URL.to_owned()),
    ];
    let body = json!({
        "status": "payment_required",
        "payment_method": "topup",
        "invoice": topup.invoice.bolt11,
        "payment_hash": hash,
        "amount_sats": topup.amount.get(),
        "expires_in": TOPUP_EXPIRY_S,
        "claim_url": CLAIM_URL,
    });
    let mut response = private(StatusCode::PAYMENT_REQUIRED, Json(body));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
