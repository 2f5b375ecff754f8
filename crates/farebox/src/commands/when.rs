//! Moments as people write and read them.

use jiff::civil::Date;
use jiff::{Span, Timestamp};

/// Seconds since 1970 as a date; past the end of the calendar, as they are.
pub(crate) fn time(seconds: u64) -> String {
    let date = i64::try_from(seconds).ok().and_then(|at| Timestamp::from_second(at).ok());
    date.map_or_else(|| seconds.to_string(), |date| date.to_string())
}

/// Seconds since 1970.
pub(crate) fn now_s() -> u64 {
    u64::try_from(Timestamp::now().as_second()).unwrap_or_default()
}

/// Reads `2026-09-30`, `2026-09-30T10:00:00Z`, or how long ago: `90m`, `12h`, `7d`.
pub(crate) fn parse_since(text: &str) -> Result<u64, String> {
    let refuse = || "write a time as 2026-09-30, 2026-09-30T10:00:00Z, 90m, 12h or 7d".to_owned();
    let moment = match text.parse::<Timestamp>() {
        Ok(moment) => moment,
        Err(_) => match text.parse::<Date>() {
            Ok(date) => date
                .at(0, 0, 0, 0)
                .to_zoned(jiff::tz::TimeZone::UTC)
                .map_err(|_| refuse())?
                .timestamp(),
            Err(_) => ago(text).ok_or_else(refuse)?,
        },
    };
    u64::try_from(moment.as_second()).map_err(|_| refuse())
}

fn ago(text: &str) -> Option<Timestamp> {
    let (number, hours) = match text.char_indices().next_back()? {
        (end, 'm') => (text.get(..end)?, None),
        (end, 'h') => (text.get(..end)?, Some(1)),
        (end, 'd') => (text.get(..end)?, Some(24)),
        _ => return None,
    };
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then_some(number)?;
    let number: i64 = number.parse().ok().filter(|number| *number <= 1_000_000)?;
    let span = match hours {
        None => Span::new().try_minutes(number),
        Some(hours) => Span::new().try_hours(number.checked_mul(hours)?),
    };
    Timestamp::now().checked_sub(span.ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_dates_and_as_how_long_ago() {
        assert_eq!(parse_since("1970-01-02"), Ok(86_400));
        assert_eq!(parse_since("1970-01-01T00:01:00Z"), Ok(60));
        let week = now_s() - parse_since("7d").unwrap();
        assert!((7 * 86_400..7 * 86_400 + 60).contains(&week), "{week}");
        for text in ["", "d", "7", "-7d", "7w", "1e3d", "99999999d", "1969-01-01", "é"] {
            assert!(parse_since(text).is_err(), "{text:?} was taken");
        }
    }
}
