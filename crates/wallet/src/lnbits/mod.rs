//! LNbits, over its HTTP API: wallets on a server of one's own or of somebody else's.
//!
//! LNbits takes no fee limit and makes invoices in whole satoshis only; a payment that did not
//! succeed is an error of its own (HTTP 520) that says whether it failed. It answers look-ups
//! without a valid key too, of any wallet's payments, but without details; so details are asked
//! for everywhere.

mod answers;
mod http;
mod payer;
mod receiver;
mod settled;
mod url;

pub(crate) use url::FORM;
pub use url::LnbitsUrl;

use crate::OpenError;
use crate::http::Http;
use crate::polled::Seen;
use crate::sent::Sent;
use farebox_wire::bolt11::Network;
use reqwest::header::HeaderName;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A client of one wallet of an LNbits.
#[derive(Debug)]
pub struct Lnbits {
    http: Http,
    network: Network,
    sent: Sent,
    seen: Seen,
}

impl Lnbits {
    /// A client that has not connected yet.
    ///
    /// # Errors
    /// [`OpenError`] when a certificate cannot be read.
    pub fn new(url: LnbitsUrl) -> Result<Self, OpenError> {
        let certificate = url.certificate.map(|source| source.read()).transpose()?;
        let http = Http::new(url.base, API_KEY, &url.key, certificate)?;
        let (network, sent, seen) = (url.network, Sent::default(), Seen::default());
        Ok(Self { http, network, sent, seen })
    }
}
