//! Times as people write them.

use std::time::Duration;

/// Longer than anybody waits.
const SECONDS_MAX: u64 = 7 * 24 * 3_600;

/// Reads `90`, `90s`, `2m` or `1h`; up to a week, never nothing.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, unit_s) = match text.char_indices().next_back() {
        Some((end, 's')) => (text.get(..end), 1),
        Some((end, 'm')) => (text.get(..end), 60),
        Some((end, 'h')) => (text.get(..end), 3_600),
        _ => (Some(text), 1),
    };
    let number = number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    number
        .and_then(|number| number.parse::<u64>().ok()?.checked_mul(unit_s))
        .filter(|seconds| (1..=SECONDS_MAX).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| "write a time as 90, 90s, 2m or 1h, up to a week".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_unit() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("2m", 120), ("1h", 3_600)] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "s", "0", "-1", "+1", "1.5s", "1d", "é", "999999999h", "1 s"] {
            assert!(parse_duration(text).is_err(), "{text:?} was taken");
        }
    }
}
