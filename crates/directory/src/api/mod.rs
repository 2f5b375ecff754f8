//! The REST views, one file per endpoint.

pub(crate) mod answer;
pub(crate) mod body;
mod categories;
pub(crate) mod document;
mod export;
mod health;
mod health_fields;
pub(crate) mod history;
mod opportunities;
pub(crate) mod row;
pub(crate) mod service;
mod services;
mod uptime;

use crate::Directory;
use axum::middleware::map_response;
use axum::response::Response;
use http::HeaderValue;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

/// The free JSON views: list, detail, categories, health. Any web page may read them.
pub fn routes(directory: Directory) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(services::services))
        .routes(routes!(service::service))
        .routes(routes!(history::history))
        .routes(routes!(categories::categories))
        .routes(routes!(health::health))
        .routes(routes!(opportunities::opportunities))
        .layer(map_response(open_to_all_origins))
        .with_state(directory)
}

/// Where the export is served.
pub const EXPORT_PATH: &str = "/api/v1/export.csv";

/// The export alone, apart because the server puts a paywall in front of it.
pub fn export_route(directory: Directory) -> UtoipaMethodRouter {
    routes!(export::export).with_state(directory)
}

pub(crate) async fn open_to_all_origins(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let exposed = HeaderValue::from_static("x-402index-search-degraded");
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    response
}
