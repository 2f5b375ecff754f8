//! Where an LND is, and its macaroon.

use crate::WalletUrlError;
use crate::certificate::CertificateSource;
use crate::url_parts::UrlParts;
use std::fmt;
use std::str::FromStr;
use url::Url;

pub(crate) const FORM: &str = "lnd:https://HOST:8080?macaroon=HEX&cert=BASE64PEM|PATH";

/// `lnd:https://HOST:8080?macaroon=HEX&cert=BASE64PEM|PATH`. Never shows its macaroon.
#[derive(Clone, PartialEq, Eq)]
pub struct LndUrl {
    pub(super) base: Url,
    /// Hexadecimal.
    pub(super) macaroon: String,
    pub(super) certificate: Option<CertificateSource>,
}

impl FromStr for LndUrl {
    type Err = WalletUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = UrlParts::parse(text, "lnd:", FORM)?;
        let macaroon = parts.take_required("macaroon")?;
        if macaroon.is_empty() || !macaroon.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(WalletUrlError::Value { name: "macaroon", wanted: "hexadecimal digits" });
        }
        let certificate = parts.take("cert").map(|text| text.parse()).transpose()?;
        let base = parts.end()?;
        Ok(Self { base, macaroon, certificate })
    }
}

impl fmt::Display for LndUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, authority) = (self.base.scheme(), self.base.authority());
        write!(f, "lnd:{scheme}://{authority}?macaroon=***")
    }
}

impl fmt::Debug for LndUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LndUrl({self})")
    }
}
