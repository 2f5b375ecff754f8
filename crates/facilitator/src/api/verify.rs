//! `POST /verify`: whether a payment would be settled now.

use super::document::{FacilitatorQuestion, Verification};
use super::{Api, too_many, unavailable};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use farebox_wire::x402::{CodeFamily, ErrorCode, FacilitatorRequest, VerifyResponse};

/// Says whether a payment would be settled now.
///
/// 200 with `isValid`; 400 when the request is none; 503 when it is not known.
#[utoipa::path(
    post,
    path = "/verify",
    operation_id = "verify",
    tag = "facilitator",
    request_body = FacilitatorQuestion,
    responses(
        (status = 200, description = "The verdict", body = Verification),
        (status = 400, description = "The request is none", body = Verification),
        (status = 429, description = "Too many at once; ask again soon", body = ErrorBody),
        (status = 503, description = "It is not known now", body = Verification),
    )
)]
pub(super) async fn handle(State(api): State<Api>, body: Bytes) -> Response {
    let Ok(_turn) = api.turns.try_acquire() else { return too_many() };
    let request = match FacilitatorRequest::parse(&body) {
        Ok(request) => request,
        Err(error) => {
            let answer = invalid(ErrorCode::Payload, error.to_string());
            return (StatusCode::BAD_REQUEST, Json(answer)).into_response();
        }
    };
    match api.facilitator.verify(&request).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => unavailable(invalid(ErrorCode::UnexpectedVerify, error.to_string())),
    }
}

fn invalid(code: ErrorCode, message: String) -> VerifyResponse {
    VerifyResponse {
        invalid_reason: Some(code.name(CodeFamily::Implementation).to_owned()),
        invalid_message: Some(message),
        ..VerifyResponse::default()
    }
}
