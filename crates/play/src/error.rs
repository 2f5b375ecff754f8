//! What can go wrong in a play network.

use farebox_store::{StoreError, rusqlite};
use farebox_wallet::WalletError;

/// A request to the play network that was not carried out; nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system has no random numbers.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The request itself cannot be met.
    #[error("{0}")]
    Refused(String),
}

impl From<rusqlite::Error> for PlayError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<PlayError> for WalletError {
    fn from(error: PlayError) -> Self {
        match error {
            PlayError::Refused(reason) => Self::Refused(reason),
            PlayError::Store(_) | PlayError::Random(_) => Self::Unreachable(error.to_string()),
        }
    }
}
