//! Canonical JSON (RFC 8785): one text for each value, so that a value can be signed.

use super::{JSON_DEPTH_MAX, base64url};
use serde::{Serialize, de::DeserializeOwned};

/// JSON that cannot be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not base64url.
    #[error("it is not base64url")]
    NotBase64Url,
    /// Longer than any challenge may be.
    #[error("it is too long")]
    TooLong,
    /// Nested deeper than [`JSON_DEPTH_MAX`].
    #[error("it is nested deeper than {JSON_DEPTH_MAX} levels")]
    TooDeep,
    /// Not JSON, or not of the expected form; says what and where.
    #[error("it is not the expected JSON: {0}")]
    Invalid(String),
}

/// Writes a value in its canonical form. Numbers are written as the doubles that RFC 8785 knows:
/// integers above 2^53 lose digits, so amounts are strings.
///
/// # Errors
/// When the value has no JSON form, for instance an infinite number.
pub fn to_string(value: &impl Serialize) -> Result<String, JsonError> {
    serde_json_canonicalizer::to_string(value)
        .map_err(|error| JsonError::Invalid(error.to_string()))
}

/// The canonical form, base64url without padding: how a challenge carries JSON.
///
/// # Errors
/// As [`to_string`].
pub fn encode(value: &impl Serialize) -> Result<String, JsonError> {
    to_string(value).map(base64url::encode)
}

/// Reads what [`encode`] wrote, and any other JSON of the right form.
///
/// # Errors
/// When it is not such JSON or nested too deeply. The caller limits the length.
pub fn decode<T: DeserializeOwned>(encoded: &str) -> Result<T, JsonError> {
    from_slice(&base64url::decode(encoded).map_err(|_| JsonError::NotBase64Url)?)
}

/// Reads JSON that is not nested too deeply.
///
/// # Errors
/// As [`decode`].
pub fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, JsonError> {
    if depth(json) > JSON_DEPTH_MAX {
        return Err(JsonError::TooDeep);
    }
    serde_json::from_slice(json).map_err(|error| JsonError::Invalid(error.to_string()))
}

/// How deeply brackets nest outside of strings, of valid JSON or not.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth = depth.saturating_add(1),
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn canonical(json: &str) -> String {
        to_string(&from_slice::<Value>(json.as_bytes()).unwrap()).unwrap()
    }

    /// RFC 8785, appendix B.
    #[test]
    fn numbers_are_written_as_the_standard_prints_them() {
        for (bits, text) in [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] {
            assert_eq!(to_string(&f64::from_bits(bits)).unwrap(), text);
        }
        assert!(to_string(&f64::NAN).is_err());
        assert!(to_string(&f64::INFINITY).is_err());
        assert_eq!(canonical("[9007199254740993, 1.0, 1e3, -0]"), "[9007199254740992,1,1000,0]");
    }

    /// RFC 8785, sections 3.2.2 and 3.2.3.
    #[test]
    fn the_examples_of_the_standard() {
        let input = r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]}"#;
        let output = r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
        assert_eq!(canonical(input), output);
        let keys = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
        let sorted = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}";
        assert_eq!(canonical(keys), sorted);
        assert_eq!(
            canonical(r#"{"d":"Q&A <b>\u2028\u007f"}"#),
            "{\"d\":\"Q&A <b>\u{2028}\u{7f}\"}"
        );
    }

    #[test]
    fn depth_is_limited_and_brackets_in_strings_do_not_count() {
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(from_slice::<Value>(nested(JSON_DEPTH_MAX).as_bytes()).is_ok());
        let too_deep = from_slice::<Value>(nested(JSON_DEPTH_MAX + 1).as_bytes());
        assert_eq!(too_deep, Err(JsonError::TooDeep));
        let open = from_slice::<Value>("[".repeat(1_000_000).as_bytes());
        assert_eq!(open, Err(JsonError::TooDeep));
        assert!(from_slice::<Value>(br#"["[[[[[[[[[[[[[[[[[[[[[[[[[[\"[[[["]"#).is_ok());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(json in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = from_slice::<Value>(&json);
        }

        #[test]
        fn the_canonical_form_keeps_strings_and_is_a_fixed_point(
            map in prop::collection::btree_map("\\PC{0,8}", "\\PC{0,8}", 0..6)
        ) {
            let text = to_string(&map).unwrap();
            prop_assert_eq!(&canonical(&text), &text);
            prop_assert_eq!(decode::<std::collections::BTreeMap<String, String>>(&encode(&map).unwrap()).unwrap(), map);
        }
    }
}
