//! `POST /api/submit`: lists a service, once for each payment.

use super::answer::{error, unavailable};
use super::ownership::{Asker, Conflict, conflicts};
use super::schema::{Fault, refusal};
use super::services::Services;
use super::submission::{BODY_LEN_MAX, Submission};
use super::write::{self, Listed, WriteError};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use farebox_store::{StoreError, Transaction};
use farebox_wire::api_error::ErrorBody;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Where services are submitted.
pub const SUBMIT_PATH: &str = "/api/submit";
/// A body that has not arrived by then is given up.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// Headers that show a payment.
const CREDENTIALS: [&str; 6] = [
    "authorization",
    "payment-authorization",
    "payment-signature",
    "x-payment",
    "macaroon",
    "grpc-metadata-macaroon",
];

/// What names the payment of a request, put into it by whoever stands in front of the handler: the
/// same for every repeat of one payment.
#[derive(Clone, Debug)]
pub struct PaymentReference(pub String);

/// Lists a service for good. Who gets here has paid; a repeat with the same payment gets the stored
/// answer.
///
/// The body is checked before any invoice is made: 400 `invalid_submission` names every field that is
/// wrong by its JSON pointer, 409 `already_listed` every URL that is somebody else's, 413 is for a body
/// that is too long. 402 says how to pay; the payment is bound to the body. 201 has the id and
/// the management key, which is shown this once. After a payment that could not be used (409, 503) the
/// same credential is good for the same body again.
#[utoipa::path(
    post,
    path = "/api/submit",
    tag = "services",
    request_body(content = Object, description = "See GET /api/schema", content_type = "application/json"),
    responses(
        (status = 201, description = "The service is listed", body = Submitted),
        (status = 400, description = "The submission has faults; nothing is charged", body = ErrorBody),
        (status = 409, description = "A URL is listed already; nothing is charged", body = ErrorBody),
        (status = 413, description = "The body is too long", body = ErrorBody),
        (status = 503, description = "The database does not answer; nothing is charged", body = ErrorBody),
    )
)]
pub(super) async fn submit(
    State(services): State<Services>,
    payment: Option<Extension<PaymentReference>>,
    body: Bytes,
) -> Response {
    let submission = match read(&services, &body) {
        Ok(submission) => submission,
        Err(response) => return *response,
    };
    let reference = payment.map(|Extension(PaymentReference(reference))| reference);
    let reviews = services.options().reviews_submissions;
    let snapshot = services.directory().snapshot();
    let write = move |change: &crate::Change<'_>| {
        write::list(change, &snapshot, &submission, reference, reviews)
    };
    match services.directory().change(write).await {
        Ok(listed) => created(&listed),
        Err(error) => refused(&error),
    }
}

/// Stands before the paywall: what cannot be listed is not sold.
pub(super) async fn screen(
    State(services): State<Services>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = match read_body(body).await {
        Ok(body) => body,
        Err(response) => return *response,
    };
    let submission = match read(&services, &body) {
        Ok(submission) => submission,
        Err(response) => return *response,
    };
    let shows_payment = shows_payment(&parts.headers);
    if !shows_payment && let Some(response) = taken(&services, &submission).await {
        return response;
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    // The paywall asks for money: only now is it known that this is no repeat of what was paid for.
    if shows_payment && response.status() == StatusCode::PAYMENT_REQUIRED {
        return taken(&services, &submission).await.unwrap_or(response);
    }
    response
}

/// The answer to a submission with URLs of others.
async fn taken(services: &Services, submission: &Submission) -> Option<Response> {
    let (endpoints, now) = (submission.endpoints.clone(), services.directory().now());
    let find = move |transaction: &Transaction<'_>| -> Result<Vec<Conflict>, StoreError> {
        conflicts(transaction, &endpoints, Asker::Anybody, now)
    };
    match services.directory().store().read(find).await {
        Ok(found) if found.is_empty() => None,
        Ok(found) => Some(refused(&WriteError::Conflicts(found))),
        Err(error) => Some(unavailable(&error)),
    }
}

