//! phoenixd, over its HTTP API (version 0.8): the wallet of most self-hosters, and the way to
//! everything else that speaks its API.
//!
//! phoenixd takes no fee limit, makes invoices in whole satoshis only and answers a payment when
//! it has ended. Whatever this client cannot tell for certain is pending. A node that names
//! `feeLimit` among the `extensions` of its `GET /getinfo` takes one: `maxFeeMsat`.

mod answers;
mod extensions;
mod history;
mod http;
mod payer;
mod receiver;
mod settled;
mod url;

pub use url::{PhoenixdUrl, PhoenixdUrlError};

use crate::OpenError;
use crate::sent::Sent;
use http::Api;
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
    /// [`OpenError`] when the platform's certificates cannot be read.
    pub fn new(url: PhoenixdUrl) -> Result<Self, OpenError> {
        Ok(Self { api: Api::new(url)?, sent: Sent::default(), seen: Seen::default() })
    }
}
