//! Where the chain is read from.

use crate::problem::Problem;
use percent_encoding::percent_decode_str;
use std::fmt;
use url::Url;

/// A source of blocks and transactions.
#[derive(PartialEq, Eq)]
pub(crate) enum ChainSource {
    /// An Esplora server's address.
    Esplora(String),
    /// An Electrum server's address.
    Electrum(String),
    /// bitcoind's JSON-RPC.
    Bitcoind { host: String, port: u16, user: String, password: String },
}

/// Without the password.
impl fmt::Debug for ChainSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Esplora(url) => write!(f, "esplora:{url}"),
            Self::Electrum(url) => write!(f, "electrum:{url}"),
            Self::Bitcoind { host, port, .. } => write!(f, "bitcoind:http://{host}:{port}"),
        }
    }
}

impl ChainSource {
    /// Reads `esplora:URL`, `electrum:URL` or `bitcoind:http://USER:PASSWORD@HOST:PORT`.
    ///
    /// # Errors
    ///
    /// Says what the text lacks, without showing it: it may hold a password.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let refused = |why: &str| Problem::Setting(format!("--chain: {why}"));
        match text.split_once(':') {
            Some(("esplora", url)) if is_url(url, &["http", "https"]) => {
                Ok(Self::Esplora(url.to_owned()))
            }
            Some(("electrum", url)) if is_url(url, &["ssl", "tcp"]) => {
                Ok(Self::Electrum(url.to_owned()))
            }
            Some(("bitcoind", url)) => {
                bitcoind(url).ok_or_else(|| refused("use bitcoind:http://USER:PASSWORD@HOST:PORT"))
            }
            Some(("esplora", _)) => Err(refused("use esplora:https://HOST/…")),
            Some(("electrum", _)) => Err(refused("use electrum:ssl://HOST:PORT")),
            _ => Err(refused("use esplora:URL, electrum:URL or bitcoind:URL")),
        }
    }
}

fn is_url(text: &str, schemes: &[&str]) -> bool {
    Url::parse(text).is_ok_and(|url| schemes.contains(&url.scheme()) && url.has_host())
}

fn bitcoind(text: &str) -> Option<ChainSource> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "http")?;
    let decoded = |part: &str| Some(percent_decode_str(part).decode_utf8().ok()?.into_owned());
    Some(ChainSource::Bitcoind {
        host: url.host_str()?.to_owned(),
        port: url.port_or_known_default()?,
        user: decoded(url.username())?,
        password: decoded(url.password()?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_is_read() {
        let esplora = ChainSource::parse("esplora:https://a.example/api").unwrap();
        assert_eq!(esplora, ChainSource::Esplora("https://a.example/api".into()));
        let electrum = ChainSource::parse("electrum:ssl://a.example:50002").unwrap();
        assert_eq!(electrum, ChainSource::Electrum("ssl://a.example:50002".into()));
        let bitcoind = ChainSource::parse("bitcoind:http://me:p%40ss@127.0.0.1:18443").unwrap();
        let (host, user) = ("127.0.0.1".to_owned(), "me".to_owned());
        let wanted = ChainSource::Bitcoind { host, port: 18_443, user, password: "p@ss".into() };
        assert_eq!(bitcoind, wanted);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for text in ["", "esplora:a.example", "electrum:http://a", "bitcoind:http://h:1", "x:y"] {
            assert!(ChainSource::parse(text).is_err(), "{text}");
        }
        let refused = ChainSource::parse("bitcoind:https://me:secret@h:1").unwrap_err();
        assert!(!refused.to_string().contains("secret"));
        let source = ChainSource::parse("bitcoind:http://me:secret@h:1").unwrap();
        assert!(!format!("{source:?}").contains("secret"));
    }
}
