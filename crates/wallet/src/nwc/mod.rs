//! Nostr Wallet Connect (NIP-47): a wallet anywhere, reached through a relay that both sides
//! talk to. The relay sees who talks to whom and when, and nothing of what is said.
//!
//! Requests are encrypted with NIP-44, or with NIP-04 where the wallet knows nothing better, and
//! expire: whatever a wallet did not read in time it does not carry out later. There is no fee
//! limit; budgets are kept by the wallet. No answer means nothing, and is looked up.

mod answers;
mod cipher;
mod event;
mod exchange;
mod history;
mod keys;
mod nip04;
mod nip44;
mod payer;
mod receiver;
mod relay;
mod settled;
mod url;

pub(crate) use url::FORM;
pub use url::NwcUrl;

use crate::polled::Seen;
use crate::sent::Sent;
use ::url::Url;
use cipher::Cipher;
use keys::Keys;
use relay::{Pool, Relay};
use secp256k1::XOnlyPublicKey;
use std::fmt;
use tokio::sync::{Mutex, OnceCell};

/// A client of one wallet connection.
pub struct Nwc {
    wallet: XOnlyPublicKey,
    relays: Vec<Url>,
    keys: Keys,
    /// What the wallet understands; asked for once.
    cipher: OnceCell<Cipher>,
    pool: Pool,
    /// Where the wallet's notices arrive.
    notices: Mutex<Option<Relay>>,
    sent: Sent,
    seen: Seen,
}

impl Nwc {
    /// A client that has not connected yet.
    #[must_use]
    pub fn new(url: NwcUrl) -> Self {
        Self {
            keys: Keys::new(&url.secret),
            wallet: url.wallet,
            relays: url.relays,
            cipher: OnceCell::new(),
            pool: Pool::default(),
            notices: Mutex::default(),
            sent: Sent::default(),
            seen: Seen::default(),
        }
    }
}

impl fmt::Debug for Nwc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nwc({})", self.wallet)
    }
}
