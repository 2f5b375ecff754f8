//! `GET /discovery/resources`: paid resources, as the caller's directory knows them.

use super::{Api, unavailable};
use async_trait::async_trait;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use farebox_wire::x402::DiscoveryPage;
use serde::Deserialize;

/// Rows of a page, where the request does not say, and at most.
const LIMIT_DEFAULT: u64 = 100;
const LIMIT_MAX: u64 = 1_000;
/// Where the rows come from.
#[async_trait]
pub trait Discovery: Send + Sync {
    /// The rows that fit, in a stable order.
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    #[serde(rename = "type")]
    kind: Option<String>,
    pay_to: Option<String>,
    scheme: Option<String>,
    network: Option<String>,
    extensions: Option<String>,
    limit: Option<u64>,
    offset: Option<u64>,
}

/// 200 with a page; 400 for a number that is none; 503 when there is no list.
pub(super) async fn handle(
    State(api): State<Api>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let query = match asked {
        Ok(Query(asked)) => asked.query(),
        Err(error) => {
            let body = ErrorBody::new("invalid_parameter", error.body_text());
            return (StatusCode::BAD_REQUEST, Json(body)).into_response();
        }
    };
    match api.discovery.resources(&query).await {
        Ok(page) => Json(page).into_response(),
        Err(error) => unavailable(ErrorBody::new("unavailable", error.to_string())),
    }
}

impl Asked {
    fn query(self) -> DiscoveryQuery {
        DiscoveryQuery {
            kind: self.kind,
            pay_to: self.pay_to,
            scheme: self.scheme,
            network: self.network,
            extensions: self.extensions,
            limit: self.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX),
            offset: self.offset.unwrap_or_default(),
        }
    }
}
