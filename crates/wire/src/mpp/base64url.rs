//! Base64 with the URL alphabet. Written without padding; padding that is right is read.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Text that is not base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64url")]
pub(super) struct NotBase64Url;

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    ENGINE.encode(bytes)
}

/// Bits behind the last byte must be zero, so that each value has one spelling but for padding.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, NotBase64Url> {
    ENGINE.decode(text).map_err(|_| NotBase64Url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_may_be_missing_and_everything_else_is_strict() {
        assert_eq!(encode([0xff, 0xfe]), "__4");
        for text in ["aGVsbG8", "aGVsbG8="] {
            assert_eq!(decode(text).unwrap(), b"hello", "{text}");
        }
        for text in
            ["AB", "aGVs\nbG8", "a+b/", "aGV=bG8", "aGVsbG8===", "aGVsbG=", "aGVsb", "!!", "é"]
        {
            assert!(decode(text).is_err(), "{text} was taken");
        }
    }
}
