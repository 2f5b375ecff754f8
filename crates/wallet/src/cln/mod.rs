//! Core Lightning, over the REST API of its plugin clnrest (release 24.11 and later, which have
//! `xpay`): fee limits, amounts in millisatoshis, and settlements by number.

mod answers;
mod history;
mod payer;
mod receiver;
mod rpc;
mod url;

pub use url::ClnUrl;
pub(crate) use url::FORM;

use crate::OpenError;
use crate::http::Http;
use crate::sent::Sent;
use reqwest::header::HeaderName;

const RUNE: HeaderName = HeaderName::from_static("rune");

/// A client of one Core Lightning node.
#[derive(Debug)]
pub struct Cln {
    http: Http,
    sent: Sent,
}

impl Cln {
    /// A client that has not connected yet.
    ///
    /// # Errors
    /// [`OpenError`] when a certificate cannot be read.
    pub fn new(url: ClnUrl) -> Result<Self, OpenError> {
        let certificate = url.certificate.map(|source| source.read()).transpose()?;
        let http = Http::new(url.base, RUNE, &url.rune, certificate)?;
        Ok(Self { http, sent: Sent::default() })
    }
}
