//! The keys that tokens are signed with: derived, so that no token needs a row.

use farebox_wire::l402::Identifier;
use farebox_wire::mpp::{ChallengeSecret, ChallengeSecrets};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Each signing key is used for 30 days; older tokens go on being verified with theirs.
const EPOCH_S: u64 = 30 * 24 * 3_600;
/// Keys this many epochs old still verify. Tokens expire long before.
const EPOCHS_KEPT: u32 = 3;
/// So a token can live for this long and no longer, in seconds.
pub(crate) const TOKEN_LIFETIME_MAX_S: u64 = 2 * EPOCH_S;
const CHALLENGE_PURPOSE: &[u8] = b"farebox mpp challenge key 1";
const PURPOSE: &[u8] = b"farebox l402 signing key 1";

/// The server's secret. Whoever knows it can mint tokens.
///
/// Kept as an HMAC that has read it: it is the key of whatever is derived.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl Secret {
    /// From 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(keyed(&bytes))
    }

    /// Another key for another purpose, from which this one cannot be told.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        finish(self.0.clone(), &[b"farebox derived key 1", purpose.as_bytes()])
    }

    /// The keys that MPP challenges are signed with now, and the one before.
    pub(crate) fn challenge_secrets(&self, now: u64) -> ChallengeSecrets {
        self.challenge_secrets_of(epoch(now))
    }

    /// All that challenges which are still good may have been signed with.
    pub(crate) fn challenge_secrets_in_use(&self, now: u64) -> [ChallengeSecrets; 2] {
        // One ahead is a clock that was set back; each comes with the one before it.
        let newest = epoch(now).saturating_add(1);
        [newest, newest.saturating_sub(2)].map(|epoch| self.challenge_secrets_of(epoch))
    }

    fn challenge_secrets_of(&self, epoch: u32) -> ChallengeSecrets {
        let key = |epoch: u32| {
            let key = finish(self.0.clone(), &[CHALLENGE_PURPOSE, &epoch.to_be_bytes()]);
            #[expect(clippy::expect_used, reason = "an HMAC is as long as a secret has to be")]
            ChallengeSecret::new(&key).expect("32 bytes")
        };
        ChallengeSecrets { current: key(epoch), previous: epoch.checked_sub(1).map(key) }
    }

    /// A fresh name for a token at `now` (seconds since 1970): the epoch of its key, then random
    /// bytes.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn new_token_id(now: u64) -> Result<[u8; 32], getrandom::Error> {
        let mut token_id = [0; 32];
        getrandom::fill(&mut token_id)?;
        if let Some(head) = token_id.first_chunk_mut::<4>() {
            *head = epoch(now).to_be_bytes();
        }
        Ok(token_id)
    }

    /// The root key of a token; `None` when its key is not, or no longer, in use.
    pub(crate) fn root_key(&self, identifier: &Identifier, now: u64) -> Option<[u8; 32]> {
        let named = KeyEpoch::of(identifier);
        if !named.is_in_use(now) {
            return None;
        }
        let signing_key = finish(self.0.clone(), &[PURPOSE, &named.0.to_be_bytes()]);
        Some(finish(keyed(&signing_key), &[&identifier.encode()]))
    }
}

/// Which of a secret's signing keys a token was signed with, as the token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyEpoch(u32);

impl KeyEpoch {
    pub(crate) fn of(identifier: &Identifier) -> Self {
        let [a, b, c, d, ..] = identifier.token_id;
        Self(u32::from_be_bytes([a, b, c, d]))
    }

    /// Whether what was signed with it is taken at `now` (seconds since 1970).
    pub(crate) fn is_in_use(self, now: u64) -> bool {
        let current = epoch(now);
        // One ahead is a clock that was set back; what was sold before must stay good.
        self.0 <= current.saturating_add(1) && current <= self.0.saturating_add(EPOCHS_KEPT)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

fn epoch(now: u64) -> u32 {
    u32::try_from(now / EPOCH_S).unwrap_or(u32::MAX)
}

pub(crate) fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    Hmac::new_from_slice(key).expect("any key length")
}

pub(crate) fn finish(mut mac: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_wire::lightning::PaymentHash;

    fn identifier(now: u64) -> Identifier {
        let token_id = Secret::new_token_id(now).unwrap();
        Identifier { payment_hash: PaymentHash::new([1; 32]), token_id }
    }

    #[test]
    fn keys_rotate_and_old_tokens_are_verified_until_their_key_is_retired() {
        let secret = Secret::new([7; 32]);
        let now = 100 * EPOCH_S;
        let token = identifier(now);
        let key = secret.root_key(&token, now).unwrap();
        assert_eq!(secret.root_key(&token, now + 3 * EPOCH_S), Some(key));
        assert_eq!(secret.root_key(&token, now + 4 * EPOCH_S), None);
        assert_eq!(secret.root_key(&token, now - EPOCH_S), Some(key), "a clock that was set back");
        assert_eq!(secret.root_key(&token, now - 2 * EPOCH_S), None, "a key of the future");
        assert_ne!(secret.root_key(&identifier(now), now), Some(key), "one key for each token");
        assert_ne!(Secret::new([8; 32]).root_key(&token, now), Some(key));
    }
}
