//! `GET /api/services`: browse and search services.

use super::answer::unavailable;
use super::catalogue::{Catalogue, Service};
use super::parameters::ListParameters;
use super::query::ServicesQuery;
use super::services::Services;
use super::view::{MinimalView, ServiceView};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// Lists services, those that take payment unless `status` says otherwise.
///
/// What is shown is paid by L402, as clients of this API expect; `protocol` opens the other rails.
/// 200 with `services`, the exact `total`, `limit` and `offset`; 400 `invalid_parameter` names every
/// parameter that is unknown, repeated, malformed or out of range.
#[utoipa::path(
    get,
    path = "/api/services",
    tag = "services",
    params(ListParameters),
    responses(
        (status = 200, description = "The services", body = ServiceList),
        (status = 400, description = "A parameter is wrong", body = ErrorBody),
        (status = 503, description = "The database does not answer", body = ErrorBody),
    )
)]
pub(super) async fn list(State(services): State<Services>, RawQuery(raw): RawQuery) -> Response {
    let query = match ServicesQuery::parse(raw.as_deref().unwrap_or_default()) {
        Ok(query) => query,
        Err(error) => return (StatusCode::BAD_REQUEST, Json(error.body())).into_response(),
    };
    let catalogue = match services.catalogue().await {
        Ok(catalogue) => catalogue,
        Err(error) => return unavailable(&error),
    };
    let found = found(&catalogue, &query);
    let (limit, offset, total) = (query.limit, query.offset, found.len());
    let page = found.into_iter().skip(offset).take(limit);
    if query.is_minimal {
        let services = page.map(|service| MinimalView::of(service, query.rail)).collect();
        return Json(List { services, total, limit, offset }).into_response();
    }
    let services = page.map(|service| ServiceView::of(service, query.rail)).collect();
    Json(List { services, total, limit, offset }).into_response()
}

fn found<'a>(catalogue: &'a Catalogue, query: &ServicesQuery) -> Vec<&'a Service> {
    let candidates = match &query.search {
        Some(words) => catalogue.search(words),
        None => catalogue.services().collect(),
    };
    let is_wanted = |service: &&Service| {
        service.listings(query.rail).next().is_some()
            && query.statuses.contains(&service.status(query.rail))
            && query.category.as_ref().is_none_or(|category| service.is_within(category))
    };
    candidates.into_iter().filter(is_wanted).collect()
}

#[derive(Serialize)]
struct List<T> {
    services: Vec<T>,
    total: usize,
    limit: usize,
    offset: usize,
}

/// A page of services.
#[derive(ToSchema)]
#[schema(as = ManagedServiceList)]
#[expect(dead_code, reason = "describes the list for the OpenAPI document")]
struct ServiceList<'a> {
    services: Vec<Shown<'a>>,
    /// How many there are in all.
    total: usize,
    limit: usize,
    offset: usize,
}

/// A service, in the form that was asked for.
#[derive(ToSchema)]
#[schema(as = ServiceInList)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the list for the OpenAPI document")]
enum Shown<'a> {
    Full(ServiceView<'a>),
    Minimal(MinimalView<'a>),
}
