//! Which encryption a wallet understands.

use super::{nip04, nip44};
use crate::WalletError;

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    Nip04,
    Nip44,
}

impl Cipher {
    /// The best of what a wallet names; one that names nothing knows the old one only.
    pub(super) fn of(tag: Option<&str>) -> Result<Self, WalletError> {
        let names: Vec<&str> = tag.unwrap_or("nip04").split_whitespace().collect();
        if names.contains(&"nip44_v2") {
            Ok(Self::Nip44)
        } else if names.contains(&"nip04") {
            Ok(Self::Nip04)
        } else {
            let text = "the wallet understands neither NIP-44 nor NIP-04";
            Err(WalletError::Unreadable(text.into()))
        }
    }

    /// As tags have it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Nip04 => "nip04",
            Self::Nip44 => "nip44_v2",
        }
    }

    pub(super) fn encrypt(self, shared_x: &[u8; 32], text: &str) -> Result<String, WalletError> {
        match self {
            Self::Nip04 => nip04::encrypt(shared_x, text),
            Self::Nip44 => nip44::encrypt(shared_x, text),
        }
    }

    /// Decrypts an answer, which comes in the encryption of its request.
    pub(super) fn decrypt(self, shared_x: &[u8; 32], text: &str) -> Result<String, WalletError> {
        match self {
            Self::Nip04 => nip04::decrypt(shared_x, text),
            Self::Nip44 => nip44::decrypt(shared_x, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_encryption_is_chosen() {
        assert_eq!(Cipher::of(Some("nip04 nip44_v2")), Ok(Cipher::Nip44));
        assert_eq!(Cipher::of(Some("nip44_v2")), Ok(Cipher::Nip44));
        assert_eq!(Cipher::of(Some("nip04")), Ok(Cipher::Nip04));
        assert_eq!(Cipher::of(None), Ok(Cipher::Nip04));
        assert!(Cipher::of(Some("nip99")).is_err());
    }
}
