//! Which service is asked, and how.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;
use url::{Host, Url};
use zeroize::Zeroizing;

/// A service's address may have so many characters.
const URL_LEN_MAX: usize = 1_024;
const ENDPOINT: &str = "embeddings";
const VERSION: &str = "v1";

/// Which service is asked, and how.
#[derive(Clone, Debug)]
pub struct EmbedderOptions {
    /// Where it is.
    pub url: ProviderUrl,
    /// What it calls the model.
    pub model: String,
    /// How many numbers a vector has. The service is asked for so many and others are refused; if
    /// not given, the model's own number, the same in every answer.
    pub dimensions: Option<usize>,
    /// What it is asked with.
    pub api_key: ApiKey,
    /// How long a search waits for the vector of its query.
    pub timeout: Duration,
}

/// What a service is asked with.
#[derive(Clone)]
pub enum ApiKey {
    /// The service asks for no key.
    NotNeeded,
    /// There should be one. The service is not asked at all.
    Missing,
    /// The key.
    Key(Zeroizing<String>),
}

impl ApiKey {
    /// The key in a file, without the line end; [`Self::Missing`] if it cannot be read.
    #[must_use]
    pub fn from_file(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).map(Zeroizing::new);
        text.map_or(Self::Missing, |text| Self::read(&text))
    }

    /// What a file holds that should hold a key: [`Self::Missing`] if that cannot be one.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let key = text.trim();
        let is_plain = key.bytes().all(|byte| byte.is_ascii_graphic());
        if key.is_empty() || !is_plain {
            return Self::Missing;
        }
        Self::Key(Zeroizing::new(key.to_owned()))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotNeeded => "NotNeeded",
            Self::Missing => "Missing",
            Self::Key(_) => "Key(..)",
        })
    }
}

/// The address that is posted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderUrl(Url);

/// What cannot be the address of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderUrlProblem {
    /// No web address, or one with a password, a query or a fragment.
    #[error("must be an address such as https://api.example.com/v1, without a password or a query")]
    NotAnAddress,
    /// Whoever is on the way could read the key and the queries.
    #[error("must begin with https:// (http:// only within a private network)")]
    NotPrivate,
}

impl ProviderUrl {
    /// The address of a service: its beginning (`https://api.example.com`), that with the version
    /// (`https://api.example.com/v1`), or the whole (`https://api.example.com/v1/embeddings`).
    ///
    /// # Errors
    /// [`ProviderUrlProblem`].
    pub fn parse(text: &str) -> Result<Self, ProviderUrlProblem> {
        let url = Url::parse(text).ok().filter(|_| text.len() <= URL_LEN_MAX);
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let is_bare = |url: &Url| {
            url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        };
        let mut url = url.filter(is_bare).ok_or(ProviderUrlProblem::NotAnAddress)?;
        if url.scheme() == "http" && !is_within_private_network(&url) {
            return Err(ProviderUrlProblem::NotPrivate);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        let last = path.rsplit('/').next().unwrap_or_default();
        let whole = match last {
            ENDPOINT => path,
            VERSION => format!("{path}/{ENDPOINT}"),
            _ => format!("{path}/{VERSION}/{ENDPOINT}"),
        };
        url.set_path(&whole);
        Ok(Self(url))
    }

    pub(crate) const fn endpoint(&self) -> &Url {
        &self.0
    }
}

/// Addresses of this machine and of private networks, and names without a dot, such as `localhost`
/// and those of containers beside us.
fn is_within_private_network(url: &Url) -> bool {
    let is_private = |address: IpAddr| match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    };
    match url.host() {
        Some(Host::Domain(name)) => !name.contains('.'),
        Some(Host::Ipv4(address)) => is_private(address.into()),
        Some(Host::Ipv6(address)) => is_private(address.into()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_in_the_three_forms_that_people_write() {
        for text in
            ["https://a.example", "https://a.example/v1/", "https://a.example/v1/embeddings"]
        {
            let url = ProviderUrl::parse(text).unwrap();
            assert_eq!(url.endpoint().as_str(), "https://a.example/v1/embeddings");
        }
        let url = ProviderUrl::parse("http://localhost:8080/openai").unwrap();
        assert_eq!(url.endpoint().as_str(), "http://localhost:8080/openai/v1/embeddings");
    }

    #[test]
    fn what_somebody_on_the_way_could_read_is_refused() {
        let problem = |text: &str| ProviderUrl::parse(text).err();
        for text in
            ["http://127.0.0.1:1", "http://[::1]:2", "http://ollama:11434", "http://10.0.0.7"]
        {
            assert_eq!(problem(text), None, "{text}");
        }
        for text in ["http://a.example", "http://192.0.2.1", "http://[2001:db8::1]"] {
            assert_eq!(problem(text), Some(ProviderUrlProblem::NotPrivate), "{text}");
        }
        for text in
            ["", "a.example", "ftp://a.example", "https://u:p@a.example", "https://a.example/?k=1"]
        {
            assert_eq!(problem(text), Some(ProviderUrlProblem::NotAnAddress), "{text}");
        }
    }

    #[test]
    fn a_key_is_one_word_that_is_never_shown() {
        assert!(matches!(ApiKey::read(" \n"), ApiKey::Missing));
        assert!(matches!(ApiKey::read("two words"), ApiKey::Missing));
        let key = ApiKey::read("sk-secret\n");
        assert!(matches!(&key, ApiKey::Key(key) if key.as_str() == "sk-secret"));
        assert!(!format!("{key:?}").contains("secret"));
    }
}
