//! What the tests of real Lightning stand on: a regtest chain of our own, nodes and a seller as
//! child processes, and waiting.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

pub mod chain;
mod folder;
mod http;
mod node;
mod process;
mod seller;
mod topology;
mod wait;

pub use folder::scratch_folder;
pub use http::{Answer, Http};
pub use node::Node;
pub use seller::Seller;
pub use topology::{Share, announced_route_is_known, fund, open_channel};
pub use wait::until;
