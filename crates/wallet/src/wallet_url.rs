//! One form of URL for every wallet, and opening what it names.

use crate::{
    Cln, ClnUrl, Lnbits, LnbitsUrl, Lnd, LndUrl, Nwc, NwcUrl, Phoenixd, PhoenixdUrl, Wallet,
    WalletUrlError,
};
use crate::{cln, lnbits, lnd, nwc};
use farebox_net::ClientError;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

/// How each wallet is written.
pub(crate) const FORMS: [&str; 5] =
    ["phoenixd:http://:PASSWORD@HOST:PORT", lnd::FORM, cln::FORM, lnbits::FORM, nwc::FORM];

/// Where a wallet is and what opens it. Never shows a secret.
#[derive(Clone, PartialEq, Eq)]
pub enum WalletUrl {
    /// `phoenixd:…`
    Phoenixd(PhoenixdUrl),
    /// `lnd:…`
    Lnd(LndUrl),
    /// `cln:…`
    Cln(ClnUrl),
    /// `lnbits:…`
    Lnbits(LnbitsUrl),
    /// `nostr+walletconnect:…`
    Nwc(NwcUrl),
}

/// A wallet whose URL is well and that cannot be used all the same.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No HTTP client.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The secret cannot be sent.
    #[error("the wallet's password or key has characters that cannot be sent")]
    Credential,
    /// The certificate's file.
    #[error("cannot use the certificate {}: {reason}", .path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// A client of the wallet that `url` names; it has not connected yet.
///
/// # Errors
/// [`OpenError`] when a certificate cannot be read.
pub fn open_wallet(url: &WalletUrl) -> Result<Arc<dyn Wallet>, OpenError> {
    Ok(match url.clone() {
        WalletUrl::Phoenixd(url) => Arc::new(Phoenixd::new(url)?),
        WalletUrl::Lnd(url) => Arc::new(Lnd::new(url)?),
        WalletUrl::Cln(url) => Arc::new(Cln::new(url)?),
        WalletUrl::Lnbits(url) => Arc::new(Lnbits::new(url)?),
        WalletUrl::Nwc(url) => Arc::new(Nwc::new(url)),
    })
}

impl FromStr for WalletUrl {
    type Err = WalletUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kind = text.trim().split_once(':').map(|(kind, _)| kind);
        match kind {
            Some("phoenixd") => Ok(Self::Phoenixd(text.parse()?)),
            Some("lnd") => text.parse().map(Self::Lnd),
            Some("cln") => text.parse().map(Self::Cln),
            Some("lnbits") => text.parse().map(Self::Lnbits),
            Some("nostr+walletconnect") => text.parse().map(Self::Nwc),
            _ => Err(WalletUrlError::Kind),
        }
    }
}

impl fmt::Display for WalletUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phoenixd(url) => url.fmt(f),
            Self::Lnd(url) => url.fmt(f),
            Self::Cln(url) => url.fmt(f),
            Self::Lnbits(url) => url.fmt(f),
            Self::Nwc(url) => url.fmt(f),
        }
    }
}

impl fmt::Debug for WalletUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WalletUrl({self})")
    }
}
