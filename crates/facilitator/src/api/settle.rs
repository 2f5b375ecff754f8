//! `POST /settle`: a payment is carried out.

use super::{Api, too_many, unavailable};
use crate::facilitator::FacilitatorError;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use farebox_wire::x402::{CodeFamily, ErrorCode, FacilitatorRequest, SettleResponse};

/// 200 with `success`, where the code `settlement_pending` says that it may have been carried out;
/// 400 when the request is none; 503 when certainly nothing was done.
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
        Ok(answer) => Json(answer).into_response(),
        Err(error @ FacilitatorError::Unknown(_)) => {
            Json(failed(ErrorCode::SettlementPending, error.to_string())).into_response()
        }
        Err(error @ FacilitatorError::Unavailable(_)) => {
            unavailable(failed(ErrorCode::UnexpectedSettle, error.to_string()))
        }
    }
}

fn failed(code: ErrorCode, message: String) -> SettleResponse {
    SettleResponse {
        error_reason: Some(code.name(CodeFamily::Implementation).to_owned()),
        error_message: Some(message),
        ..SettleResponse::default()
    }
}
