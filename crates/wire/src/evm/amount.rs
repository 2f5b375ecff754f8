//! Amounts of tokens: whole numbers of the smallest unit, of up to 256 bits.

use alloy_primitives::U256;
use farebox_money::MicroUsd;

/// Digits of the largest amount, 2^256 - 1.
pub const AMOUNT_LEN_MAX: usize = 78;
/// Decimals of [`MicroUsd`].
const MICRO_USD_DECIMALS: u8 = 6;
/// More decimals than this do not fit 256 bits.
const DECIMALS_MAX: u8 = 77;

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// No text at all.
    #[error("the amount is empty")]
    Empty,
    /// A decimal fraction such as `0.01`.
    #[error("the amount has a decimal point: write whole units of the token, 0.01 USDC is 10000")]
    Fraction,
    /// A sign, a space, a letter, or too many digits for 256 bits.
    #[error("the amount is not a whole number of at most 256 bits, written in digits alone")]
    NotDigits,
}

/// Reads a whole number of digits alone: no sign, no point, no exponent, no leading zeros
/// (one amount has one text).
pub fn parse_amount(text: &str) -> Result<U256, AmountError> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if text.is_empty() {
        return Err(AmountError::Empty);
    }
    if text.split_once('.').is_some_and(|(whole, fraction)| digits(whole) && digits(fraction)) {
        return Err(AmountError::Fraction);
    }
    let canonical =
        digits(text) && text.len() <= AMOUNT_LEN_MAX && (text == "0" || !text.starts_with('0'));
    if !canonical {
        return Err(AmountError::NotDigits);
    }
    U256::from_str_radix(text, 10).map_err(|_| AmountError::NotDigits)
}

/// An amount in whole tokens for people, without trailing zeros: 10000 with 6 decimals is `0.01`.
#[must_use]
pub fn to_decimal(amount: U256, decimals: u8) -> String {
    let digits = amount.to_string();
    let decimals = usize::from(decimals);
    if decimals == 0 {
        return digits;
    }
    let padded = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at(padded.len() - decimals);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// Dollars in units of a token that is worth one. `None` when the token is too coarse to say the
/// amount exactly: a price is never rounded silently.
#[must_use]
pub fn from_micro_usd(usd: MicroUsd, decimals: u8) -> Option<U256> {
    let micro = U256::from(usd.get());
    if decimals >= MICRO_USD_DECIMALS {
        return micro.checked_mul(power_of_ten(decimals - MICRO_USD_DECIMALS)?);
    }
    let (amount, rest) = micro.div_rem(power_of_ten(MICRO_USD_DECIMALS - decimals)?);
    rest.is_zero().then_some(amount)
}

/// Units of a token that is worth one dollar in dollars, rounded up, so that a budget is never
/// passed by a fraction. `None` past [`MicroUsd::MAX`].
#[must_use]
pub fn to_micro_usd_ceil(amount: U256, decimals: u8) -> Option<MicroUsd> {
    let micro = if decimals >= MICRO_USD_DECIMALS {
        amount.div_ceil(power_of_ten(decimals - MICRO_USD_DECIMALS)?)
    } else {
        amount.checked_mul(power_of_ten(MICRO_USD_DECIMALS - decimals)?)?
    };
    let usd = MicroUsd::new(u64::try_from(micro).ok()?);
    (usd <= MicroUsd::MAX).then_some(usd)
}

fn power_of_ten(exponent: u8) -> Option<U256> {
    (exponent <= DECIMALS_MAX).then(|| U256::from(10).pow(U256::from(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_digits_are_an_amount() {
        assert_eq!(parse_amount("10000"), Ok(U256::from(10_000)));
        assert_eq!(parse_amount("0"), Ok(U256::ZERO));
        assert_eq!(parse_amount(&U256::MAX.to_string()), Ok(U256::MAX));
        assert_eq!(parse_amount(""), Err(AmountError::Empty));
        assert_eq!(parse_amount("0.01"), Err(AmountError::Fraction));
        let past = "115792089237316195423570985008687907853269984665640564039457584007913129639936";
        for text in [
            "-1", "+1", " 1", "1 ", "1e3", "0x10", "1_000", "01", "00", ".5", "1.", "1.2.3", "١",
            past,
        ] {
            assert_eq!(parse_amount(text), Err(AmountError::NotDigits), "{text:?}");
        }
    }

    #[test]
    fn people_read_whole_tokens() {
        let text = |amount: u64, decimals| to_decimal(U256::from(amount), decimals);
        assert_eq!(text(10_000, 6), "0.01");
        assert_eq!(text(1_000_000, 6), "1");
        assert_eq!(text(1_234_567, 6), "1.234567");
        assert_eq!(text(10_000_000_000_000_000, 18), "0.01");
        assert_eq!(text(42, 0), "42");
        assert_eq!(text(0, 6), "0");
    }

    #[test]
    fn nothing_is_rounded_down() {
        let cent = MicroUsd::new(10_000);
        assert_eq!(from_micro_usd(cent, 6), Some(U256::from(10_000)));
        assert_eq!(from_micro_usd(cent, 18), Some(U256::from(10_000_000_000_000_000_u64)));
        assert_eq!(from_micro_usd(cent, 2), Some(U256::from(1)));
        assert_eq!(from_micro_usd(MicroUsd::new(10_001), 2), None);
        assert_eq!(to_micro_usd_ceil(U256::from(1), 18), Some(MicroUsd::new(1)));
        assert_eq!(to_micro_usd_ceil(U256::from(1), 2), Some(cent));
        assert_eq!(to_micro_usd_ceil(U256::MAX, 6), None);
        assert_eq!(to_micro_usd_ceil(U256::MAX, 2), None);
        assert_eq!(from_micro_usd(cent, 255), None);
        assert_eq!(to_micro_usd_ceil(U256::ZERO, 255), None);
    }

    proptest! {
        #[test]
        fn an_amount_comes_back_from_its_text(limbs in any::<[u64; 4]>()) {
            let amount = U256::from_limbs(limbs);
            prop_assert_eq!(parse_amount(&amount.to_string()), Ok(amount));
        }

        #[test]
        fn dollars_come_back_from_units(micro in 0..=MicroUsd::MAX.get(), decimals in 6u8..=40) {
            let usd = MicroUsd::new(micro);
            let amount = from_micro_usd(usd, decimals).unwrap();
            prop_assert_eq!(to_micro_usd_ceil(amount, decimals), Some(usd));
            let more = to_micro_usd_ceil(amount + U256::from(1), decimals);
            prop_assert!(more.is_none_or(|more| more > usd));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,100}", decimals in any::<u8>()) {
            if let Ok(amount) = parse_amount(&text) {
                prop_assert_eq!(amount.to_string(), text);
                let _ = (to_decimal(amount, decimals), to_micro_usd_ceil(amount, decimals));
            }
        }
    }
}
