//! Where a wallet is reached, and the secret of this connection.

use crate::WalletUrlError;
use crate::url_parts::{fingerprint, parameters};
use secp256k1::{SecretKey, XOnlyPublicKey};
use std::fmt;
use std::str::FromStr;
use url::Url;

pub(crate) const FORM: &str = "nostr+walletconnect://PUBKEY?relay=wss://RELAY&secret=HEX";

/// Relays that are tried at most.
const RELAYS_MAX: usize = 8;

/// `nostr+walletconnect://PUBKEY?relay=wss://RELAY&secret=HEX`, as wallets hand it out; `relay`
/// may stand there several times. Never shows its secret, but eight digits of the secret's
/// digest: one wallet has many connections.
#[derive(Clone, PartialEq, Eq)]
pub struct NwcUrl {
    pub(super) wallet: XOnlyPublicKey,
    /// At least one.
    pub(super) relays: Vec<Url>,
    pub(super) secret: SecretKey,
}

impl FromStr for NwcUrl {
    type Err = WalletUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.trim().strip_prefix("nostr+walletconnect:").ok_or(WalletUrlError::Kind)?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (wallet, query) = rest.split_once('?').unwrap_or((rest, ""));
        let wanted = "64 hexadecimal digits";
        let wallet = wallet.trim_end_matches('/').parse();
        let wallet =
            wallet.map_err(|_| WalletUrlError::Value { name: "the public key", wanted })?;
        let parameters = parameters(query, FORM)?;
        let secret = parameters.iter().find(|(name, _)| name == "secret");
        let (_, secret) = secret.ok_or(WalletUrlError::Missing { name: "secret", form: FORM })?;
        let secret =
            secret.parse().map_err(|_| WalletUrlError::Value { name: "secret", wanted })?;
        // Others are hints for people, such as `lud16`.
        let relays = parameters.iter().filter(|(name, _)| name == "relay").take(RELAYS_MAX);
        let relays: Vec<Url> = relays.map(|(_, text)| relay(text)).collect::<Result<_, _>>()?;
        match relays.is_empty() {
            true => Err(WalletUrlError::Missing { name: "relay", form: FORM }),
            false => Ok(Self { wallet, relays, secret }),
        }
    }
}

fn relay(text: &str) -> Result<Url, WalletUrlError> {
    let wanted = "a URL that begins with wss:// or ws://";
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "wss" | "ws") && url.has_host())
        .ok_or(WalletUrlError::Value { name: "relay", wanted })
}

impl fmt::Display for NwcUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = hex::encode(self.secret.secret_bytes());
        let hosts: Vec<&str> = self.relays.iter().filter_map(Url::host_str).collect();
        let (wallet, relay) = (self.wallet, hosts.join(","));
        write!(f, "nostr+walletconnect://{wallet}?relay={relay}&secret=***{}", fingerprint(&secret))
    }
}

impl fmt::Debug for NwcUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NwcUrl({self})")
    }
}
