//! What the detail of a listing says about its health.

use super::uptime::Uptime;
use crate::{Figures, HealthStatus, Listing, Observation, Reason};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(super) struct HealthFields {
    #[schema(value_type = HealthStatus)]
    health_status: &'static str,
    uptime_30d: Option<f64>,
    /// By window, up to the last check.
    uptime: Uptime,
    latency_p50_ms: Option<u32>,
    /// What 95 of a hundred challenges that could have been paid did not exceed, over 30 days.
    latency_p95_ms: Option<u32>,
    last_checked: Option<Timestamp>,
    last_seen_healthy: Option<Timestamp>,
    consecutive_failures: u32,
    consecutive_latency_spikes: u32,
    reliability_score: Option<f64>,
    /// Why the last check came to its verdict, those that matter most first.
    health_reasons: Vec<Reason>,
    health_checks: Vec<HealthCheck>,
}

#[derive(Serialize, ToSchema)]
struct HealthCheck {
    /// Which of the listing's checks it is, counted from 1.
    id: i64,
    checked_at: Timestamp,
    #[schema(value_type = HealthStatus)]
    status: &'static str,
    response_time_ms: Option<u32>,
    http_status: Option<u16>,
    error_message: Option<String>,
    /// Why the verdict is what it is, those that matter most first.
    reasons: Vec<Reason>,
}

impl HealthFields {
    pub(super) fn of(listing: &Listing) -> Self {
        let health = &listing.health;
        let recent = health.recent();
        let newest = recent.first().map(|seen| seen.check.reasons.clone());
        let [_, _, Figures { latency_p95_ms, .. }, _] = health.windows;
        Self {
            health_status: health.status.name(),
            uptime_30d: health.uptime_30d,
            uptime: Uptime::of(health.windows),
            latency_p50_ms: health.latency_p50_ms,
            latency_p95_ms,
            last_checked: health.last_checked,
            last_seen_healthy: health.last_seen_healthy,
            consecutive_failures: health.consecutive_failures,
            consecutive_latency_spikes: health.consecutive_latency_spikes,
            reliability_score: health.reliability_score,
            health_reasons: newest.unwrap_or_default(),
            health_checks: recent.into_iter().map(HealthCheck::of).collect(),
        }
    }
}

impl HealthCheck {
    fn of(seen: Observation) -> Self {
        let Observation { id, check } = seen;
        Self {
            id,
            checked_at: whole_second(check.checked_at),
            status: check.healthy.name(),
            response_time_ms: check.response_time_ms,
            http_status: check.http_status,
            error_message: check.error_message,
            reasons: check.reasons,
        }
    }
}

fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_millisecond().div_euclid(1_000)).unwrap_or(time)
}
