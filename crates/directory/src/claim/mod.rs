//! Claims: a provider proves that a host is theirs, and commands its listings from then on.
//!
//! Whoever asks gets a token of their own; the one whose hash the host publishes, in a file or a
//! TXT record, or whose hash is signed by whoever the host's endpoints are paid to, becomes its
//! owner. Pure: `hostname`, `token`, `rules`, `message`. The rest is I/O.

mod api;
mod authorise;
mod claims;
mod error;
mod hostname;
mod hosts;
mod message;
mod proof;
mod rows;
mod rules;
mod service_rows;
mod services;
mod token;

pub use api::{admin_routes, routes};
pub use authorise::{Owner, authorise, is_verified, owner};
pub use claims::{Begun, ClaimOptions, Claims, Proof};
pub use error::{ClaimError, ProofFailure};
pub use hostname::{Hostname, HostnameError, Reach};
pub use rules::{CLAIM_WINDOW, ClaimRefusal, ProofMethod};
pub use services::{CHALLENGE_WINDOW, Challenge, Managed};
pub use token::{ClaimHash, ClaimToken};

use farebox_store::{StoreError, Transaction};
use jiff::Timestamp;

/// Drops what expired long ago; to be run once a day.
///
/// # Errors
/// [`StoreError`].
pub fn purge(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StoreError> {
    rows::purge(transaction, now)
}
