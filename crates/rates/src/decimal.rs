//! Decimal numbers as sources write them, to the micro-dollar and without floats.

use farebox_money::MicroUsd;

/// Longer texts are no price.
const TEXT_LEN_MAX: usize = 64;
/// Powers of ten beyond this are no price either, and would make long texts of short ones.
const EXPONENT_MAX: i64 = 30;
const MICRO_DIGITS: i64 = 6;

/// Reads `95123`, `95123.40` or `9.5e4`. Digits past the sixth decimal are dropped: less than a
/// millionth of a dollar in the price of a whole bitcoin, and to no buyer's favour. `None` for
/// everything that is no such number, a negative one and one past 64 bits included.
pub(crate) fn micro_usd(text: &str) -> Option<MicroUsd> {
    if text.len() > TEXT_LEN_MAX {
        return None;
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    if !is_digits(whole) || !fraction.is_none_or(is_digits) {
        return None;
    }
    let digits = format!("{whole}{}", fraction.unwrap_or_default());
    let kept = i64::try_from(whole.len()).ok()? + exponent + MICRO_DIGITS;
    let Ok(kept) = usize::try_from(kept) else { return Some(MicroUsd::new(0)) };
    let known = digits.get(..kept).unwrap_or(&digits);
    let zeros = "0".repeat(kept.saturating_sub(digits.len()));
    format!("{known}{zeros}0").parse::<u128>().ok().and_then(|tenfold| {
        // The zero at the end stands for the number whose digits were all dropped.
        u64::try_from(tenfold / 10).ok().map(MicroUsd::new)
    })
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !is_digits(digits) {
        return None;
    }
    text.parse().ok().filter(|exponent: &i64| exponent.abs() <= EXPONENT_MAX)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn micro(text: &str) -> Option<u64> {
        micro_usd(text).map(MicroUsd::get)
    }

    #[test]
    fn a_number_is_read_to_the_micro_dollar() {
        for (text, expected) in [
            ("95123", 95_123_000_000),
            ("95123.4", 95_123_400_000),
            ("95123.45000", 95_123_450_000),
            ("95123.4567899", 95_123_456_789),
            ("9.5e4", 95_000_000_000),
            ("950E+2", 95_000_000_000),
            ("9500000e-2", 95_000_000_000),
            ("0.1", 100_000),
            ("0", 0),
            ("1e-30", 0),
            ("0000000000000000000000000000000000000095123", 95_123_000_000),
        ] {
            assert_eq!(micro(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_plain_number_is_none() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1,000",
            " 1",
            "1 ",
            "NaN",
            "inf",
            "1e",
            "1e+",
            "e5",
            "1e31",
            "1e-31",
            "1e99999999999999999999",
            "0x10",
            "1.2.3",
            "1e5e5",
            "18446744073710",
            "1e25",
            "٣",
        ] {
            assert_eq!(micro(text), None, "{text:?} was taken");
        }
        assert_eq!(micro(&"9".repeat(65)), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = micro_usd(&text);
        }

        #[test]
        fn what_our_own_amounts_print_is_read_exactly(micro in 0..=MicroUsd::MAX.get()) {
            let amount = MicroUsd::new(micro);
            prop_assert_eq!(micro_usd(&amount.to_string()), Some(amount));
        }

        #[test]
        fn the_point_can_be_moved_with_an_exponent(micro in 0..=MicroUsd::MAX.get()) {
            prop_assert_eq!(micro_usd(&format!("{micro}e-6")), Some(MicroUsd::new(micro)));
        }
    }
}
