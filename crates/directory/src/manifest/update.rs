//! `PUT /api/services/{service_id}`: changes a service for whoever holds its key.

use super::answer::{error, unavailable};
use super::schema::refusal;
use super::services::Services;
use super::submission::Update;
use super::submit::{read_body, refused};
use super::view::ServiceView;
use super::{ManagementKey, change};
use crate::http_answer::bearer;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

/// Changes any of `description`, `contact`, `docs_url`, `categories` and `endpoints`; a list of
/// endpoints takes the place of all that the service had.
///
/// 200 with the service; 400 `invalid_update` names every field that is wrong by its JSON pointer;
/// 401 without a key, 403 with another's; 404 when no service has the id; 409 when a URL is somebody
/// else's; 413 for a body that is too long. Odd texts are looked at by an admin before they show.
#[utoipa::path(
    put,
    path = "/api/services/{service_id}",
    tag = "services",
    params(("service_id" = String, Path, description = "Of the service")),
    security(("management_key" = [])),
    request_body(content = Object, description = "Some fields of GET /api/schema", content_type = "application/json"),
    responses(
        (status = 200, description = "The service as it is now", body = ServiceView),
        (status = 400, description = "The update has faults", body = ErrorBody),
        (status = 401, description = "No management key is shown", body = ErrorBody),
        (status = 403, description = "The key is not that of the service", body = ErrorBody),
        (status = 404, description = "No service has the id", body = ErrorBody),
        (status = 409, description = "A URL is listed in another service", body = ErrorBody),
        (status = 413, description = "The body is too long", body = ErrorBody),
        (status = 503, description = "The database does not answer", body = ErrorBody),
    )
)]
pub(super) async fn update(
    State(services): State<Services>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let id = id.map_or_else(|_| String::new(), |Path(id)| id);
    let Some(key) = bearer(&headers).and_then(ManagementKey::parse) else { return unauthorised() };
    let body = match read_body(body).await {
        Ok(body) => body,
        Err(response) => return *response,
    };
    let (schemas, urls) = (services.schemas(), &*services.options().urls);
    let update = match Update::read(&body, schemas, urls) {
        Ok(update) => update,
        Err(faults) => {
            let body = refusal("invalid_update", &faults);
            return (StatusCode::BAD_REQUEST, Json(body)).into_response();
        }
    };
    let snapshot = services.directory().snapshot();
    let service_id = id.clone();
    let write = move |under_way: &crate::Change<'_>| {
        change::update(under_way, &snapshot, &service_id, &key, &update)
    };
    match services.directory().change(write).await {
        Ok(()) => updated(&services, &id).await,
        Err(error) => refused(&error),
    }
}

async fn updated(services: &Services, id: &str) -> Response {
    match services.catalogue().await {
        Ok(catalogue) => match catalogue.get(id) {
            Some(service) => Json(ServiceView::of(service, None)).into_response(),
            None => {
                let text = "Nothing of it is shown until an admin has looked at it.";
                Json(json!({ "id": id, "status": "pending", "message": text })).into_response()
            }
        },
        Err(error) => unavailable(&error),
    }
}

fn unauthorised() -> Response {
    let text = "Send the management key of the service: Authorization: Bearer <management_key>.";
    let mut response = error(StatusCode::UNAUTHORIZED, "management_key_required", text);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}
