//! `GET /api/v1/ledger?cursor=`: the movements of the token's account, the newest first.

use super::answer::{private, refusal, token};
use crate::{AccountError, Accounts, Entry};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

pub(super) async fn handle(
    State(accounts): State<Accounts>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Ok(cursor) = parse_cursor(query.as_deref().unwrap_or_default()) else {
        let message = "The only parameter is cursor: the next_cursor of the page before.";
        let mut body = ErrorBody::new("invalid_parameter", message);
        body.error.parameters.push("cursor".to_owned());
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    };
    match read(&accounts, &headers, cursor).await {
        Ok(body) => private(StatusCode::OK, Json(body)),
        Err(error) => refusal(&error),
    }
}

fn parse_cursor(query: &str) -> Result<Option<u64>, ()> {
    match query.split_once('=') {
        None if query.is_empty() => Ok(None),
        Some(("cursor", "")) => Ok(None),
        Some(("cursor", value)) => value.parse().map(Some).map_err(|_| ()),
        _ => Err(()),
    }
}

async fn read(
    accounts: &Accounts,
    headers: &HeaderMap,
    cursor: Option<u64>,
) -> Result<Value, AccountError> {
    let account = accounts.authenticate_owner(&token(headers)?).await?;
    let statement = accounts.statement(&account, cursor).await?;
    let entries: Vec<_> = statement.entries.iter().map(entry).collect();
    Ok(json!({
        "account_id": account,
        "entries": entries,
        "next_cursor": statement.next_cursor,
    }))
}

fn entry(entry: &Entry) -> Value {
    json!({
        "seq": entry.seq,
        "kind": entry.code,
        "reference": entry.reference,
        "direction": if entry.is_credit { "in" } else { "out" },
        "amount_msat": entry.amount,
        "at_ms": entry.at_ms,
    })
}
