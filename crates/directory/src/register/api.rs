//! `POST /api/v1/register`.

use super::rules::RegisterError;
use super::{Found, Outcome, read, register};
use crate::api::answer::{failed, invalid_query, refusal};
use crate::api::service::{Detail, detail};
use crate::check::{Checker, payable_offers};
use crate::text::content_flags;
use crate::validate::{Diagnostic, ValidateRequest, Validation, validate};
use crate::{Listing, Protocol};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::{ApiError, ErrorBody};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A paid endpoint.
#[derive(ToSchema)]
#[schema(as = RegisterRequest)]
#[expect(dead_code, reason = "the shape of what `read` reads")]
struct Asked {
    #[schema(max_length = 2048)]
    url: String,
    #[schema(max_length = 200)]
    name: String,
    /// `L402`, `x402` or `MPP`, in either case.
    protocol: String,
    /// `GET`, `POST`, `PUT` or `DELETE`; `GET` unless said.
    http_method: Option<String>,
    /// JSON that gets as far as the paywall, as a text.
    #[schema(max_length = 16384)]
    probe_body: Option<String>,
    #[schema(max_length = 2000)]
    description: Option<String>,
    #[schema(minimum = 0)]
    price_sats: Option<u64>,
    #[schema(minimum = 0)]
    price_usd: Option<f64>,
    #[schema(max_length = 100)]
    payment_asset: Option<String>,
    #[schema(max_length = 100)]
    payment_network: Option<String>,
    #[schema(max_length = 100)]
    category: Option<String>,
    #[schema(max_length = 100)]
    provider: Option<String>,
    /// Never shown.
    #[schema(max_length = 254)]
    contact_email: Option<String>,
}

/// What a registration is answered: the fields of the listing, and these.
#[derive(Serialize, ToSchema)]
struct Registered {
    /// The listing.
    #[serde(flatten)]
    #[schema(value_type = Detail<'_>)]
    service: Value,
    verification: Verification,
    /// Listings of the same endpoint on other rails that were found; they wait for review too.
    #[schema(value_type = Vec<Detail<'_>>)]
    also_registered: Vec<Value>,
    /// Fields of the request that nothing read.
    ignored_fields: Vec<String>,
    message: &'static str,
}

/// What the check of a registration found.
#[derive(Serialize, ToSchema)]
#[schema(as = RegistrationCheck)]
struct Verification {
    verified: bool,
    #[schema(value_type = Protocol)]
    protocol: &'static str,
    http_method: String,
    #[serde(flatten)]
    probe: Diagnostic,
}

/// Why a registration was not taken.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NotVerified {
    error: ApiError,
    probe: Diagnostic,
    /// What is wrong, with the way to mend it.
    faults: Vec<FaultLine>,
    /// A protocol that the endpoint does speak.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Protocol>)]
    suggested_protocol: Option<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct FaultLine {
    code: &'static str,
    message: String,
    fix: String,
}

