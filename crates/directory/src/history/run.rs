//! Times in which the verdict stayed the same, to the millisecond, and the incidents among them.

use super::Outcome;
use crate::HealthStatus;
use serde::{Deserialize, Serialize};

/// What the last check of a run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it came to.
    pub outcome: Outcome,
    /// The status of the answer, where one came.
    pub http_status: Option<u16>,
    /// What was wrong, in words: untrusted text.
    pub error_message: Option<String>,
}

/// A time in which every check came to the same verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first check, in milliseconds since 1970.
    pub started_ms: i64,
    /// The first check that came to another verdict; `None` while it lasts.
    pub ended_ms: Option<i64>,
    /// The verdict.
    pub status: HealthStatus,
    /// How many checks came to it.
    pub checks: u32,
    /// What the last of them found.
    pub last: Found,
}

impl Run {
    pub(crate) const fn begun(at_ms: i64, status: HealthStatus, found: Found) -> Self {
        Self { started_ms: at_ms, ended_ms: None, status, checks: 1, last: found }
    }
}

/// A time in which a listing was down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The first check that found it down, in milliseconds since 1970.
    pub started_ms: i64,
    /// The first check that found it up again; `None` while it is down.
    pub ended_ms: Option<i64>,
    /// Checks that found it down.
    pub failed_checks: u32,
    /// What the last of them found.
    pub last: Found,
}

/// The incidents in these runs, the latest first. Runs come oldest first, each beginning where the
/// one before ended. A check that could not judge neither begins nor ends anything.
#[must_use]
pub fn incidents(runs: &[Run]) -> Vec<Incident> {
    let mut found: Vec<Incident> = Vec::new();
    let mut open: Option<Incident> = None;
    for run in runs {
        match (run.status, open.take()) {
            (HealthStatus::Unknown, still) => open = still,
            (HealthStatus::Down, before) => {
                open = Some(Incident {
                    started_ms: before.as_ref().map_or(run.started_ms, |one| one.started_ms),
                    ended_ms: None,
                    failed_checks: before
                        .map_or(0, |one| one.failed_checks)
                        .saturating_add(run.checks),
                    last: run.last.clone(),
                });
            }
            (HealthStatus::Healthy | HealthStatus::Degraded, over) => {
                let ended = |one| Incident { ended_ms: Some(run.started_ms), ..one };
                found.extend(over.map(ended));
            }
        }
    }
    found.extend(open);
    found.reverse();
    found
}

/// A run as it is kept with the listing while it lasts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OpenRun {
    started_ms: i64,
    checks: u32,
    outcome: u8,
    http_status: Option<u16>,
    error_message: Option<String>,
}

impl OpenRun {
    pub(crate) fn of(run: &Run) -> Self {
        Self {
            started_ms: run.started_ms,
            checks: run.checks,
            outcome: run.last.outcome.number(),
            http_status: run.last.http_status,
            error_message: run.last.error_message.clone(),
        }
    }

    pub(crate) fn into_run(self, status: HealthStatus) -> Option<Run> {
        Some(Run {
            started_ms: self.started_ms,
            ended_ms: None,
            status,
            checks: self.checks,
            last: Found {
                outcome: Outcome::from_number(self.outcome)?,
                http_status: self.http_status,
                error_message: self.error_message,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HealthStatus::{Degraded, Down, Healthy, Unknown};

    fn runs(verdicts: &[(HealthStatus, i64)]) -> Vec<Run> {
        let found = |message: &str| Found {
            outcome: Outcome::Timeout,
            http_status: None,
            error_message: Some(message.to_owned()),
        };
        let run = |(status, at_ms): &(HealthStatus, i64)| Run {
            checks: 2,
            ..Run::begun(*at_ms, *status, found(&at_ms.to_string()))
        };
        verdicts.iter().map(run).collect()
    }

    fn told(verdicts: &[(HealthStatus, i64)]) -> Vec<(i64, Option<i64>, u32)> {
        let found = incidents(&runs(verdicts));
        found.iter().map(|one| (one.started_ms, one.ended_ms, one.failed_checks)).collect()
    }

    #[test]
    fn an_incident_lasts_until_something_answers() {
        assert_eq!(told(&[]), []);
        assert_eq!(told(&[(Healthy, 1), (Degraded, 2), (Healthy, 3)]), []);
        assert_eq!(told(&[(Healthy, 1), (Down, 2), (Degraded, 5)]), [(2, Some(5), 2)]);
        assert_eq!(told(&[(Down, 2)]), [(2, None, 2)]);
        let twice = [(Down, 1), (Healthy, 2), (Down, 3)];
        assert_eq!(told(&twice), [(3, None, 2), (1, Some(2), 2)]);
    }

    #[test]
    fn what_could_not_be_judged_changes_nothing() {
        let verdicts =
            [(Unknown, 1), (Down, 2), (Unknown, 3), (Down, 4), (Unknown, 5), (Healthy, 9)];
        assert_eq!(told(&verdicts), [(2, Some(9), 4)]);
        let last = &incidents(&runs(&verdicts))[0].last;
        assert_eq!(last.error_message.as_deref(), Some("4"));
    }
}
