//! LND, over its REST API: fee limits, and settlements as a stream that goes on where it was cut
//! off.
//!
//! LND's proxy answers with the errors of the calls behind it, some of them inside a 200, and
//! says only in words whether a macaroon was refused.

mod answers;
mod history;
mod payer;
mod receiver;
mod rpc;
mod settled;
mod url;

pub(crate) use url::FORM;
pub use url::LndUrl;

use crate::OpenError;
use crate::http::Http;
use crate::sent::Sent;
use reqwest::header::HeaderName;

const MACAROON: HeaderName = HeaderName::from_static("grpc-metadata-macaroon");

/// A client of one LND.
#[derive(Debug)]
pub struct Lnd {
    http: Http,
    sent: Sent,
}

impl Lnd {
    /// A client that has not connected yet.
    ///
    /// # Errors
    /// [`OpenError`] when a certificate cannot be read.
    pub fn new(url: LndUrl) -> Result<Self, OpenError> {
        let certificate = url.certificate.map(|source| source.read()).transpose()?;
        let http = Http::new(url.base, MACAROON, &url.macaroon, certificate)?;
        Ok(Self { http, sent: Sent::default() })
    }
}
