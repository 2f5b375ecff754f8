//! phoenixd, over its HTTP API (version 0.8): the wallet of most self-hosters, and the way to
//! everything else that speaks its API.
//!
//! phoenixd takes no fee limit, makes invoices in whole satoshis only and answers a payment when
//! it has ended. Whatever this client cannot tell for certain is pending.

mod answers;
mod http;
mod payer;
mod receiver;
mod sent;
mod settled;
mod url;

pub use url::{PhoenixdUrl, PhoenixdUrlError};

use farebox_net::ClientError;
use http::Api;
use sent::Sent;
use settled::Seen;

/// A client of one phoenixd.
#[derive(Debug)]
pub struct Phoenixd {
    api: Api,
    sent: Sent,
    seen: Seen,
}

impl Phoenixd {
    /// A client that has not connected yet.
    ///
    /// # Errors
    /// [`ClientError`] when the platform's certificates cannot be read.
    pub fn new(url: PhoenixdUrl) -> Result<Self, ClientError> {
        Ok(Self { api: Api::new(url)?, sent: Sent::default(), seen: Seen::default() })
    }
}
