//! `POST /api/v1/token/rotate`: a new token in the place of the one shown. The child tokens are
//! revoked with it, because whoever had the token may have made some, unless the body is
//! `{"keep_children": true}`.

use super::answer::{parse, private, refusal, token};
use super::document::TokenRefusals;
use crate::{AccountError, Accounts, Token};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = TokenRotation)]
struct RotateBody {
    #[serde(default)]
    keep_children: bool,
}

/// The token in the place of the old one.
#[derive(Serialize, ToSchema)]
#[schema(as = RotatedToken)]
struct RotatedBody<'a> {
    token: &'a str,
}

/// Makes a new token in the place of the one shown.
#[utoipa::path(
    post,
    path = "/api/v1/token/rotate",
    operation_id = "rotate_token",
    tag = "accounts",
    request_body(content = Option<RotateBody>, description = "May be left out"),
    security(("account_token" = [])),
    responses((status = 200, description = "The new token", body = RotatedBody), TokenRefusals)
)]
pub(super) async fn handle(
    State(accounts): State<Accounts>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked: RotateBody = match body.is_empty() {
        true => RotateBody::default(),
        false => match parse(&body, r#"{"keep_children": true}"#) {
            Ok(asked) => asked,
            Err(response) => return *response,
        },
    };
    match rotate(&accounts, &headers, asked.keep_children).await {
        Ok(token) => private(StatusCode::OK, Json(RotatedBody { token: token.reveal() })),
        Err(error) => refusal(&error),
    }
}

async fn rotate(
    accounts: &Accounts,
    headers: &HeaderMap,
    keep_children: bool,
) -> Result<Token, AccountError> {
    accounts.rotate(&token(headers)?, keep_children).await
}
