//! Where a Core Lightning node is, and its rune.

use crate::WalletUrlError;
use crate::certificate::CertificateSource;
use crate::url_parts::UrlParts;
use std::fmt;
use std::str::FromStr;
use url::Url;

pub(crate) const FORM: &str = "cln:https://HOST:PORT?rune=RUNE&cert=BASE64PEM|PATH";

/// `cln:https://HOST:PORT?rune=RUNE&cert=BASE64PEM|PATH`. Never shows its rune.
#[derive(Clone, PartialEq, Eq)]
pub struct ClnUrl {
    pub(super) base: Url,
    pub(super) rune: String,
    pub(super) certificate: Option<CertificateSource>,
}

impl FromStr for ClnUrl {
    type Err = WalletUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = UrlParts::parse(text, "cln:", FORM)?;
        let rune = parts.take_required("rune")?;
        if !rune.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(WalletUrlError::Value { name: "rune", wanted: "a rune in base64" });
        }
        let certificate = parts.take("cert").map(|text| text.parse()).transpose()?;
        let base = parts.end()?;
        Ok(Self { base, rune, certificate })
    }
}

impl fmt::Display for ClnUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, authority) = (self.base.scheme(), self.base.authority());
        write!(f, "cln:{scheme}://{authority}?rune=***")
    }
}

impl fmt::Debug for ClnUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClnUrl({self})")
    }
}
