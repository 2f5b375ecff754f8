//! What a source answered, as a rate.

use crate::Pointer;
use crate::decimal::micro_usd;
use farebox_money::{BtcUsd, MicroUsd};

/// Rates outside are nobody's honest answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The lowest price of one bitcoin.
    pub lowest: MicroUsd,
    /// The highest price of one bitcoin.
    pub highest: MicroUsd,
}

/// An answer that is no rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not JSON, or nothing where the pointer points.
    #[error("no JSON with a value at {0}")]
    NotThere(Pointer),
    /// Something else than a number or a decimal text.
    #[error("the value at {0} is not a number")]
    NotANumber(Pointer),
    /// A number that cannot be the price of a bitcoin.
    #[error("{0} dollars for a bitcoin is out of bounds")]
    OutOfBounds(MicroUsd),
}

/// Reads the rate at `pointer` of a JSON text: a number, or a decimal number as a string.
///
/// # Errors
/// [`AnswerError`]; whatever the bytes are, nothing outside `bounds` is ever returned.
pub fn read_answer(body: &[u8], pointer: &Pointer, bounds: Bounds) -> Result<BtcUsd, AnswerError> {
    let text = std::str::from_utf8(body).ok().and_then(|json| pointer.find(json));
    let text = text.ok_or_else(|| AnswerError::NotThere(pointer.clone()))?;
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let micro = micro_usd(quoted.unwrap_or(text));
    let micro = micro.ok_or_else(|| AnswerError::NotANumber(pointer.clone()))?;
    let is_within = bounds.lowest <= micro && micro <= bounds.highest;
    BtcUsd::new(micro).filter(|_| is_within).ok_or(AnswerError::OutOfBounds(micro))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bounds() -> Bounds {
        Bounds { lowest: MicroUsd::new(1_000_000_000), highest: MicroUsd::new(10_000_000_000_000) }
    }

    fn is_within(rate: BtcUsd) -> bool {
        (bounds().lowest..=bounds().highest).contains(&rate.usd_per_btc())
    }

    fn read(body: &str) -> Result<String, AnswerError> {
        let pointer = "/p".parse().unwrap();
        let rate = read_answer(body.as_bytes(), &pointer, bounds())?;
        Ok(rate.usd_per_btc().to_string())
    }

    #[test]
    fn numbers_and_texts_are_read_exactly() {
        assert_eq!(read(r#"{"p": 95123.4}"#).as_deref(), Ok("95123.4"));
        assert_eq!(read(r#"{"p": "95123.40"}"#).as_deref(), Ok("95123.4"));
        assert_eq!(read(r#"{"p": 1000}"#).as_deref(), Ok("1000"));
        assert_eq!(read(r#"{"p": 10000000}"#).as_deref(), Ok("10000000"));
    }

    #[test]
    fn what_cannot_be_a_price_is_refused() {
        for body in [r#"{"p": 0}"#, r#"{"p": 1e9}"#, r#"{"p": 999.999999}"#, r#"{"p": "0"}"#] {
            assert!(matches!(read(body), Err(AnswerError::OutOfBounds(_))), "{body}");
        }
        for body in [
            r#"{"p": -95000}"#,
            r#"{"p": null}"#,
            r#"{"p": true}"#,
            r#"{"p": [95000]}"#,
            r#"{"p": {"p": 95000}}"#,
            r#"{"p": ""}"#,
            r#"{"p": "95,000"}"#,
            r#"{"p": "\u0039"}"#,
            r#"{"p": "95000 USD"}"#,
            r#"{"p": 1e40}"#,
        ] {
            assert!(matches!(read(body), Err(AnswerError::NotANumber(_))), "{body}");
        }
        for body in ["", "{", "[]", "95000", "<html>", r#"{"q": 95000}"#, r#"{"p": 95000}x"#] {
            assert!(matches!(read(body), Err(AnswerError::NotThere(_))), "{body}");
        }
        let pointer = "/p".parse().unwrap();
        assert!(read_answer(b"{\"p\": \"\xff\"}", &pointer, bounds()).is_err());
    }

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<f64>().prop_map(|number| format!("{number:e}")),
            any::<i64>().prop_map(|number| number.to_string()),
            (0u64..20_000_000, "[0-9]{0,30}").prop_map(|(whole, rest)| format!("{whole}.{rest}")),
            (any::<u32>(), -40i32..40)
                .prop_map(|(digits, exponent)| format!("{digits}e{exponent}")),
            "\"[^\"\\\\]{0,20}\"",
            "[ -~]{0,10}",
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::vec(("[p0q]", inner), 0..4).prop_map(|members| {
                    let members: Vec<_> =
                        members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn no_json_panics_or_gives_a_rate_out_of_bounds(
            body in json(),
            pointer in "(/[p0q]){1,4}",
        ) {
            let pointer = pointer.parse().unwrap();
            if let Ok(rate) = read_answer(body.as_bytes(), &pointer, bounds()) {
                prop_assert!(is_within(rate));
            }
        }

        #[test]
        fn no_bytes_panic_or_give_a_rate_out_of_bounds(
            body in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let pointer = "/p".parse().unwrap();
            if let Ok(rate) = read_answer(&body, &pointer, bounds()) {
                prop_assert!(is_within(rate));
            }
        }

        #[test]
        fn every_price_within_bounds_is_read(micro in 1_000_000_000u64..=10_000_000_000_000) {
            let amount = MicroUsd::new(micro);
            prop_assert_eq!(read(&format!("{{\"p\":{amount}}}")), Ok(amount.to_string()));
            prop_assert_eq!(read(&format!("{{\"p\":\"{amount}\"}}")), Ok(amount.to_string()));
        }
    }
}
