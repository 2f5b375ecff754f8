//! Where a phoenixd is, and its password.

use percent_encoding::percent_decode_str;
use std::fmt;
use std::str::FromStr;
use url::Url;

/// `phoenixd:http://:PASSWORD@HOST:PORT`, also with `https`. Never shows its password; a
/// password with characters that mean something in a URL is percent-encoded.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoenixdUrl {
    /// Without the password.
    pub(super) base: Url,
    pub(super) password: String,
}

/// A text that does not say where a phoenixd is. No text of these holds the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoenixdUrlError {
    /// Another scheme, or none.
    #[error("a phoenixd wallet is written phoenixd:http://:PASSWORD@HOST:PORT")]
    Scheme,
    /// What follows `phoenixd:` cannot be read.
    #[error("the URL after \"phoenixd:\" is not valid: {0}; percent-encode the password")]
    Url(url::ParseError),
    /// A user name, where phoenixd has none.
    #[error("phoenixd has no user name: write the password as http://:PASSWORD@HOST:PORT")]
    User,
    /// No password.
    #[error("the password is missing: write phoenixd:http://:PASSWORD@HOST:PORT")]
    NoPassword,
    /// The password is not UTF-8 after decoding.
    #[error("the password is not valid: its percent-encoding is not UTF-8")]
    Password,
    /// A path, query or fragment.
    #[error("the URL must end after the port")]
    Rest,
}

impl FromStr for PhoenixdUrl {
    type Err = PhoenixdUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner = text.trim().strip_prefix("phoenixd:").ok_or(PhoenixdUrlError::Scheme)?;
        let mut base = Url::parse(inner).map_err(PhoenixdUrlError::Url)?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(PhoenixdUrlError::Scheme);
        }
        if !base.username().is_empty() {
            return Err(PhoenixdUrlError::User);
        }
        if base.path() != "/" || base.query().is_some() || base.fragment().is_some() {
            return Err(PhoenixdUrlError::Rest);
        }
        let encoded = base.password().ok_or(PhoenixdUrlError::NoPassword)?;
        let password = percent_decode_str(encoded)
            .decode_utf8()
            .map_err(|_| PhoenixdUrlError::Password)?
            .into_owned();
        base.set_password(None).map_err(|()| PhoenixdUrlError::Scheme)?;
        Ok(Self { base, password })
    }
}

impl fmt::Display for PhoenixdUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.base.authority();
        write!(f, "phoenixd:{}://:***@{authority}", self.base.scheme())
    }
}

impl fmt::Debug for PhoenixdUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoenixdUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PhoenixdUrl, PhoenixdUrlError> {
        text.parse()
    }

    #[test]
    fn reads_address_and_password() {
        let url = parse("phoenixd:http://:s3cret@127.0.0.1:9740").unwrap();
        assert_eq!(url.base.as_str(), "http://127.0.0.1:9740/");
        assert_eq!(url.password, "s3cret");
        let url = parse(" phoenixd:https://:a%2Fb%3A%40%C3%A9@wallet.example/ ").unwrap();
        assert_eq!(url.password, "a/b:@é");
        assert_eq!(url.base.scheme(), "https");
    }

    #[test]
    fn never_shows_the_password() {
        let url = parse("phoenixd:http://:s3cret@127.0.0.1:9740").unwrap();
        assert_eq!(url.to_string(), "phoenixd:http://:***@127.0.0.1:9740");
        assert!(!format!("{url:?}").contains("s3cret"));
        for text in [
            "http://:s3cret@127.0.0.1:9740",
            "phoenixd:ftp://:s3cret@127.0.0.1:9740",
            "phoenixd:http://:s3cret@127.0.0.1:97400",
            "phoenixd:http://:s3cret#@127.0.0.1:9740",
            "phoenixd:http://:s3cret/@127.0.0.1:9740",
            "phoenixd:http://user:s3cret@127.0.0.1:9740",
            "phoenixd:http://:s3cret%FF@127.0.0.1:9740",
            "phoenixd:http://:s3cret@127.0.0.1:9740/path",
            "phoenixd:s3cret",
        ] {
            let error = parse(text).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("s3cret"), "{text}: {shown}");
        }
    }

    #[test]
    fn says_what_is_missing() {
        assert_eq!(parse("phoenixd:http://127.0.0.1:9740"), Err(PhoenixdUrlError::NoPassword));
        assert_eq!(parse("lnd:https://x"), Err(PhoenixdUrlError::Scheme));
        assert_eq!(parse("phoenixd:http://:p@host:1/payinvoice"), Err(PhoenixdUrlError::Rest));
    }
}
