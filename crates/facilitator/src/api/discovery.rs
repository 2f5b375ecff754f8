//! `GET /discovery/resources` and `GET /discovery/search`: paid resources, as the caller's
//! directory knows them.

use super::document::{ResourcePage, ResourceSearch};
use super::unavailable;
use async_trait::async_trait;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use farebox_wire::x402::{DiscoveryItem, DiscoveryPage};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Rows of a page, where the request does not say, and at most.
const LIMIT_DEFAULT: u64 = 100;
const LIMIT_MAX: u64 = 1_000;
/// The largest number that every reader of JSON takes as it is written (RFC 8259, 6).
const NUMBER_MAX: u64 = 9_007_199_254_740_991;
/// Characters of a search at most.
const WORDS_LEN_MAX: usize = 200;

/// Where the rows come from.
#[async_trait]
pub trait Discovery: Send + Sync {
    /// The rows that fit, in a stable order, or the best first where words are searched for.
    ///
    /// # Errors
    /// [`DiscoveryError`] when they cannot be had now.
    async fn resources(&self, query: &DiscoveryQuery) -> Result<DiscoveryPage, DiscoveryError>;
}

/// Rows that cannot be had now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list of resources is not available: {0}")]
pub struct DiscoveryError(pub String);

/// Which rows are asked for. A filter that is not there takes all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryQuery {
    /// Words to find rows by.
    pub words: Option<String>,
    /// `http`, `mcp` or another.
    pub kind: Option<String>,
    /// Who is paid.
    pub pay_to: Option<String>,
    /// A scheme that is taken.
    pub scheme: Option<String>,
    /// A network that is taken.
    pub network: Option<String>,
    /// An extension that is declared.
    pub extensions: Option<String>,
    /// Rows of the page, 1 to 1000.
    pub limit: u64,
    /// Rows before it.
    pub offset: u64,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Filters {
    /// `http`, `mcp` or another.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Who is paid.
    pay_to: Option<String>,
    /// A scheme that is taken, such as `exact`.
    scheme: Option<String>,
    /// A network that is taken, such as `eip155:8453`.
    network: Option<String>,
    /// An extension that is declared.
    extensions: Option<String>,
    /// Rows of a page: 100 where it is not given, 1000 at most.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    limit: Option<u64>,
    /// Rows before the page.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    offset: Option<u64>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Search {
    /// What is looked for, in words.
    #[param(max_length = 200)]
    query: String,
    /// `http`, `mcp` or another.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Who is paid.
    pay_to: Option<String>,
    /// A scheme that is taken, such as `exact`.
    scheme: Option<String>,
    /// A network that is taken, such as `eip155:8453`.
    network: Option<String>,
    /// An extension that is declared.
    extensions: Option<String>,
    /// Rows of a page: 100 where it is not given, 1000 at most.
    #[param(maximum = 9_007_199_254_740_991_u64)]
    limit: Option<u64>,
    /// The cursor of the page before.
    #[param(pattern = "^[0-9]{1,18}$")]
    cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    x402_version: u64,
    resources: Vec<DiscoveryItem>,
    partial_results: bool,
    pagination: Cursor,
}

#[derive(Serialize)]
struct Cursor {
    limit: u64,
    cursor: Option<String>,
}

/// Lists paid resources.
///
/// 200 with a page; 400 for a number that is none; 503 when there is no list.
#[utoipa::path(
    get,
    path = "/discovery/resources",
    operation_id = "discovery_resources",
    tag = "facilitator",
    params(Filters),
    responses(
        (status = 200, description = "A page", body = ResourcePage),
        (status = 400, description = "A parameter cannot be used", body = ErrorBody),
        (status = 503, description = "There is no list now", body = ErrorBody),
    )
)]
pub(super) async fn resources(
    State(discovery): State<Arc<dyn Discovery>>,
    asked: Result<Query<Filters>, QueryRejection>,
) -> Response {
    let query = match asked {
        Ok(Query(asked)) => asked.query(),
        Err(error) => Err(error.body_text()),
    };
    let query = match query {
        Ok(query) => query,
        Err(message) => return invalid(&message),
    };
    match discovery.resources(&query).await {
        Ok(page) => Json(page).into_response(),
        Err(error) => unavailable(ErrorBody::new("unavailable", error.to_string())),
    }
}

