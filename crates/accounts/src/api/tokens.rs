//! `/api/v1/tokens`: child tokens, which spend up to a cap and may do nothing else.

use super::answer::{parse, private, refusal, token};
use super::document::TokenRefusals;
use super::idempotent::{Answer, Asked, once};
use crate::{AccountError, Accounts, ChildToken, NewChild};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use farebox_money::Sats;
use farebox_wire::api_error::ErrorBody;
use http::{Extensions, HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A child token as its owner sees it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of what `ChildToken::to_json` writes")]
struct ChildTokenView {
    id: String,
    name: Option<String>,
    cap_sats: u64,
    spent_sats: u64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
}

/// A child token that was just made.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of what `make` answers")]
struct NewChildToken {
    #[serde(flatten)]
    child: ChildTokenView,
    /// Shown nowhere else.
    token: String,
}

/// Child tokens, the newest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of what `list` answers")]
struct ChildTokenList {
    tokens: Vec<ChildTokenView>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ChildTokenRequest)]
#[serde(deny_unknown_fields)]
struct NewTokenBody {
    #[schema(minimum = 1, maximum = 100_000_000)]
    cap_sats: u64,
    /// In seconds.
    expires_in: Option<u64>,
    name: Option<String>,
}

/// Makes a child token, which spends up to a cap and may do nothing else.
///
/// The token is shown nowhere else.
#[utoipa::path(
    post,
    path = "/api/v1/tokens",
    operation_id = "make_token",
    tag = "accounts",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same for a repeat of the same request")),
    request_body = NewTokenBody,
    security(("account_token" = [])),
    responses(
        (status = 201, description = "The token", body = NewChildToken),
        TokenRefusals,
        (status = 409, description = "Too many tokens, or the request with this key is being answered", body = ErrorBody),
        (status = 422, description = "The key was used for another request", body = ErrorBody),
    )
)]
pub(super) async fn make(
    State(accounts): State<Accounts>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Bytes,
) -> Response {
    let asked: NewTokenBody = match parse(&body, r#"{"cap_sats": 100}"#) {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    match made(&accounts, &headers, &extensions, asked, &body).await {
        Ok(response) => response,
        Err(error) => refusal(&error),
    }
}

async fn made(
    accounts: &Accounts,
    headers: &HeaderMap,
    extensions: &Extensions,
    asked: NewTokenBody,
    body: &[u8],
) -> Result<Response, AccountError> {
    let owner = token(headers)?;
    accounts.authenticate_owner(&owner).await?;
    let cap = Sats::new(asked.cap_sats);
    let new = NewChild { cap, expires_in_s: asked.expires_in, name: asked.name };
    let request = Asked { endpoint: "POST /api/v1/tokens", headers, extensions, body };
    let maker = accounts.clone();
    let done = once(accounts, request, move |key| async move {
        let (token, child) = maker.make_child(&owner, new, key).await?;
        Ok((Answer { status: StatusCode::CREATED, body: child.to_json() }, token))
    })
    .await?;
    let mut body = done.answer.body.clone();
    let token = match (&done.secret, &done.key) {
        (Some(token), _) => Some(token.clone()),
        (None, Some(key)) => {
            body.get("id").and_then(Value::as_str).map(|id| accounts.child_token(id, key))
        }
        (None, None) => None,
    };
    if let (Some(token), Some(body)) = (token, body.as_object_mut()) {
        body.insert("token".to_owned(), token.reveal().into());
    }
    let mut response = private(done.answer.status, Json(body));
    done.mark(&mut response);
    Ok(response)
}

/// Lists the account's child tokens, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/tokens",
    operation_id = "list_tokens",
    tag = "accounts",
    security(("account_token" = [])),
    responses((status = 200, description = "The tokens", body = ChildTokenList), TokenRefusals)
)]
pub(super) async fn list(State(accounts): State<Accounts>, headers: HeaderMap) -> Response {
    let listed = async {
        let children = accounts.children(&token(&headers)?).await?;
        let children: Vec<_> = children.iter().map(ChildToken::to_json).collect();
        Ok(json!({"tokens": children}))
    };
    answer(listed.await)
}

/// Revokes a child token: it is worth nothing from then on.
#[utoipa::path(
    delete,
    path = "/api/v1/tokens/{id}",
    operation_id = "revoke_token",
    tag = "accounts",
    params(("id" = String, Path, description = "Of the token, as lists show it")),
    security(("account_token" = [])),
    responses(
        (status = 200, description = "The token as it was", body = ChildTokenView),
        TokenRefusals,
        (status = 404, description = "The account has no such token", body = ErrorBody),
    )
)]
pub(super) async fn revoke(
    State(accounts): State<Accounts>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let revoked = async { Ok(accounts.revoke_child(&token(&headers)?, &id).await?.to_json()) };
    answer(revoked.await)
}

fn answer(result: Result<Value, AccountError>) -> Response {
    match result {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => refusal(&error),
    }
}
