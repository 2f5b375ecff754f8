//! A listing's health as it goes on: its track, its figures, its latest checks.

use super::{Chronicle, DayRecord, Needs, SlotCounts};
use super::{Days, Ended, Figures, Found, OpenRun, Probe, Run, Slot, Track, reliability_score};
use crate::recent::Recent;
use crate::{Check, Health, HealthStatus, Observation};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A challenge that takes this many times the median is a latency spike.
const SPIKE_FACTOR: u32 = 3;

/// Everything that a further check builds on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Progress {
    pub(crate) track: Track,
    /// The last verdict.
    pub(crate) status: HealthStatus,
    pub(crate) recent: Recent,
    figures: [Figures; 4],
    /// Checks so far.
    checks: i64,
    consecutive_failures: u32,
    consecutive_spikes: u32,
    last_healthy_ms: Option<i64>,
}

/// Judged, healthy, reachable, p50 and p95 of the latency.
type StoredFigures = (u32, u32, u32, Option<u32>, Option<u32>);

/// The JSON of the column `state`.
#[derive(Serialize, Deserialize)]
pub(crate) struct State {
    checks: i64,
    last_ms: i64,
    last_healthy_ms: Option<i64>,
    failures: u32,
    spikes: u32,
    /// For each window.
    figures: [StoredFigures; 4],
    /// The codes of the last slot's probes.
    slot: Vec<u8>,
    run: Option<OpenRun>,
}

impl Progress {
    /// Before the first check.
    pub(crate) fn new(first_check_ms: i64) -> Self {
        Self {
            track: Track::new(first_check_ms),
            status: HealthStatus::Unknown,
            recent: Recent::default(),
            figures: [Figures::default(); 4],
            checks: 0,
            consecutive_failures: 0,
            consecutive_spikes: 0,
            last_healthy_ms: None,
        }
    }

    /// Which days must be at hand for a check of this time.
    pub(crate) fn needs(&self, check: &Check) -> Needs {
        self.track.needs(check.checked_at.as_millisecond())
    }

    /// From which slot on what is known cannot be true, seen from this check. See
    /// [`Self::take_back`].
    pub(crate) fn is_ahead_of(&self, check: &Check) -> Option<Slot> {
        self.track.is_ahead_of(check.checked_at.as_millisecond())
    }

    /// Whether the run under way began in the slot `from` or later.
    pub(crate) fn run_began_after(&self, from: Slot) -> bool {
        self.track.run.as_ref().is_some_and(|run| run.started_ms >= from.start_ms())
    }

    /// Forgets everything from the slot `from` on; see [`Track::take_back`].
    pub(crate) fn take_back(&mut self, from: Slot, days: &mut Days, run_before: Option<Run>) {
        self.track.take_back(from, days, run_before);
        let mut seen = self.recent.observations();
        seen.retain(|seen| seen.check.checked_at.as_millisecond() < from.start_ms());
        let failures = seen.iter().take_while(|seen| seen.check.is_failure()).count();
        self.consecutive_failures = u32::try_from(failures).unwrap_or(u32::MAX);
        self.last_healthy_ms = self.last_healthy_ms.filter(|at_ms| *at_ms < from.start_ms());
        self.recent = Recent::of(&seen);
        self.status = self.track.run.as_ref().map_or(HealthStatus::Unknown, |run| run.status);
    }

    /// Adds a check. `days` holds what [`Self::needs`] names.
    pub(crate) fn record(&mut self, check: Check, days: &mut Days) -> Ended {
        let probe = Probe {
            at_ms: check.checked_at.as_millisecond(),
            status: check.healthy,
            response_time_ms: check.response_time_ms,
            found: Found {
                outcome: check.outcome,
                http_status: check.http_status,
                error_message: check.error_message.clone(),
            },
        };
        let ended = self.track.record(probe, days);
        self.figures = self.track.figures(days);
        self.status = check.healthy;
        self.checks = self.checks.saturating_add(1);
        if check.is_failure() {
            self.consecutive_failures = self.consecutive_failures.saturating_add(1);
        } else if check.outcome.is_judged() {
            self.consecutive_failures = 0;
        }
        if check.healthy == HealthStatus::Healthy {
            self.last_healthy_ms = Some(self.track.last_ms);
        }
        self.remember(check);
        ended
    }

