//! Outbound HTTP and the keys by which clients are counted.

mod client;
mod client_key;

pub use client::{ClientError, ClientOptions, http_client};
pub use client_key::ClientKey;
