//! The digest that ties a challenge to a request body (RFC 9530).

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const PREFIX: &str = "sha-256=";

/// The digest of a request body as a challenge carries it: `sha-256=:<base64>:`.
#[must_use]
pub fn content_digest(body: &[u8]) -> String {
    format!("{PREFIX}:{}:", STANDARD.encode(Sha256::digest(body)))
}

/// Whether a digest is the one of this body. Also takes the form without colons, which some
/// servers write, and a byte sequence without its padding.
#[must_use]
pub fn matches_content(digest: &str, body: &[u8]) -> bool {
    let Some(value) = digest.strip_prefix(PREFIX) else {
        return false;
    };
    let inner = value.strip_prefix(':').and_then(|value| value.strip_suffix(':'));
    let claimed = inner.unwrap_or(value);
    let expected = STANDARD.encode(Sha256::digest(body));
    let unpadded = expected.trim_end_matches('=');
    let equals = |text: &str| bool::from(claimed.as_bytes().ct_eq(text.as_bytes()));
    equals(&expected) || equals(unpadded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_match_and_nothing_else_does() {
        // RFC 9530, appendix D: {"hello": "world"} with a line feed.
        let body = b"{\"hello\": \"world\"}\n";
        let hash = "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=";
        assert_eq!(content_digest(body), format!("sha-256=:{hash}:"));
        let unpadded = hash.trim_end_matches('=');
        for value in [format!(":{hash}:"), hash.to_owned(), format!(":{unpadded}:")] {
            assert!(matches_content(&format!("sha-256={value}"), body), "{value}");
            assert!(!matches_content(&format!("sha-256={value}"), b"other"), "{value}");
        }
        for digest in [
            "",
            "sha-256=",
            "sha-256=::",
            hash,
            &format!("sha-512=:{hash}:"),
            &format!("sha-256=:{hash}"),
        ] {
            assert!(!matches_content(digest, body), "{digest} was taken");
        }
    }
}
