//! `POST /api/v1/ai-for-hire/collect` with `{"invoice": "lnbc…", "amount_sats": 400}`: has the
//! invoice paid from the balance. `GET /api/v1/ai-for-hire/collect/{payment_hash}`: what became of
//! it. An `Idempotency-Key` may be sent and is not needed: the payment hash is the key.

use super::answer::{parse, private, refusal, token};
use super::document::TokenRefusals;
use super::withdrawal_view::{CollectRefusals, PaidWithdrawal, WithdrawalView};
use crate::{AccountError, Accounts, Withdrawal, WithdrawalError, WithdrawalOutcome};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use farebox_money::{Msat, Sats};
use farebox_wire::api_error::ErrorBody;
use farebox_wire::lightning::{PaymentHash, Preimage};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[schema(as = CollectRequest)]
struct CollectBody {
    invoice: String,
    amount_sats: u64,
}

/// Has an invoice paid from the balance. The same invoice is paid once, however often it is sent.
#[utoipa::path(
    post,
    path = "/api/v1/ai-for-hire/collect",
    operation_id = "collect",
    tag = "accounts",
    request_body = CollectBody,
    security(("account_token" = [])),
    responses(
        (status = 200, description = "It is paid", body = PaidWithdrawal),
        (status = 202, description = "It is on its way", body = WithdrawalView),
        CollectRefusals,
    )
)]
pub(super) async fn handle(
    State(accounts): State<Accounts>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let example = r#"{"invoice": "lnbc…", "amount_sats": 400}"#;
    let asked: CollectBody = match parse(&body, example) {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    match collect(&accounts, asked, &headers).await {
        Ok(withdrawal) => render(&withdrawal),
        Err(error) => refuse(&error),
    }
}

async fn collect(
    accounts: &Accounts,
    asked: CollectBody,
    headers: &HeaderMap,
) -> Result<Withdrawal, AccountError> {
    accounts.collect(&token(headers)?, &asked.invoice, Sats::new(asked.amount_sats)).await
}

/// Shows what became of a withdrawal.
#[utoipa::path(
    get,
    path = "/api/v1/ai-for-hire/collect/{payment_hash}",
    operation_id = "withdrawal",
    tag = "accounts",
    params(("payment_hash" = String, Path, description = "Of the invoice, in hexadecimal digits")),
    security(("account_token" = [])),
    responses(
        (status = 200, description = "How it stands", body = WithdrawalView),
        TokenRefusals,
        (status = 404, description = "The account has no such withdrawal", body = ErrorBody),
    )
)]
pub(super) async fn look(
    State(accounts): State<Accounts>,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Response {
    match find(&accounts, &hash, &headers).await {
        Ok(withdrawal) => match &withdrawal.outcome {
            WithdrawalOutcome::Failed { reason } => {
                let mut body = body(&withdrawal, "failed");
                insert(&mut body, [("reason", json!(reason))]);
                private(StatusCode::OK, Json(body))
            }
            WithdrawalOutcome::Pending => {
                private(StatusCode::OK, Json(body(&withdrawal, "pending")))
            }
            WithdrawalOutcome::Paid { .. } => render(&withdrawal),
        },
        Err(error) => refuse(&error),
    }
}

async fn find(
    accounts: &Accounts,
    hash: &str,
    headers: &HeaderMap,
) -> Result<Withdrawal, AccountError> {
    let account = accounts.authenticate_owner(&token(headers)?).await?;
    let hash: PaymentHash = hash.parse().map_err(|_| WithdrawalError::NotFound)?;
    accounts.withdrawal(account, hash).await
}

fn render(withdrawal: &Withdrawal) -> Response {
    let mut response = match &withdrawal.outcome {
        WithdrawalOutcome::Paid { preimage, network_fee, account_fee } => {
            let body = paid(withdrawal, preimage, *network_fee, *account_fee);
            private(StatusCode::OK, Json(body))
        }
        WithdrawalOutcome::Pending => {
            let body = body(withdrawal, "pending");
            let mut response = private(StatusCode::ACCEPTED, Json(body));
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            response
        }
        WithdrawalOutcome::Failed { reason } => failed(withdrawal, reason),
    };
    if withdrawal.is_repeat {
        let replayed = HeaderValue::from_static("true");
        response.headers_mut().insert("idempotent-replayed", replayed);
    }
    response
}

/// What is the same whatever became of it.
fn body(withdrawal: &Withdrawal, status: &str) -> Value {
    json!({
        "status": status,
        "withdrawal_id": withdrawal.id,
        "payment_hash": withdrawal.payment_hash,
        "amount_sats": withdrawal.amount.to_sats_floor().get(),
        "balance_sats": withdrawal.balance.to_sats_floor().get(),
    })
}

fn paid(
    withdrawal: &Withdrawal,
    preimage: &Preimage,
    network_fee: Msat,
    account_fee: Msat,
) -> Value {
    let mut body = body(withdrawal, "paid");
    let payment = json!({
        "recipientAmountSat": withdrawal.amount.to_sats_floor().get(),
        "routingFeeSat": network_fee.to_sats_ceil().get(),
        "paymentId": withdrawal.id,
        "paymentHash": withdrawal.payment_hash,
        "paymentPreimage": preimage.reveal_hex(),
    });
    let fee_sats = account_fee.to_sats_ceil().get();
    let rest =
        [("payment", payment), ("fee_sats", json!(fee_sats)), ("fee_msat", json!(account_fee))];
    insert(&mut body, rest);
    body
}

fn failed(withdrawal: &Withdrawal, reason: &str) -> Response {
    let message = match reason {
        "no_route" => "There is no way to the payee within the fee limit",
        "refused" => "The payee did not take the payment",
        "wallet_short" => "The server's wallet cannot pay so much at the moment",
        "unreachable" => "The server's wallet could not be asked",
        _ => "The payment failed",
    };
    let text = format!("{message}; the money is back in the balance.");
    let mut body = json!(ErrorBody::new("payment_failed", text));
    if let Some(error) = body.get_mut("error") {
        insert(error, [("reason", json!(reason))]);
    }
    insert(
        &mut body,
        [
            ("withdrawal_id", json!(withdrawal.id)),
            ("payment_hash", json!(withdrawal.payment_hash)),
            ("balance_sats", json!(withdrawal.balance.to_sats_floor().get())),
        ],
    );
    private(StatusCode::BAD_GATEWAY, Json(body))
}

/// A refusal, with the numbers that help to ask for less.
fn refuse(error: &AccountError) -> Response {
    let AccountError::Withdrawal(refused) = error else { return refusal(error) };
    let mut body = json!(ErrorBody::new(refused.code(), format!("{refused}.")));
    let mut retry_after = None;
    if let Some(details) = body.get_mut("error") {
        match refused {
            WithdrawalError::InsufficientBalance { balance, required, max_collectable } => {
                let shortfall = required.checked_sub(*balance).unwrap_or(Msat::ZERO);
                insert(
                    details,
                    [
                        ("balance_sats", json!(balance.to_sats_floor().get())),
                        ("available_sats", json!(balance.to_sats_floor().get())),
                        ("required_sats", json!(required.to_sats_ceil().get())),
                        ("shortfall_sats", json!(shortfall.to_sats_ceil().get())),
                        ("max_collectable_sats", json!(max_collectable.get())),
                    ],
                );
            }
            WithdrawalError::RateLimited { retry_after_s } => retry_after = Some(*retry_after_s),
            WithdrawalError::InProgress => retry_after = Some(5),
            WithdrawalError::NotConfigured => retry_after = Some(3_600),
            _ => {}
        }
    }
    let mut response = private(refused.status(), Json(body));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn insert<const N: usize>(into: &mut Value, fields: [(&str, Value); N]) {
    if let Value::Object(object) = into {
        object.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
}