/// Searches paid resources, the best first.
///
/// 200 with a page; 400 for a parameter that cannot be used; 503 when there is no list.
#[utoipa::path(
    get,
    path = "/discovery/search",
    operation_id = "discovery_search",
    tag = "facilitator",
    params(Search),
    responses(
        (status = 200, description = "A page", body = ResourceSearch),
        (status = 400, description = "A parameter cannot be used", body = ErrorBody),
        (status = 503, description = "There is no list now", body = ErrorBody),
    )
)]
pub(super) async fn search(
    State(discovery): State<Arc<dyn Discovery>>,
    asked: Result<Query<Search>, QueryRejection>,
) -> Response {
    let query = match asked {
        Ok(Query(asked)) => asked.query(),
        Err(error) => Err(error.body_text()),
    };
    let query = match query {
        Ok(query) => query,
        Err(message) => return invalid(&message),
    };
    match discovery.resources(&query).await {
        Ok(page) => Json(found(page, &query)).into_response(),
        Err(error) => unavailable(ErrorBody::new("unavailable", error.to_string())),
    }
}

fn found(page: DiscoveryPage, query: &DiscoveryQuery) -> Found {
    let total = page.pagination.and_then(|pagination| pagination.total).unwrap_or_default();
    let shown = u64::try_from(page.items.len()).unwrap_or(u64::MAX);
    let next = query.offset.saturating_add(shown);
    let has_more = shown > 0 && next < total;
    Found {
        x402_version: page.x402_version,
        resources: page.items,
        partial_results: has_more,
        pagination: Cursor { limit: query.limit, cursor: has_more.then(|| next.to_string()) },
    }
}

fn invalid(message: &str) -> Response {
    let body = ErrorBody::new("invalid_parameter", message);
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

fn limit(asked: Option<u64>) -> Result<u64, String> {
    Ok(number("limit", asked)?.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX))
}

fn number(name: &str, asked: Option<u64>) -> Result<Option<u64>, String> {
    match asked {
        Some(number) if number > NUMBER_MAX => Err(format!("{name} is at most {NUMBER_MAX}")),
        asked => Ok(asked),
    }
}

impl Filters {
    /// The question, or what is wrong with it.
    fn query(self) -> Result<DiscoveryQuery, String> {
        Ok(DiscoveryQuery {
            words: None,
            kind: self.kind,
            pay_to: self.pay_to,
            scheme: self.scheme,
            network: self.network,
            extensions: self.extensions,
            limit: limit(self.limit)?,
            offset: number("offset", self.offset)?.unwrap_or_default(),
        })
    }
}

impl Search {
    /// The question, or what is wrong with it.
    fn query(self) -> Result<DiscoveryQuery, String> {
        if self.query.chars().count() > WORDS_LEN_MAX {
            return Err(format!("query must have at most {WORDS_LEN_MAX} characters"));
        }
        let offset = match self.cursor.as_deref() {
            None => 0,
            Some(cursor)
                if cursor.len() <= 18 && cursor.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                cursor.parse().map_err(|_| "cursor must be that of a page before".to_owned())?
            }
            Some(_) => return Err("cursor must be that of a page before".to_owned()),
        };
        Ok(DiscoveryQuery {
            words: Some(self.query),
            kind: self.kind,
            pay_to: self.pay_to,
            scheme: self.scheme,
            network: self.network,
            extensions: self.extensions,
            limit: limit(self.limit)?,
            offset,
        })
    }
}
