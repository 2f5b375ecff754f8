//! `POST /verify`: whether a payment would be settled now.

use super::{Api, too_many, unavailable};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use farebox_wire::x402::{CodeFamily, ErrorCode, FacilitatorRequest, VerifyResponse};

/// 200 with `isValid`; 400 when the request is none; 503 when it is not known.
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
