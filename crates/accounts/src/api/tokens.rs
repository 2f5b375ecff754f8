//! `/api/v1/tokens`: child tokens, which spend up to a cap and may do nothing else.

use super::answer::{parse, private, refusal, token};
use super::idempotent::{Answer, Asked, once};
use crate::{AccountError, Accounts, ChildToken, NewChild};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use farebox_money::Sats;
use http::{Extensions, HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTokenBody {
    cap_sats: u64,
    expires_in: Option<u64>,
    name: Option<String>,
}

/// `POST` with `{"cap_sats": 100, "expires_in": 3600, "name": "agent"}`: answers 201 with the
/// token, which is shown nowhere else.
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

/// `GET`: the account's child tokens, the newest first.
pub(super) async fn list(State(accounts): State<Accounts>, headers: HeaderMap) -> Response {
    let listed = async {
        let children = accounts.children(&token(&headers)?).await?;
        let children: Vec<_> = children.iter().map(ChildToken::to_json).collect();
        Ok(json!({"tokens": children}))
    };
    answer(listed.await)
}

/// `DELETE /api/v1/tokens/{id}`: the child is worth nothing from then on.
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
