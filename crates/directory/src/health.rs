//! What checks say about a listing.

use crate::history::{Figures, Outcome};
use crate::recent::Recent;
use crate::text::clean::{NAME_LEN_MAX, clean_optional, clean_text};
use crate::{HealthStatus, REASONS_MAX, Reason};
use jiff::Timestamp;

/// Characters of a reason's code at most.
const REASON_CODE_LEN_MAX: usize = 64;

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// When it was made.
    pub checked_at: Timestamp,
    /// The verdict.
    pub healthy: HealthStatus,
    /// What the probe came to, which is what the history remembers.
    pub outcome: Outcome,
    /// Until the first byte of the answer, where one came.
    pub response_time_ms: Option<u32>,
    /// The status of the answer, where one came.
    pub http_status: Option<u16>,
    /// What was wrong, in words: untrusted text.
    pub error_message: Option<String>,
    /// Why the verdict is what it is, those that matter most first.
    pub reasons: Vec<Reason>,
}

impl Check {
    /// The least that a check says; everything else is absent.
    #[must_use]
    pub const fn new(checked_at: Timestamp, healthy: HealthStatus, outcome: Outcome) -> Self {
        Self {
            checked_at,
            healthy,
            outcome,
            response_time_ms: None,
            http_status: None,
            error_message: None,
            reasons: Vec::new(),
        }
    }

    /// The same with its texts cleaned and cut.
    #[must_use]
    pub(crate) fn cleaned(mut self) -> Self {
        self.error_message = clean_optional(self.error_message.as_deref(), NAME_LEN_MAX);
        self.reasons.truncate(REASONS_MAX);
        for reason in &mut self.reasons {
            reason.code = clean_text(&reason.code, REASON_CODE_LEN_MAX);
            reason.message = clean_text(&reason.message, NAME_LEN_MAX);
            reason.fix = clean_text(&reason.fix, NAME_LEN_MAX);
        }
        self
    }

    /// Whether callers were kept away.
    #[must_use]
    pub(crate) fn is_failure(&self) -> bool {
        self.healthy == HealthStatus::Down
            || (self.outcome.is_judged() && !self.outcome.is_reachable())
    }
}

/// A check that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Which of the listing's checks it is, counted from 1.
    pub id: i64,
    /// What was found. Its time is at least a millisecond after the check before it.
    pub check: Check,
}

/// What the checks of a listing add up to.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// The last verdict.
    pub status: HealthStatus,
    /// When the last check was made.
    pub last_checked: Option<Timestamp>,
    /// When a check last found it healthy.
    pub last_seen_healthy: Option<Timestamp>,
    /// From 0 to 1: the share of the judged slots in which it could have been paid.
    pub uptime_30d: Option<f64>,
    /// The median time to the first byte of a challenge that could be paid, over 30 days.
    pub latency_p50_ms: Option<u32>,
    /// Checks in a row, up to the last that could judge, that kept callers away.
    pub consecutive_failures: u32,
    /// Checks in a row, up to the last, that answered far slower than the median.
    pub consecutive_latency_spikes: u32,
    /// From 0 to 100, see [`crate::reliability_score`]; `None` before the first judged check.
    pub reliability_score: Option<f64>,
    /// The figures of each [`crate::Window`], in their order.
    pub windows: [Figures; 4],
    /// The latest checks.
    pub(crate) recent: Recent,
}

impl Health {
    /// The latest checks, newest first, [`crate::RECENT_LEN_MAX`] at most.
    #[must_use]
    pub fn recent(&self) -> Vec<Observation> {
        self.recent.observations()
    }
}

impl Default for Health {
    fn default() -> Self {
        Self {
            status: HealthStatus::Unknown,
            last_checked: None,
            last_seen_healthy: None,
            uptime_30d: None,
            latency_p50_ms: None,
            consecutive_failures: 0,
            consecutive_latency_spikes: 0,
            reliability_score: None,
            windows: [Figures::default(); 4],
            recent: Recent::default(),
        }
    }
}