/// Registers an endpoint. It is looked at first; an admin looks at it before it is shown. The same
/// endpoint and protocol again brings the record up to date.
#[utoipa::path(
    post,
    path = "/api/v1/register",
    tag = "provider",
    request_body = Asked,
    responses(
        (status = 201, description = "It waits for review", body = Registered),
        (status = 400, description = "Fields that are missing or cannot be used, each named", body = ErrorBody),
        (status = 422, description = "The endpoint does not speak the protocol; says what it does", body = NotVerified),
        (status = 429, description = "Too many registrations of this client in an hour", body = ErrorBody),
        (status = 503, description = "The directory cannot take it now", body = ErrorBody),
    ),
)]
pub(super) async fn register_endpoint(State(checker): State<Checker>, body: Bytes) -> Response {
    let registration = match read(&body) {
        Ok(registration) => registration,
        Err(error) => return invalid_query(&error),
    };
    let facts = &registration.facts;
    let protocol = facts.protocol;
    let request = ValidateRequest {
        url: facts.url.clone(),
        method: facts.method.as_deref().and_then(|method| method.parse().ok()),
        probe_body: facts.probe_body.clone(),
        protocol: Some(protocol),
        input_schema: facts.input_schema.clone(),
        tries_other_methods: facts.method.is_none(),
    };
    let now = checker.directory().now();
    let validation = match validate(checker.client(), request, now).await {
        Ok(validation) => validation,
        Err(refused) => {
            let message = format!("{refused}: {}.", refused.hint());
            return not_verified(refused.code(), message, Diagnostic::default(), Vec::new(), None);
        }
    };
    if !validation.is_payable_by(protocol) {
        return refuse(protocol, &validation);
    }
    let known = checker.directory().snapshot();
    let found = Found {
        offers: payable_offers(&validation),
        content_flags: content_flags(&registration.facts, known.known_names()),
    };
    let ignored = registration.ignored.clone();
    let taken = checker.directory().change(move |change| register(change, registration, &found));
    match taken.await {
        Ok(outcome) => registered(&outcome, &validation, ignored),
        Err(RegisterError::Listing(error)) => {
            refusal(StatusCode::BAD_REQUEST, "invalid_parameter", error.to_string())
        }
        Err(RegisterError::Store(error)) => failed(&error),
    }
}

fn registered(outcome: &Outcome, validation: &Validation, ignored_fields: Vec<String>) -> Response {
    let show = |listing: &Listing| detail(listing, std::iter::empty());
    let message = match (outcome.listing.status, outcome.has_proposal) {
        (crate::ListingStatus::Active, true) => {
            "The endpoint is listed already; your changes of its texts wait for review. The owner \
             of a claimed domain edits listings at once with PATCH."
        }
        (crate::ListingStatus::Active, false) => "The endpoint is listed already as it is.",
        _ => "The registration is pending review.",
    };
    let body = Registered {
        service: show(&outcome.listing),
        verification: Verification {
            verified: true,
            protocol: outcome.listing.facts.protocol.name(),
            http_method: validation.method().to_owned(),
            probe: validation.diagnostic(),
        },
        also_registered: outcome.also_registered.iter().map(show).collect(),
        ignored_fields,
        message,
    };
    (StatusCode::CREATED, Json(body)).into_response()
}

fn refuse(protocol: Protocol, validation: &Validation) -> Response {
    let suggested = validation.suggested_protocol();
    let message = why_not(protocol, validation, suggested);
    let report = validation.report().into_iter();
    let rails = report.clone().flat_map(|report| &report.rails);
    let of_rail = rails.filter(|rail| Protocol::from(rail.rail) == protocol);
    let faults = of_rail.flat_map(|rail| &rail.faults).chain(report.flat_map(|one| &one.faults));
    let line = |fault: &farebox_wire::probe::Fault| FaultLine {
        code: fault.code,
        message: fault.message.clone(),
        fix: fault.fix.clone(),
    };
    let faults = faults.map(line).collect();
    let probe = validation.diagnostic();
    not_verified("protocol_not_verified", message, probe, faults, suggested)
}

fn why_not(protocol: Protocol, validation: &Validation, suggested: Option<Protocol>) -> String {
    let rail = protocol.name();
    let seen = match (&validation.seen, suggested) {
        (Err(error), _) => return format!("{error}: {}.", error.hint()),
        (Ok(_), Some(other)) => {
            let other = other.name();
            return format!(
                "The endpoint asks for payment by {other}, not by {rail}; register it as {other}."
            );
        }
        (Ok(probe), None) => probe.report.message,
    };
    let next = "POST /api/v1/validate says what to mend";
    format!("The endpoint cannot be paid by {rail} now. {seen} {next}.")
}

fn not_verified(
    code: &str,
    message: String,
    probe: Diagnostic,
    faults: Vec<FaultLine>,
    suggested: Option<Protocol>,
) -> Response {
    let ErrorBody { error } = ErrorBody::new(code, message);
    let suggested_protocol = suggested.map(Protocol::name);
    let body = NotVerified { error, probe, faults, suggested_protocol };
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!(body))).into_response()
}
