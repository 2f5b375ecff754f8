//! The secret of a claim, and its hash that the provider publishes.

use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// 32 random bytes: who has them commands the domain once the claim is verified. Kept nowhere;
/// `Debug` hides them.
#[derive(Clone)]
pub struct ClaimToken([u8; 32]);

/// The SHA-256 of a token: proves nothing about it to those who do not have it, so that it can
/// stand on a public page. What the directory keeps.
#[derive(Clone, Copy)]
pub struct ClaimHash([u8; 32]);

impl ClaimToken {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// 64 hexadecimal digits, for its owner's eyes.
    #[must_use]
    pub fn reveal(&self) -> String {
        hex::encode(self.0)
    }

    /// What is published and kept of it: the hash of its 64 digits, which any shell can make.
    #[must_use]
    pub fn hash(&self) -> ClaimHash {
        ClaimHash(Sha256::digest(self.reveal()).into())
    }
}

impl fmt::Debug for ClaimToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimToken(***)")
    }
}

impl ClaimHash {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads what a provider published: 64 hexadecimal digits in either case, with white space or
    /// a byte order mark around them and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

/// Takes the same time wherever the two differ.
impl PartialEq for ClaimHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for ClaimHash {}

impl fmt::Display for ClaimHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ClaimHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_digits() {
        // printf 0707…07 | sha256sum
        let token = ClaimToken([7; 32]);
        let expected = hex::encode(Sha256::digest("07".repeat(32)));
        assert_eq!(token.hash().to_string(), expected);
        assert_eq!(ClaimToken::parse(&token.reveal()).unwrap().hash(), token.hash());
        assert_eq!(format!("{token:?}"), "ClaimToken(***)");
    }

    #[test]
    fn a_published_hash_is_read_as_people_publish_it() {
        let hash = ClaimHash::new([0xab; 32]);
        for text in
            [format!("{hash}\n"), format!("\u{feff} {}\r\n", hash.to_string().to_uppercase())]
        {
            assert_eq!(ClaimHash::parse(&text), Some(hash), "{text:?}");
        }
        for text in [String::new(), format!("{hash}\n{hash}"), format!("hash: {hash}")] {
            assert_eq!(ClaimHash::parse(&text), None, "{text:?}");
        }
        assert!(ClaimToken::parse("abc").is_none());
    }
}
