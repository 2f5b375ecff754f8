//! How the windows of a listing's history are shown.

use crate::history::Figures;
use serde::Serialize;
use utoipa::ToSchema;

/// Each window with its figures. A slot has five minutes, and counts once by its worst check.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Uptime {
    #[serde(rename = "24h")]
    hours_24: WindowFigures,
    #[serde(rename = "7d")]
    days_7: WindowFigures,
    #[serde(rename = "30d")]
    days_30: WindowFigures,
    /// The day under way, by UTC, and the 89 before it.
    #[serde(rename = "90d")]
    days_90: WindowFigures,
}

/// How a window went.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
struct WindowFigures {
    /// From 0 to 1: `healthy` of `judged`, rounded down to four decimals; null without any.
    ratio: Option<f64>,
    /// Slots in which it could have been paid.
    healthy: u32,
    /// Slots that say something about the endpoint.
    judged: u32,
    /// Slots in which it answered, whatever it said.
    reachable: u32,
    /// The median time to the first byte of a challenge that could have been paid, at most 2.3 % off.
    latency_p50_ms: Option<u32>,
    /// What 95 of a hundred did not exceed.
    latency_p95_ms: Option<u32>,
}

impl Uptime {
    pub(crate) fn of(windows: [Figures; 4]) -> Self {
        let [hours_24, days_7, days_30, days_90] = windows.map(WindowFigures::of);
        Self { hours_24, days_7, days_30, days_90 }
    }
}

impl WindowFigures {
    fn of(figures: Figures) -> Self {
        Self {
            ratio: figures.uptime(),
            healthy: figures.counts.healthy,
            judged: figures.counts.judged,
            reachable: figures.counts.reachable,
            latency_p50_ms: figures.latency_p50_ms,
            latency_p95_ms: figures.latency_p95_ms,
        }
    }
}
