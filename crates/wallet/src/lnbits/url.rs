//! Where an LNbits is, the key of one of its wallets, and the chain behind it.

use crate::WalletUrlError;
use crate::certificate::CertificateSource;
use crate::invoice::network;
use crate::url_parts::{UrlParts, fingerprint};
use farebox_wire::bolt11::Network;
use std::fmt;
use std::str::FromStr;
use url::Url;

pub(crate) const FORM: &str = "lnbits:https://HOST?key=KEY";

/// `lnbits:https://HOST?key=KEY&network=mainnet&cert=BASE64PEM|PATH`. Never shows its key, but
/// eight digits of the key's digest: one server has many wallets.
///
/// LNbits does not say which chain its funds are on: `network` does, `mainnet` without it.
#[derive(Clone, PartialEq, Eq)]
pub struct LnbitsUrl {
    pub(super) base: Url,
    pub(super) key: String,
    pub(super) network: Network,
    pub(super) certificate: Option<CertificateSource>,
}

impl FromStr for LnbitsUrl {
    type Err = WalletUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = UrlParts::parse(text, "lnbits:", FORM)?;
        let key = parts.take_required("key")?;
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(WalletUrlError::Value { name: "key", wanted: "an API key of a wallet" });
        }
        let wanted = "mainnet, testnet, signet or regtest";
        let chain = parts.take("network").unwrap_or_else(|| "mainnet".into());
        let network =
            network(&chain).map_err(|_| WalletUrlError::Value { name: "network", wanted })?;
        let certificate = parts.take("cert").map(|text| text.parse()).transpose()?;
        let base = parts.end()?;
        Ok(Self { base, key, network, certificate })
    }
}

impl fmt::Display for LnbitsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, authority) = (self.base.scheme(), self.base.authority());
        write!(f, "lnbits:{scheme}://{authority}?key=***{}", fingerprint(&self.key))
    }
}

impl fmt::Debug for LnbitsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LnbitsUrl({self})")
    }
}
