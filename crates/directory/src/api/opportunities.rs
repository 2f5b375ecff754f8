//! `GET /api/v1/opportunities`: where something is missing.

use super::answer::invalid_query;
use crate::query::{QueryError, read_parameters, values};
use crate::snapshot::Coverage;
use crate::{Directory, HealthStatus, Protocol, Snapshot};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct OpportunityList<'a> {
    /// Categories with fewer than five endpoints that are not known to be down.
    poor_coverage: Vec<CategoryGap<'a>>,
    /// Categories that some rails do not serve.
    missing_protocols: Vec<CategoryGap<'a>>,
    /// Categories that hang on one provider.
    single_provider: Vec<CategoryGap<'a>>,
    /// Endpoints that are down, the longest first.
    failing_services: Vec<FailingService<'a>>,
    /// Whether sample data is counted as well.
    sample_data: bool,
}

#[derive(Serialize, ToSchema)]
struct CategoryGap<'a> {
    category: &'a str,
    endpoints: usize,
    /// Endpoints that are not known to be down.
    callable: usize,
    /// Distinct hosts.
    providers: usize,
    /// The only host; null where there are several.
    provider: Option<&'a str>,
    #[schema(value_type = Vec<Protocol>)]
    protocols: Vec<&'static str>,
    #[schema(value_type = Vec<Protocol>)]
    missing_protocols: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct FailingService<'a> {
    id: &'a str,
    name: &'a str,
    url: &'a str,
    #[schema(value_type = Protocol)]
    protocol: &'static str,
    category: &'a str,
    #[schema(value_type = HealthStatus)]
    health_status: &'static str,
    consecutive_failures: u32,
    last_checked: Option<Timestamp>,
    last_seen_healthy: Option<Timestamp>,
}

/// Gaps of the market: categories with poor coverage, rails that nobody offers, categories that
/// hang on one provider, endpoints that fail. At most 100 of each.
#[utoipa::path(
    get,
    path = "/api/v1/opportunities",
    tag = "directory",
    params(("protocol" = Option<Protocol>, Query, description = "Looks at one rail alone")),
    responses(
        (status = 200, description = "Where something is missing", body = OpportunityList),
        (status = 400, description = "Parameters that cannot be used, each named", body = ErrorBody),
    )
)]
pub(super) async fn opportunities(
    State(directory): State<Directory>,
    RawQuery(raw): RawQuery,
) -> Response {
    let snapshot = directory.snapshot();
    match read(raw.as_deref().unwrap_or_default()) {
        Ok(protocol) => Json(OpportunityList::of(&snapshot, protocol)).into_response(),
        Err(error) => invalid_query(&error),
    }
}

fn read(raw: &str) -> Result<Option<Protocol>, QueryError> {
    let mut protocol = None;
    read_parameters(raw, &["protocol"], |_, value| {
        protocol = Some(values::word(value, &Protocol::ALL, Protocol::name)?);
        Ok(())
    })?;
    Ok(protocol)
}

impl<'a> OpportunityList<'a> {
    fn of(snapshot: &'a Snapshot, protocol: Option<Protocol>) -> Self {
        let found = snapshot.opportunities(protocol);
        let gaps = |entries: &'a [Coverage]| entries.iter().map(CategoryGap::of).collect();
        let failing = found.failing.iter().filter_map(|id| snapshot.get(id));
        Self {
            poor_coverage: gaps(&found.poor_coverage),
            missing_protocols: gaps(&found.missing_protocols),
            single_provider: gaps(&found.single_provider),
            failing_services: failing.map(|entry| FailingService::of(entry.listing())).collect(),
            sample_data: snapshot.stats().samples > 0,
        }
    }
}

impl<'a> CategoryGap<'a> {
    fn of(coverage: &'a Coverage) -> Self {
        let names = |rails: &[Protocol]| rails.iter().map(|rail| rail.name()).collect();
        Self {
            category: &coverage.category,
            endpoints: coverage.endpoints,
            callable: coverage.callable,
            providers: coverage.providers,
            provider: (coverage.providers == 1).then_some(&*coverage.provider),
            protocols: names(&coverage.protocols),
            missing_protocols: names(&coverage.missing),
        }
    }
}

impl<'a> FailingService<'a> {
    fn of(listing: &'a crate::Listing) -> Self {
        let (facts, health) = (&listing.facts, &listing.health);
        Self {
            id: &listing.id,
            name: &facts.name,
            url: &facts.url,
            protocol: facts.protocol.name(),
            category: &facts.category,
            health_status: health.status.name(),
            consecutive_failures: health.consecutive_failures,
            last_checked: health.last_checked,
            last_seen_healthy: health.last_seen_healthy,
        }
    }
}
