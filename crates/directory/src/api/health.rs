//! `GET /api/v1/health`: the state of the directory in counts.

use crate::prober::SweepReport;
use crate::{Counts, Directory, Stats, import};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use farebox_store::Transaction;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Sources of which it is said when a list of theirs was last imported to the end.
const SYNCED: [&str; 4] = ["bazaar", "satring", "l402apps", "mpp"];

/// Shows how many listings, hosts and providers there are, by rail, verdict and source.
///
/// A service is a host. `distinct_providers` leaves out hosts that have nothing but URL
/// templates and demos; the `excluded_` counts say how many listings those are.
#[utoipa::path(
    get,
    path = "/api/v1/health",
    tag = "directory",
    responses((status = 200, description = "Counts, and when each was last brought up to date", body = Health))
)]
pub(super) async fn health(State(directory): State<Directory>) -> Response {
    let read = |transaction: &Transaction<'_>| import::last_syncs(transaction, &SYNCED);
    let syncs = directory.store().read(read).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "when lists were imported cannot be read");
        [None; SYNCED.len()]
    });
    let snapshot = directory.snapshot();
    let sweep = directory.sweep_figures().report(directory.now());
    Json(Health::of(snapshot.stats(), syncs, sweep)).into_response()
}

#[derive(Serialize, ToSchema)]
#[schema(as = DirectoryHealth)]
struct Health<'a> {
    status: &'static str,
    version: &'static str,
    sample_data: bool,
    total_endpoints: usize,
    distinct_services: usize,
    distinct_providers_raw: usize,
    distinct_providers: usize,
    excluded_templates: usize,
    excluded_demos: usize,
    #[schema(value_type = BTreeMap<String, Rail>)]
    by_protocol: BTreeMap<&'static str, Rail>,
    #[schema(value_type = BTreeMap<String, usize>)]
    by_health: &'a BTreeMap<&'static str, usize>,
    #[schema(value_type = BTreeMap<String, usize>)]
    by_source: &'a BTreeMap<String, usize>,
    last_bazaar_sync: Option<Timestamp>,
    last_satring_sync: Option<Timestamp>,
    last_l402apps_sync: Option<Timestamp>,
    last_mpp_sync: Option<Timestamp>,
    last_health_check_run: Option<Timestamp>,
    sweep: Sweep,
}

/// How the probing by this server goes. Where several share a database, each has a share.
#[derive(Serialize, ToSchema)]
#[schema(as = SweepHealth)]
struct Sweep {
    /// `off`, `running`, or `cut_off` while this server's own network seems to fail.
    state: &'static str,
    /// Endpoints of its share: a URL and method, whatever rails it is listed on.
    endpoints: usize,
    /// Probes of the last 60 seconds.
    probes_per_minute: u64,
    /// How long the endpoint that was probed last had been due, in seconds.
    lag_seconds: i64,
    /// Probes under way.
    under_way: usize,
    /// When results were last recorded.
    last_recorded: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RailHealth)]
struct Rail {
    endpoints: usize,
    services: usize,
    providers_raw: usize,
    providers: usize,
}

impl<'a> Health<'a> {
    fn of(
        stats: &'a Stats,
        syncs: [Option<Timestamp>; SYNCED.len()],
        sweep: SweepReport,
    ) -> Self {
        let [bazaar, satring, l402apps, mpp] = syncs;
        let rails = stats.by_protocol.iter();
        Self {
            status: "ok",
            version: env!("CARGO_PKG_VERSION"),
            sample_data: stats.samples > 0,
            total_endpoints: stats.total.endpoints,
            distinct_services: stats.total.hosts,
            distinct_providers_raw: stats.total.hosts,
            distinct_providers: stats.total.hosts_callable,
            excluded_templates: stats.templates,
            excluded_demos: stats.demos,
            by_protocol: rails.map(|(rail, counts)| (rail.name(), Rail::of(*counts))).collect(),
            by_health: &stats.by_health,
            by_source: &stats.by_source,
            last_bazaar_sync: bazaar,
            last_satring_sync: satring,
            last_l402apps_sync: l402apps,
            last_mpp_sync: mpp,
            last_health_check_run: stats.last_check,
            sweep: Sweep::of(sweep),
        }
    }
}

impl Sweep {
    const fn of(report: SweepReport) -> Self {
        let state = match (report.is_running, report.is_cut_off) {
            (false, _) => "off",
            (true, false) => "running",
            (true, true) => "cut_off",
        };
        Self {
            state,
            endpoints: report.endpoints,
            probes_per_minute: report.probes_per_minute,
            lag_seconds: report.lag_ms / 1_000,
            under_way: report.under_way,
            last_recorded: report.recorded_at,
        }
    }
}

impl Rail {
    fn of(counts: Counts) -> Self {
        Self {
            endpoints: counts.endpoints,
            services: counts.hosts,
            providers_raw: counts.hosts,
            providers: counts.hosts_callable,
        }
    }
}
