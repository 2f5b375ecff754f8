//! `POST /settle`: a payment is carried out.

use super::document::{FacilitatorQuestion, Settlement};
use super::{Api, too_many, unavailable};
use crate::embedded::is_repeat;
use crate::facilitator::FacilitatorError;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use farebox_wire::x402::{CodeFamily, ErrorCode, FacilitatorRequest, SettleResponse};

/// Carries a payment out.
///
/// 200 with `success`, where the code `settlement_pending` says that it may have been carried out,
/// and `duplicate_settlement` that it was, and that another request was told of its success;
/// 400 when the request is none; 503 when certainly nothing was done.
#[utoipa::path(
    post,
    path = "/settle",
    operation_id = "settle",
    tag = "facilitator",
    request_body = FacilitatorQuestion,
    responses(
        (status = 200, description = "What became of it", body = Settlement),
        (status = 400, description = "The request is none", body = Settlement),
        (status = 429, description = "Too many at once; ask again soon", body = ErrorBody),
        (status = 503, description = "Certainly nothing was done", body = Settlement),
    )
)]
pub(super) async fn handle(State(api): State<Api>, body: Bytes) -> Response {
    let Ok(_turn) = api.turns.try_acquire() else { return too_many() };
    let request = match FacilitatorRequest::parse(&body) {
        Ok(request) => request,
        Err(error) => {
            let answer = failed(ErrorCode::Payload, error.to_string());
            return (StatusCode::BAD_REQUEST, Json(answer)).into_response();
        }
    };
    match api.facilitator.settle(&request).await {
        // The caller may be one who delivers for every success.
        Ok(answer) if answer.success && is_repeat(&answer) => {
            Json(duplicate(answer)).into_response()
        }
        Ok(answer) => Json(answer).into_response(),
        Err(error @ FacilitatorError::Unknown(_)) => {
            Json(failed(ErrorCode::SettlementPending, error.to_string())).into_response()
        }
        Err(error @ FacilitatorError::Unavailable(_)) => {
            unavailable(failed(ErrorCode::UnexpectedSettle, error.to_string()))
        }
    }
}

/// It is settled, and somebody was told so before; the transaction is named all the same.
fn duplicate(settled: SettleResponse) -> SettleResponse {
    let message = "this payment was settled before, for another request";
    SettleResponse {
        transaction: settled.transaction,
        network: settled.network,
        payer: settled.payer,
        ..failed(ErrorCode::DuplicateSettlement, message.to_owned())
    }
}

fn failed(code: ErrorCode, message: String) -> SettleResponse {
    SettleResponse {
        error_reason: Some(code.name(CodeFamily::Implementation).to_owned()),
        error_message: Some(message),
        ..SettleResponse::default()
    }
}
