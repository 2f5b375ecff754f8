//! Requests to a node that brought no answer, and how far each of them got.

use alloy_primitives::Bytes;

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RpcError {
    /// The node read the call and refused it.
    #[error("the node refused: {message} ({code})")]
    Refused {
        /// The code of JSON-RPC, or the HTTP status where there is none.
        code: i64,
        /// The node's words, harmless and short.
        message: String,
        /// What a contract reverted with, where the node passed it on.
        data: Option<Bytes>,
    },
    /// No connection: nothing of the call left this machine.
    #[error("the node cannot be reached: {0}")]
    Unreachable(String),
    /// No answer in time; the node may have acted on the call.
    #[error("the node did not answer in time")]
    Timeout,
    /// The connection broke after the call was sent; the node may have acted on it.
    #[error("the connection to the node broke: {0}")]
    Broken(String),
    /// An answer that is none; the node may have acted on the call.
    #[error("the node's answer is unreadable: {0}")]
    Unreadable(String),
}

impl RpcError {
    /// Whether the node certainly did not act on the call: it refused, or never saw it. A refusal
    /// of a transaction still needs its reason read, since "already known" is one.
    #[must_use]
    pub const fn is_certain(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Unreachable(_))
    }

    /// Whether a contract refused what was simulated, as opposed to the node's own troubles.
    #[must_use]
    pub fn is_revert(&self) -> bool {
        let Self::Refused { code, message, .. } = self else { return false };
        // Code 3 by geth and those that follow it; others have only the words.
        *code == 3 || message.to_ascii_lowercase().contains("revert")
    }
}
