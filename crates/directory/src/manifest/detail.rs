//! `GET /api/services/{service_id}`: everything that is known of a service.

use super::answer::{no_service, unavailable};
use super::catalogue::Service;
use super::history::{WindowView, last_day};
use super::services::Services;
use super::view::{ENDPOINTS_SHOWN_MAX, EndpointView, ServiceView};
use crate::history::{Chronicle, Slot};
use crate::{L402Format, Listing, Offer, Verification, store};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use farebox_store::{StoreError, Transaction};
use farebox_wire::api_error::ErrorBody;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Shows one service: what lists say of it, and for each endpoint on whatever rail what the last
/// check found, whether payment was verified, and the last 24 hours.
///
/// 200; 404 `not_found` when no service that is shown has the id.
#[utoipa::path(
    get,
    path = "/api/services/{service_id}",
    tag = "services",
    params(("service_id" = String, Path, description = "Of the service, as lists show it")),
    responses(
        (status = 200, description = "The service", body = Detail),
        (status = 404, description = "No service has the id", body = ErrorBody),
        (status = 503, description = "The database does not answer", body = ErrorBody),
    )
)]
pub(super) async fn detail(
    State(services): State<Services>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let id = id.map_or_else(|_| String::new(), |Path(id)| id);
    let catalogue = match services.catalogue().await {
        Ok(catalogue) => catalogue,
        Err(error) => return unavailable(&error),
    };
    let Some(service) = catalogue.get(&id) else { return no_service(&id) };
    let now = services.directory().now();
    match last_days(&services, service, now).await {
        Ok(histories) => Json(Detail::of(service, &histories, now)).into_response(),
        Err(error) => unavailable(&error),
    }
}

/// The histories of the last two days of each endpoint that is shown, in their order.
async fn last_days(
    services: &Services,
    service: &Service,
    now: Timestamp,
) -> Result<Vec<Chronicle>, StoreError> {
    let yesterday = Slot::at(now.as_millisecond()).day().minus(1);
    let listings = service.listings(None).take(ENDPOINTS_SHOWN_MAX);
    let ids: Vec<String> = listings.map(|listing| listing.id.clone()).collect();
    let read = move |transaction: &Transaction<'_>| store::chronicles(transaction, &ids, yesterday);
    services.directory().store().read(read).await
}

#[derive(Serialize, ToSchema)]
#[schema(as = ServiceFull)]
struct Detail<'a> {
    service_id: &'a str,
    #[serde(flatten)]
    service: ServiceView<'a>,
    uptime_24h: WindowView,
    /// In the order of `endpoints`.
    probes: Vec<EndpointProbe<'a>>,
    payment_verification: PaymentVerification,
}

/// What is known of the paywall of an endpoint.
#[derive(Serialize, ToSchema)]
struct EndpointProbe<'a> {
    #[serde(flatten)]
    endpoint: EndpointView<'a>,
    probe: Option<Probe>,
    l402: Option<L402Probe<'a>>,
    payment_verification: EndpointVerification<'a>,
    uptime_24h: WindowView,
}

/// The last check.
#[derive(Serialize, ToSchema)]
struct Probe {
    checked_at: Timestamp,
    http_status: Option<u16>,
    response_time_ms: Option<u32>,
    error_message: Option<String>,
}

/// What an L402 endpoint's challenge looks like.
#[derive(Serialize, ToSchema)]
struct L402Probe<'a> {
    /// How the macaroon is written.
    #[schema(value_type = Option<L402Format>)]
    format: Option<&'static str>,
    compliant: Option<bool>,
    degrade_reason: Option<&'a str>,
    lnget_compatible: Option<bool>,
}

/// How sure the directory is that the service takes payment.
#[derive(Serialize, ToSchema)]
struct PaymentVerification {
    verified: bool,
    /// `domain`, `payment` or `none`: that of the surest endpoint.
    #[schema(value_type = String)]
    method: &'static str,
    verified_endpoints: usize,
}

/// The same of an endpoint.
#[derive(Serialize, ToSchema)]
struct EndpointVerification<'a> {
    verified: bool,
    /// `domain`: the provider proved that the host is theirs. `payment`: the challenge can be paid.
    #[schema(value_type = String)]
    method: &'static str,
    x402_payment_valid: Option<bool>,
    x402_facilitator_reachable: Option<bool>,
    x402_asset_known: Option<bool>,
    /// The ways to pay, as last seen.
    #[schema(value_type = Vec<Object>)]
    offers: &'a [Offer],
}

impl<'a> Detail<'a> {
    fn of(service: &'a Service, histories: &[Chronicle], now: Timestamp) -> Self {
        let listings = service.listings(None).take(ENDPOINTS_SHOWN_MAX);
        let probe = |(listing, history): (&'a Listing, &Chronicle)| {
            EndpointProbe::of(service, listing, history, now)
        };
        let best = service.listings(None).map(Listing::verification).min();
        let method = method(best.unwrap_or(Verification::None));
        let is_verified = |listing: &&Listing| listing.verification() != Verification::None;
        Self {
            service_id: &service.id,
            service: ServiceView::of(service, None),
            uptime_24h: last_day(histories.iter(), now),
            probes: listings.zip(histories).map(probe).collect(),
            payment_verification: PaymentVerification {
                verified: best.is_some_and(|best| best != Verification::None),
                method,
                verified_endpoints: service.listings(None).filter(is_verified).count(),
            },
        }
    }
}

impl<'a> EndpointProbe<'a> {
    fn of(service: &'a Service, listing: &'a Listing, history: &Chronicle, now: Timestamp) -> Self {
        let facts = &listing.facts;
        let verification = listing.verification();
        let l402 = (facts.protocol == crate::Protocol::L402).then(|| L402Probe {
            format: facts.l402_format.map(L402Format::name),
            compliant: facts.l402_compliant,
            degrade_reason: facts.l402_degrade_reason.as_deref(),
            lnget_compatible: facts.lnget_compatible,
        });
        Self {
            endpoint: EndpointView::of(service, listing),
            probe: history.recent.first().map(|seen| Probe {
                checked_at: seen.check.checked_at,
                http_status: seen.check.http_status,
                response_time_ms: seen.check.response_time_ms,
                error_message: seen.check.error_message.clone(),
            }),
            l402,
            payment_verification: EndpointVerification {
                verified: verification != Verification::None,
                method: method(verification),
                x402_payment_valid: facts.x402_payment_valid,
                x402_facilitator_reachable: facts.x402_facilitator_reachable,
                x402_asset_known: facts.x402_asset_known,
                offers: &listing.offers,
            },
            uptime_24h: last_day(std::iter::once(history), now),
        }
    }
}

const fn method(verification: Verification) -> &'static str {
    match verification {
        Verification::Domain => "domain",
        Verification::Payment => "payment",
        Verification::None => "none",
    }
}
