//! `GET /api/v1/ledger?cursor=`: the movements of the token's account, the newest first.

use super::answer::{private, refusal, token};
use super::document::TokenRefusals;
use crate::{AccountError, Accounts, Entry};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use farebox_money::Msat;
use farebox_wire::api_error::ErrorBody;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of movements.
#[derive(Serialize, ToSchema)]
#[schema(as = Statement)]
struct StatementBody {
    account_id: String,
    entries: Vec<EntryBody>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<u64>,
}

/// A movement.
#[derive(Serialize, ToSchema)]
#[schema(as = StatementEntry)]
struct EntryBody {
    seq: u64,
    kind: String,
    reference: String,
    direction: Direction,
    #[schema(value_type = u64)]
    amount_msat: Msat,
    at_ms: i64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Direction {
    In,
    Out,
}

/// Shows the movements of the account, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/ledger",
    operation_id = "ledger",
    tag = "accounts",
    params(("cursor" = Option<u64>, Query, description = "The `next_cursor` of the page before")),
    security(("account_token" = [])),
    responses((status = 200, description = "A page", body = StatementBody), TokenRefusals)
)]
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
        // Records are counted in 63 bits: a larger number was never a cursor.
        Some(("cursor", value)) => value
            .parse()
            .ok()
            .filter(|cursor| i64::try_from(*cursor).is_ok())
            .map_or(Err(()), |cursor| Ok(Some(cursor))),
        _ => Err(()),
    }
}

async fn read(
    accounts: &Accounts,
    headers: &HeaderMap,
    cursor: Option<u64>,
) -> Result<StatementBody, AccountError> {
    let account = accounts.authenticate_owner(&token(headers)?).await?;
    let statement = accounts.statement(&account, cursor).await?;
    Ok(StatementBody {
        account_id: account,
        entries: statement.entries.into_iter().map(EntryBody::from).collect(),
        next_cursor: statement.next_cursor,
    })
}

impl From<Entry> for EntryBody {
    fn from(entry: Entry) -> Self {
        Self {
            seq: entry.seq,
            kind: entry.code,
            reference: entry.reference,
            direction: if entry.is_credit { Direction::In } else { Direction::Out },
            amount_msat: entry.amount,
            at_ms: entry.at_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_number_that_a_record_can_have() {
        assert_eq!(parse_cursor(""), Ok(None));
        assert_eq!(parse_cursor("cursor=7"), Ok(Some(7)));
        for wrong in ["cursor=-1", "cursor=9223372036854775808", "cursor=x", "page=1"] {
            assert_eq!(parse_cursor(wrong), Err(()), "{wrong}");
        }
    }
}
