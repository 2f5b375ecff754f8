//! LNbits, over its HTTP API: wallets on a server of one's own or of somebody else's.
//!
//! LNbits takes no fee limit and makes invoices in whole satoshis only; a payment that did not
//! succeed is an error of its own (HTTP 520) that says whether it failed. It answers look-ups
//! without a valid key too, of any wallet's payments, but without details; so details are asked
//! for everywhere.

mod answers;
mod history;
mod http;
mod payer;
mod receiver;
mod settled;
mod url;

pub(crate) use url::FORM;
pub use url::LnbitsUrl;

use crate::OpenError;
use crate::bell::Bell;
use crate::http::Http;
use crate::polled::Seen;
use crate::sent::Sent;
use ::url::Url;
use farebox_net::TrustedCertificate;
use farebox_wire::bolt11::Network;
use reqwest::header::HeaderName;
use std::sync::Arc;
use tokio_tungstenite::Connector;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A client of one wallet of an LNbits.
#[derive(Debug)]
pub struct Lnbits {
    http: Http,
    network: Network,
    sent: Sent,
    seen: Seen,
    /// Rings for every payment of the wallet.
    bell: Bell,
}

impl Lnbits {
    /// A client that has not connected yet.
    ///
    /// # Errors
    /// [`OpenError`] when a certificate cannot be read.
    pub fn new(url: LnbitsUrl) -> Result<Self, OpenError> {
        let LnbitsUrl { base, key, network, certificate } = url;
        let certificate = certificate.map(|source| source.read()).transpose()?;
        let bell = bell(base.clone(), &key, certificate.as_ref())?;
        let http = Http::new(base, API_KEY, &key, certificate)?;
        let (sent, seen) = (Sent::default(), Seen::default());
        Ok(Self { http, network, sent, seen, bell })
    }
}

/// Whoever knows a key of the wallet may listen; it is a part of the address.
fn bell(base: Url, key: &str, certificate: Option<&TrustedCertificate>) -> Result<Bell, OpenError> {
    let mut socket = base;
    if let Ok(mut path) = socket.path_segments_mut() {
        path.pop_if_empty().extend(["api", "v1", "ws", key]);
    }
    let config = certificate.map(TrustedCertificate::client_config).transpose()?;
    let tls = config.map(|config| Connector::Rustls(Arc::new(config)));
    Ok(Bell::new(socket, None, tls))
}
