//! `POST /api/v1/topup` with `{"amount_sats": 120}` or `{"amount_usd": "0.50"}`: answers 402 with
//! the invoice to pay. With a token, the invoice refills its account.

use super::amount::{self, Asked as Amount, TopupBody};
use super::answer::{client, optional_token, private, refusal};
use super::idempotent::{Answer, Asked, Done, once};
use crate::basics::now_s;
use crate::{AccountError, Accounts, TOPUP_EXPIRY_S, Topup};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use farebox_rates::Rates;
use farebox_wire::api_error::ErrorBody;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

const CLAIM_URL: &str = "/api/v1/topup/claim";

/// The invoice to pay; the headers say it again.
#[derive(Serialize, ToSchema)]
#[schema(as = TopupInvoice)]
struct InvoiceBody<'a> {
    status: &'static str,
    payment_method: &'static str,
    invoice: &'a str,
    payment_hash: String,
    amount_sats: u64,
    /// In seconds.
    expires_in: u32,
    claim_url: &'static str,
    /// What was asked for, where it was asked in dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_usd: Option<String>,
    /// The rate that it was converted at.
    #[serde(skip_serializing_if = "Option::is_none")]
    btc_usd: Option<String>,
}

/// Makes an invoice that opens an account when it is paid, or refills that of the token shown.
#[utoipa::path(
    post,
    path = "/api/v1/topup",
    operation_id = "topup",
    tag = "accounts",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same for a repeat of the same request")),
    request_body = TopupBody,
    security((), ("account_token" = [])),
    responses(
        (status = 400, description = "The amount cannot be topped up", body = ErrorBody),
        (status = 401, description = "The token is not known here", body = ErrorBody),
        (
            status = 402,
            description = "The invoice to pay",
            body = InvoiceBody,
            headers(
                ("X-Lightning-Invoice" = String, description = "The invoice"),
                ("X-Payment-Hash" = String, description = "Its payment hash"),
                ("X-Price-Sats" = u64, description = "Its amount"),
                ("X-Topup-Claim-Url" = String, description = "Where the preimage is shown afterwards"),
            ),
        ),
        (status = 403, description = "The token may only spend", body = ErrorBody),
        (status = 409, description = "The request with this key is being answered", body = ErrorBody),
        (status = 422, description = "The key was used for another request", body = ErrorBody),
        (status = 429, description = "Too many unpaid top-ups", body = ErrorBody),
        (status = 503, description = "No invoice can be made now", body = ErrorBody),
    )
)]
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
    let body = InvoiceBody {
        status: "payment_required",
        payment_method: "topup",
        invoice: &topup.invoice.bolt11,
        payment_hash: topup.invoice.payment_hash.to_string(),
        amount_sats: topup.amount.get(),
        expires_in: TOPUP_EXPIRY_S,
        claim_url: CLAIM_URL,
        amount_usd: asked.usd.map(|(usd, _)| usd.to_string()),
        btc_usd: asked.usd.map(|(_, rate)| rate.usd_per_btc().to_string()),
    };
    Answer { status: StatusCode::PAYMENT_REQUIRED, body: json!(body) }
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
