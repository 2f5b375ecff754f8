//! `GET /api/health`: the services in counts, and what is sold.

use super::answer::unavailable;
use super::catalogue::{Catalogue, ServiceStatus};
use super::services::{Services, ServicesOptions};
use crate::Protocol;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use farebox_money::Sats;
use farebox_wire::api_error::ErrorBody;
use serde::Serialize;
use utoipa::ToSchema;

/// Shows how many services there are, how they stand, and what the directory's own paid endpoints
/// cost. As in lists, those paid by L402 are counted; `all_protocols` counts every one.
#[utoipa::path(
    get,
    path = "/api/health",
    operation_id = "services_health",
    tag = "services",
    responses(
        (status = 200, description = "The counts", body = Health),
        (status = 503, description = "The database does not answer", body = ErrorBody),
    )
)]
pub(super) async fn health(State(services): State<Services>) -> Response {
    match services.catalogue().await {
        Ok(catalogue) => Json(Health::of(&catalogue, services.options())).into_response(),
        Err(error) => unavailable(&error),
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = ServicesHealth)]
struct Health {
    #[schema(value_type = String)]
    status: &'static str,
    #[schema(value_type = String)]
    version: &'static str,
    total_services: usize,
    live_services: usize,
    degraded_services: usize,
    offline_services: usize,
    new_services: usize,
    total_endpoints: usize,
    /// Services on whatever rail.
    all_protocols: usize,
    pricing_tiers: PricingTiers,
}

#[derive(Serialize, ToSchema)]
struct PricingTiers {
    listing: Tier,
    report: Tier,
}

/// What something costs here.
#[derive(Serialize, ToSchema)]
struct Tier {
    #[schema(value_type = u64)]
    price_sats: Sats,
    #[schema(value_type = String)]
    model: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_expiry_seconds: Option<u64>,
}

impl Health {
    fn of(catalogue: &Catalogue, options: &ServicesOptions) -> Self {
        let rail = Some(Protocol::L402);
        let shown = || catalogue.services().filter(|one| one.listings(rail).next().is_some());
        let count = |status| shown().filter(|one| one.status(rail) == status).count();
        Self {
            status: "ok",
            version: env!("CARGO_PKG_VERSION"),
            total_services: shown().count(),
            live_services: count(ServiceStatus::Live),
            degraded_services: count(ServiceStatus::Degraded),
            offline_services: count(ServiceStatus::Offline),
            new_services: count(ServiceStatus::New),
            total_endpoints: shown().map(|one| one.listings(rail).count()).sum(),
            all_protocols: catalogue.services().count(),
            pricing_tiers: PricingTiers {
                listing: Tier {
                    price_sats: options.listing_price,
                    model: "pay-once-forever",
                    token_expiry_seconds: None,
                },
                report: Tier {
                    price_sats: options.report_price,
                    model: "time-bounded",
                    token_expiry_seconds: Some(options.report_token_s),
                },
            },
        }
    }
}