    fn remember(&mut self, check: Check) {
        let at_ms = self.track.last_ms;
        let checked_at = Timestamp::from_millisecond(at_ms).unwrap_or(check.checked_at);
        let mut seen = self.recent.observations();
        seen.insert(0, Observation { id: self.checks, check: Check { checked_at, ..check } });
        let median = self.days_30().latency_p50_ms.unwrap_or(u32::MAX);
        let limit = median.saturating_mul(SPIKE_FACTOR);
        let spike = |seen: &&Observation| seen.check.response_time_ms.is_some_and(|ms| ms > limit);
        let spikes = seen.iter().take_while(spike).count();
        self.consecutive_spikes = u32::try_from(spikes).unwrap_or(u32::MAX);
        self.recent = Recent::of(&seen);
    }

    const fn days_30(&self) -> Figures {
        let [_, _, days_30, _] = self.figures;
        days_30
    }

    /// The history as it is read, with the `days` and `runs` that are over.
    pub(crate) fn chronicle(self, mut days: Days, mut runs: Vec<Run>) -> Chronicle {
        days.insert(self.track.today, DayRecord::Codes(self.track.codes));
        runs.extend(self.track.run);
        Chronicle { days, runs, recent: self.recent.observations() }
    }

    /// What is shown of it.
    pub(crate) fn health(&self) -> Health {
        let days_30 = self.days_30();
        Health {
            status: self.status,
            last_checked: whole_second(self.track.last_ms),
            last_seen_healthy: self.last_healthy_ms.and_then(whole_second),
            uptime_30d: days_30.uptime(),
            latency_p50_ms: days_30.latency_p50_ms,
            consecutive_failures: self.consecutive_failures,
            consecutive_latency_spikes: self.consecutive_spikes,
            reliability_score: reliability_score(days_30.counts, self.consecutive_failures),
            windows: self.figures,
            recent: self.recent.clone(),
        }
    }

    /// The JSON of the column `state`.
    pub(crate) fn state(&self) -> String {
        let figures = self.figures.map(|one| {
            let SlotCounts { judged, healthy, reachable } = one.counts;
            (judged, healthy, reachable, one.latency_p50_ms, one.latency_p95_ms)
        });
        let state = State {
            checks: self.checks,
            last_ms: self.track.last_ms,
            last_healthy_ms: self.last_healthy_ms,
            failures: self.consecutive_failures,
            spikes: self.consecutive_spikes,
            figures,
            slot: self.track.slot_probes.iter().map(|code| code.0).collect(),
            run: self.track.run.as_ref().map(OpenRun::of),
        };
        // Texts, numbers and nulls always have a JSON form.
        serde_json::to_string(&state).unwrap_or_default()
    }
}

impl State {
    /// What is shown of it, without the rest of the row.
    pub(crate) fn health(self, status: HealthStatus, recent: Recent) -> Option<Health> {
        // Nothing that is shown depends on the slots themselves.
        let nothing = Track::new(self.last_ms);
        self.progress(status, recent, nothing).map(|progress| progress.health())
    }

    /// The whole, with what the other columns of the row hold: `slots` are the day, its codes and
    /// the sums before it.
    pub(crate) fn progress(
        self,
        status: HealthStatus,
        recent: Recent,
        slots: Track,
    ) -> Option<Progress> {
        let figures = self.figures.map(|(judged, healthy, reachable, p50, p95)| Figures {
            counts: SlotCounts { judged, healthy, reachable },
            latency_p50_ms: p50,
            latency_p95_ms: p95,
        });
        let run = match self.run {
            None => None,
            Some(run) => Some(run.into_run(status)?),
        };
        let slot_probes = self.slot.into_iter().map(super::Code).collect();
        Some(Progress {
            track: Track { last_ms: self.last_ms, slot_probes, run, ..slots },
            status,
            recent,
            figures,
            checks: self.checks,
            consecutive_failures: self.failures,
            consecutive_spikes: self.spikes,
            last_healthy_ms: self.last_healthy_ms,
        })
    }
}

/// What lists show is exact to the second; the incident log has the milliseconds.
fn whole_second(at_ms: i64) -> Option<Timestamp> {
    Timestamp::from_second(at_ms.div_euclid(1_000)).ok()
}
