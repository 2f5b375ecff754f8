//! Points in time on the wire: RFC 3339, and seconds since 1970 where servers send those.

use jiff::Timestamp;

/// Reads `expires` or a receipt's timestamp as seconds since 1970: RFC 3339 with any offset and
/// fraction (cut off), or the seconds as digits, which some servers send.
#[must_use]
pub fn parse_timestamp(text: &str) -> Option<u64> {
    if (1..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    // RFC 3339 has no brackets and ends in Z or an offset of digits; jiff reads more than that.
    let rfc3339 = text.len() <= 40
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"-+:.TtZz ".contains(&byte));
    let timestamp: Timestamp = rfc3339.then(|| text.parse().ok())??;
    u64::try_from(timestamp.as_second()).ok()
}

/// Writes seconds since 1970 as RFC 3339 in UTC. Times after the year 9999 are written as its
/// end.
#[must_use]
pub fn format_timestamp(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let last = Timestamp::MAX.as_second();
    Timestamp::from_second(seconds.min(last)).unwrap_or(Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_are_read() {
        for text in [
            "2025-01-06T12:00:00Z",
            "2025-01-06T12:00:00.000Z",
            "2025-01-06T12:00:00.999999999Z",
            "2025-01-06T13:00:00+01:00",
            "2025-01-06t12:00:00z",
            "1736164800",
        ] {
            assert_eq!(parse_timestamp(text), Some(1_736_164_800), "{text}");
        }
        assert_eq!(format_timestamp(1_736_164_800), "2025-01-06T12:00:00Z");
        for text in [
            "",
            "2025-01-06",
            "2025-01-06T12:00:00",
            "1736164800000",
            "-1",
            "1969-12-31T23:59:59Z",
            "2025-01-06T12:00:00Z[UTC]",
            "2025-02-30T12:00:00Z",
            "tomorrow",
        ] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
        assert!(format_timestamp(u64::MAX).starts_with("9999-12-3"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in 0_u64..=253_402_207_200) {
            prop_assert_eq!(parse_timestamp(&format_timestamp(seconds)), Some(seconds));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,40}") {
            let _ = parse_timestamp(&text);
        }
    }
}
