//! Decimal numbers as people and programs write them, exactly: money is never read through
//! floating point.

use farebox_money::{MicroUsd, Sats};

/// Digits of a number at most; every amount of money has fewer.
const DIGITS_MAX: usize = 36;
/// The largest power of ten that an exponent may name, in either direction.
const EXPONENT_MAX: u32 = 40;

/// A number of no sign: `digits` divided by ten to the power of `scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: u128,
    scale: u32,
}

/// A number in smaller units, and whether a fraction was counted as a whole one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Units {
    pub(super) units: u64,
    pub(super) is_rounded: bool,
}

impl Decimal {
    /// Reads `12`, `0.002`, `.5`, `1e-7` or `1,000`; no sign.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let whole = without_separators(whole)?;
        let only_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let len = whole.len() + fraction.len();
        let plain = only_digits(&whole) && only_digits(fraction) && (1..=DIGITS_MAX).contains(&len);
        if !plain || exponent.unsigned_abs() > EXPONENT_MAX {
            return None;
        }
        let digits: u128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = i32::try_from(fraction.len()).ok()? - exponent;
        if scale >= 0 {
            return Some(Self { digits, scale: scale.unsigned_abs() });
        }
        let digits = digits.checked_mul(10_u128.checked_pow(scale.unsigned_abs())?)?;
        Some(Self { digits, scale: 0 })
    }

    /// A whole number of units of which `scale` decimals make one.
    pub(super) const fn from_units(digits: u128, scale: u32) -> Self {
        Self { digits, scale }
    }

    pub(super) const fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// In units of which ten to the power of `decimals` make one, rounded up.
    fn to_units(self, decimals: u32) -> Option<Units> {
        if decimals >= self.scale {
            let factor = 10_u128.checked_pow(decimals - self.scale)?;
            let units = u64::try_from(self.digits.checked_mul(factor)?).ok()?;
            return Some(Units { units, is_rounded: false });
        }
        let Some(divisor) = 10_u128.checked_pow(self.scale - decimals) else {
            // Less than the smallest unit, unless it is nothing.
            let units = u64::from(self.digits > 0);
            return Some(Units { units, is_rounded: units > 0 });
        };
        let units = u64::try_from(self.digits.div_ceil(divisor)).ok()?;
        Some(Units { units, is_rounded: !self.digits.is_multiple_of(divisor) })
    }

    /// As dollars, rounded up to a micro-dollar; `None` past [`MicroUsd::MAX`].
    pub(super) fn to_usd(self) -> Option<(MicroUsd, bool)> {
        let units = self.to_units(6)?;
        let usd = MicroUsd::new(units.units);
        (usd <= MicroUsd::MAX).then_some((usd, units.is_rounded))
    }

    /// As satoshis, rounded up to a whole one; `None` past [`Sats::MAX`].
    pub(super) fn to_sats(self) -> Option<(Sats, bool)> {
        let units = self.to_units(0)?;
        let sats = Sats::new(units.units);
        (sats <= Sats::MAX).then_some((sats, units.is_rounded))
    }
}

/// `1,000` as `1000`; other uses of a comma are no number.
fn without_separators(whole: &str) -> Option<String> {
    if !whole.contains(',') {
        return Some(whole.to_owned());
    }
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    grouped.then(|| whole.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(text: &str) -> Option<(u64, bool)> {
        Decimal::parse(text)?.to_usd().map(|(usd, rounded)| (usd.get(), rounded))
    }

    #[test]
    fn a_price_is_read_to_the_last_digit() {
        for (text, expected) in [
            ("0.002", (2_000, false)),
            ("12", (12_000_000, false)),
            (".5", (500_000, false)),
            ("1,000.5", (1_000_500_000, false)),
            ("5e-3", (5_000, false)),
            ("2.5E1", (25_000_000, false)),
            ("0.0000001", (1, true)),
            ("1e-40", (1, true)),
            ("0.0000010", (1, false)),
            ("0e-40", (0, false)),
            ("0.0010000000000000000001", (1_001, true)),
        ] {
            assert_eq!(usd(text), Some(expected), "{text}");
        }
        for text in [
            "",
            ".",
            "-1",
            "+1",
            "1e",
            "1e99",
            "0x1",
            "1,00",
            "1 2",
            "1.2.3",
            "NaN",
            "10000000000",
            "1e30",
            "٣",
        ] {
            assert_eq!(usd(text), None, "{text}");
        }
    }

    #[test]
    fn satoshis_are_whole() {
        let sats = |text: &str| Decimal::parse(text)?.to_sats();
        assert_eq!(sats("21"), Some((Sats::new(21), false)));
        assert_eq!(sats("0.5"), Some((Sats::new(1), true)));
        assert_eq!(sats("2100000000000001"), None);
    }

    proptest! {
        #[test]
        fn a_price_comes_back_from_its_text(micro in 0..=MicroUsd::MAX.get()) {
            let price = MicroUsd::new(micro);
            prop_assert_eq!(usd(&price.to_string()), Some((micro, false)));
            // As a JSON number of dollars, which most sources write.
            let number = serde_json::to_string(&price.to_f64()).unwrap();
            prop_assert_eq!(usd(&number), Some((micro, false)));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "[0-9.,eE+-]{0,50}|\\PC{0,20}") {
            if let Some(decimal) = Decimal::parse(&text) {
                let _ = (decimal.to_usd(), decimal.to_sats());
            }
        }
    }
}
