//! Takes checks that were recorded one row each, before there were histories, into the history.

use super::{health_status, put_days, put_progress, put_runs, timestamp};
use crate::HealthStatus;
use crate::health::Check;
use crate::history::{Days, Outcome, Progress};
use crate::store::revision;
use farebox_store::{Row, StoreError, Transaction, params};

/// Listings taken in by one transaction.
const LISTINGS_MAX: usize = 50;
/// Checks of a listing at most.
const CHECKS_MAX: usize = 2_000;

/// Takes in the checks of some listings. Says whether there were any left.
pub(crate) fn take_in_observations(transaction: &Transaction<'_>) -> Result<bool, StoreError> {
    let sql = "SELECT DISTINCT listing_id FROM observation_before_history \
               ORDER BY listing_id LIMIT ?1";
    let ids: Vec<String> =
        transaction.all(sql, params![LISTINGS_MAX], |row| row.get::<String>(0))?;
    if ids.is_empty() {
        return Ok(false);
    }
    let revision = revision::next(transaction)?;
    for id in ids {
        take_in(transaction, id, revision)?;
    }
    Ok(true)
}

fn take_in(
    transaction: &Transaction<'_>,
    id: String,
    revision: revision::Revision,
) -> Result<(), StoreError> {
    let sql = "SELECT checked_at, status, response_time_ms, http_status, error_message \
               FROM observation_before_history WHERE listing_id = ?1 \
               ORDER BY checked_at DESC, id DESC LIMIT ?2";
    let newest_first = transaction.all(sql, params![id, CHECKS_MAX], read_check)?;
    let mut progress: Option<Progress> = None;
    let (mut days, mut ended_days, mut ended_runs) = (Days::default(), Vec::new(), Vec::new());
    for check in newest_first.into_iter().rev() {
        let first_ms = check.checked_at.as_millisecond();
        let progress = progress.get_or_insert_with(|| Progress::new(first_ms));
        let ended = progress.record(check, &mut days);
        ended_runs.extend(ended.run.map(|run| (id.clone(), run)));
        let record = ended.day.and_then(|day| Some((day, days.get(&day)?)));
        ended_days.extend(record.map(|(day, record)| (id.clone(), day, record.encode())));
    }
    put_days(transaction, &ended_days)?;
    put_runs(transaction, &ended_runs)?;
    if let Some(progress) = progress {
        put_progress(transaction, &[(id.clone(), progress)], revision)?;
    }
    let sql = "DELETE FROM observation_before_history WHERE listing_id = ?1";
    transaction.execute(sql, params![id])?;
    Ok(())
}

fn read_check(row: &Row<'_>) -> Result<Check, StoreError> {
    let healthy = health_status(&row.get::<String>(1)?)?;
    let http_status: Option<u16> = row.get(3)?;
    Ok(Check {
        response_time_ms: row.get(2)?,
        http_status,
        error_message: row.get(4)?,
        ..Check::new(timestamp(row.get(0)?)?, healthy, outcome(healthy, http_status))
    })
}

/// What a check most likely came to: before, only the verdict and the status were written down.
fn outcome(healthy: HealthStatus, http_status: Option<u16>) -> Outcome {
    match (healthy, http_status) {
        (HealthStatus::Healthy, _) => Outcome::Payable,
        (HealthStatus::Unknown, _) => Outcome::Wall,
        (_, None) => Outcome::Timeout,
        (_, Some(402)) => Outcome::NotPayable,
        (_, Some(404 | 410)) => Outcome::Gone,
        (_, Some(429)) => Outcome::RateLimited,
        (_, Some(200..=299)) => Outcome::Free,
        (_, Some(300..=399)) => Outcome::Redirect,
        (_, Some(500..)) => Outcome::ServerError,
        (_, Some(_)) => Outcome::ClientError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_check_came_to_is_told_by_its_status() {
        use HealthStatus::{Degraded, Down, Healthy};
        assert_eq!(outcome(Healthy, None), Outcome::Payable);
        assert_eq!(outcome(Down, None), Outcome::Timeout);
        assert_eq!(outcome(Down, Some(503)), Outcome::ServerError);
        assert_eq!(outcome(Degraded, Some(402)), Outcome::NotPayable);
        assert_eq!(outcome(Down, Some(410)), Outcome::Gone);
    }
}
