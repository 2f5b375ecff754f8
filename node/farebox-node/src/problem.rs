//! Why the program cannot start or go on.

use crate::store::StoreError;
use ldk_node::{BuildError, NodeError};
use std::io;

/// A problem that ends the program, worded for its operator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// A setting is missing or cannot be used.
    #[error("{0}")]
    Setting(String),
    /// A file or folder cannot be read or written.
    #[error("{what}: {error}")]
    File { what: String, error: io::Error },
    /// The data folder holds something that does not fit.
    #[error("{0}")]
    Data(String),
    /// The record of payments cannot be used.
    #[error("the record of payments: {0}")]
    Store(#[from] StoreError),
    /// The Lightning library refuses what it was given or what it finds on the disk.
    #[error("the Lightning node cannot be put together: {0}")]
    Build(#[from] BuildError),
    /// The Lightning library does not start or stop.
    #[error("the Lightning node: {0}")]
    Node(#[from] NodeError),
}

impl Problem {
    /// A problem with a file or folder, which `what` names.
    pub(crate) fn file(what: impl Into<String>, error: io::Error) -> Self {
        Self::File { what: what.into(), error }
    }
}