pub(super) fn read(services: &Services, body: &[u8]) -> Result<Submission, Box<Response>> {
    let (schemas, urls) = (services.schemas(), &*services.options().urls);
    Submission::read(body, schemas, urls).map_err(|faults| {
        let body = refusal("invalid_submission", &faults);
        Box::new((StatusCode::BAD_REQUEST, Json(body)).into_response())
    })
}

fn shows_payment(headers: &HeaderMap) -> bool {
    CREDENTIALS.iter().any(|name| headers.contains_key(*name))
}

/// A whole body, or the answer to one that is none.
pub(super) async fn read_body(body: Body) -> Result<Bytes, Box<Response>> {
    let collect = Limited::new(body, BODY_LEN_MAX).collect();
    let (status, code, message) = match tokio::time::timeout(BODY_TIMEOUT, collect).await {
        Ok(Ok(collected)) => return Ok(collected.to_bytes()),
        Ok(Err(failure)) if failure.is::<LengthLimitError>() => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "request_too_large",
            format!("The body is larger than {BODY_LEN_MAX} bytes."),
        ),
        Ok(Err(_)) => {
            (StatusCode::BAD_REQUEST, "unreadable_body", "The request body broke off.".to_owned())
        }
        Err(_) => (
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            "The request body did not arrive in time.".to_owned(),
        ),
    };
    Err(Box::new(error(status, code, message)))
}

/// What was listed.
#[derive(Serialize, ToSchema)]
struct Submitted<'a> {
    service_id: &'a str,
    /// Changes the listing: `Authorization: Bearer {management_key}`. Shown this once.
    management_key: String,
    /// `active`, or `pending` until an admin has looked at it.
    #[schema(value_type = String)]
    status: &'static str,
    listing_ids: &'a [String],
    service_url: String,
    message: String,
}

fn created(listed: &Listed) -> Response {
    let Listed { service_id, is_pending, .. } = listed;
    let path = format!("/api/services/{service_id}");
    let shown = match is_pending {
        true => "An admin looks at it before it is shown.",
        false => "It is shown now, and with the first check among the live ones.",
    };
    let body = Submitted {
        service_id,
        management_key: listed.key.reveal_hex(),
        status: if *is_pending { "pending" } else { "active" },
        listing_ids: &listed.listing_ids,
        message: format!(
            "{shown} Save the management key: it is shown this once. PUT {path} with \
             Authorization: Bearer <management_key> changes the listing."
        ),
        service_url: path,
    };
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer to what was not written.
pub(super) fn refused(failure: &WriteError) -> Response {
    let faults = |status: StatusCode, code: &str, faults: Vec<Fault>| {
        (status, Json(refusal(code, &faults))).into_response()
    };
    match failure {
        WriteError::Conflicts(found) => {
            let named = found.iter().map(|one| Fault::new(&*one.pointer, one.message()));
            faults(StatusCode::CONFLICT, "already_listed", named.collect())
        }
        WriteError::ForeignHost(place) => {
            let reason = "is on a host that the service is not on; POST /api/submit lists others";
            let fault = Fault::new(format!("/endpoints/{place}/url"), reason);
            faults(StatusCode::CONFLICT, "foreign_host", vec![fault])
        }
        WriteError::TooManyListings => error(
            StatusCode::CONFLICT,
            "too_many_listings",
            "The service has more listings than one list replaces; change them one by one with \
             PATCH and DELETE /api/v1/services/{id}.",
        ),
        WriteError::UnknownService => error(
            StatusCode::NOT_FOUND,
            "not_found",
            "No service has the id; GET /api/services lists the ids.",
        ),
        WriteError::WrongKey => error(
            StatusCode::FORBIDDEN,
            "wrong_management_key",
            "The management key is not that of this service.",
        ),
        WriteError::Listing(reason) => {
            error(StatusCode::BAD_REQUEST, "invalid_submission", reason.to_string())
        }
        WriteError::Store(failure) => unavailable(failure),
    }
}

/// `GET /api/schema`: what a submission looks like.
///
/// 200 with a JSON Schema; submissions are checked by this very one.
#[utoipa::path(
    get,
    path = "/api/schema",
    tag = "services",
    responses((status = 200, description = "A JSON Schema of the year 2020", body = Value))
)]
pub(super) async fn schema(State(services): State<Services>) -> Response {
    crate::api::answer::json(services.schemas().published.clone())
}
