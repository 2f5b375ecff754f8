//! Times for people.

use jiff::Timestamp;

/// Seconds since 1970 as a date; past the end of the calendar, as they are.
pub(super) fn time(seconds: u64) -> String {
    let date = i64::try_from(seconds).ok().and_then(|at| Timestamp::from_second(at).ok());
    date.map_or_else(|| seconds.to_string(), |date| date.to_string())
}
