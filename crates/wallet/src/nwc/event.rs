//! Events: the signed messages that relays pass on (NIP-01).

use super::keys::Keys;
use crate::WalletError;
use secp256k1::XOnlyPublicKey;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

/// What a wallet says of itself.
pub(super) const INFO: u16 = 13_194;
pub(super) const REQUEST: u16 = 23_194;
pub(super) const RESPONSE: u16 = 23_195;
/// Encrypted with NIP-04, and with NIP-44.
pub(super) const NOTIFICATIONS: [u16; 2] = [23_196, 23_197];

/// A signed message.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Event {
    pub(super) id: String,
    pubkey: String,
    /// Seconds since 1970.
    created_at: u64,
    kind: u16,
    tags: Vec<Vec<String>>,
    pub(super) content: String,
    sig: String,
}

impl Event {
    /// Writes and signs an event.
    pub(super) fn sign(
        keys: &Keys,
        kind: u16,
        tags: Vec<Vec<String>>,
        content: String,
        created_at: u64,
    ) -> Result<Self, WalletError> {
        let (id, sig) = (String::new(), String::new());
        let pubkey = keys.public().to_string();
        let mut event = Self { id, pubkey, created_at, kind, tags, content, sig };
        let digest = event.digest();
        event.id = hex::encode(digest);
        event.sig = keys.sign(digest)?.to_string();
        Ok(event)
    }

    /// Whether it is of one of `kinds` and by `author`: relays may pass on anything.
    pub(super) fn is_by(&self, author: &XOnlyPublicKey, kinds: &[u16], keys: &Keys) -> bool {
        let digest = self.digest();
        kinds.contains(&self.kind)
            && self.pubkey == author.to_string()
            && self.id == hex::encode(digest)
            && keys.is_signed(digest, &self.sig, author)
    }

    /// The value of the first tag called `name`.
    pub(super) fn tag(&self, name: &str) -> Option<&str> {
        let tag = self.tags.iter().find(|tag| tag.first().is_some_and(|first| first == name))?;
        tag.get(1).map(String::as_str)
    }

    fn digest(&self) -> [u8; 32] {
        let Self { pubkey, created_at, kind, tags, content, .. } = self;
        let text = json!([0, pubkey, created_at, kind, tags, content]).to_string();
        Sha256::digest(text).into()
    }
}
