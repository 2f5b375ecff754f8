//! What can be claimed: the name of a host, in one form.

use std::fmt;
use url::Host;

const HOSTNAME_LEN_MAX: usize = 253;
const LABEL_LEN_MAX: usize = 63;

/// The name of a host in lower case, punycode and without a dot at its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hostname(String);

/// Why a text is no host that can be claimed. Each says what to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostnameError {
    /// Nothing, or longer than a name can be.
    #[error("name the host, such as api.example.com")]
    Length,
    /// A scheme, a path or the like is there.
    #[error("only the name of the host, such as api.example.com: no https://, path, user or query")]
    Url,
    /// A port is there.
    #[error("only the name of the host, such as api.example.com: no port")]
    Port,
    /// An address, in whatever notation.
    #[error("an IP address cannot be claimed, only a name such as api.example.com")]
    Address,
    /// Characters or labels that no host has.
    #[error(
        "not the name of a host: labels of letters, digits and hyphens, such as api.example.com"
    )]
    Label,
    /// A suffix under which anybody can have a name, or one that leads to this machine.
    #[error("nobody owns this name alone: claim the host that answers, such as api.example.com")]
    PublicSuffix,
}

/// Which names may be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Names of the public internet alone.
    Public,
    /// Names of this machine and its network too: for tests and the demo.
    Local,
}

impl Hostname {
    /// Reads a name in any case, with or without a dot at its end, in Unicode or punycode.
    ///
    /// # Errors
    /// [`HostnameError`] says what to write in its place.
    pub fn parse(text: &str, reach: Reach) -> Result<Self, HostnameError> {
        let text = text.trim();
        if text.is_empty() || text.len() > 4 * HOSTNAME_LEN_MAX {
            return Err(HostnameError::Length);
        }
        check_plain(text)?;
        let host = match Host::parse(text).map_err(|_| HostnameError::Label)? {
            Host::Domain(name) => name,
            Host::Ipv4(_) | Host::Ipv6(_) => return Err(HostnameError::Address),
        };
        let name = host.strip_suffix('.').unwrap_or(&host);
        if name.len() > HOSTNAME_LEN_MAX {
            return Err(HostnameError::Length);
        }
        if !name.split('.').all(is_label) {
            return Err(HostnameError::Label);
        }
        if reach == Reach::Public && (is_public_suffix(name) || is_local(name)) {
            return Err(HostnameError::PublicSuffix);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_plain(text: &str) -> Result<(), HostnameError> {
    if text.starts_with('[') {
        return Err(HostnameError::Address);
    }
    if text.contains("://") || text.contains(['/', '\\', '?', '#', '@', '%']) {
        return Err(HostnameError::Url);
    }
    match text.split_once(':') {
        None => Ok(()),
        Some((_, rest)) if rest.contains(':') => Err(HostnameError::Address),
        Some(_) => Err(HostnameError::Port),
    }
}

fn is_label(label: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !label.is_empty()
        && label.len() <= LABEL_LEN_MAX
        && label.bytes().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// `com`, `co.uk`, `github.io`: the list that browsers use, and names of one label.
fn is_public_suffix(name: &str) -> bool {
    psl::domain_str(name).is_none()
}

/// Names that resolvers keep for themselves (RFC 6761, RFC 6762, RFC 8375, RFC 9476).
fn is_local(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_reserved = matches!(last, "localhost" | "local" | "internal" | "alt" | "onion");
    is_reserved || name == "home.arpa" || name.ends_with(".home.arpa")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn public(text: &str) -> Result<String, HostnameError> {
        Hostname::parse(text, Reach::Public).map(|name| name.to_string())
    }

    #[test]
    fn a_host_has_one_name() {
        for text in ["api.example.com", " API.Example.COM. ", "ａpi.example.com"] {
            assert_eq!(public(text).as_deref(), Ok("api.example.com"), "{text}");
        }
        let punycode = "xn--mnchen-3ya.example.com";
        assert_eq!(public("münchen.example.com").as_deref(), Ok(punycode));
        assert_eq!(public(punycode).as_deref(), Ok(punycode));
        assert_eq!(public("my-project.github.io").as_deref(), Ok("my-project.github.io"));
    }

    #[test]
    fn what_is_no_host_is_named() {
        use HostnameError::{Address, Label, Length, Port, PublicSuffix, Url};
        for (text, expected) in [
            ("", Length),
            ("https://api.example.com", Url),
            ("api.example.com/x", Url),
            ("user@api.example.com", Url),
            ("api.example.com?x", Url),
            ("api.example.com\\x", Url),
            ("api%2eexample.com", Url),
            ("api.example.com:443", Port),
            ("192.0.2.1", Address),
            ("2130706433", Address),
            ("0x7f.1", Address),
            ("0177.0.0.1", Address),
            ("[::1]", Address),
            ("::1", Address),
            ("::ffff:127.0.0.1", Address),
            ("api..example.com", Label),
            ("-a.example.com", Label),
            ("a b.example.com", Label),
            ("com", PublicSuffix),
            ("co.uk", PublicSuffix),
            ("github.io", PublicSuffix),
            ("localhost", PublicSuffix),
            ("api.localhost", PublicSuffix),
            ("metadata.google.internal", PublicSuffix),
        ] {
            assert_eq!(public(text), Err(expected), "{text}");
        }
        assert_eq!(public(&format!("{}.com", "a".repeat(64))), Err(Label));
        assert_eq!(public(&format!("{}com", "a.".repeat(200))), Err(Length));
    }

    #[test]
    fn this_machine_can_be_claimed_where_that_is_allowed() {
        assert!(Hostname::parse("api.localhost", Reach::Local).is_ok());
        assert_eq!(Hostname::parse("127.0.0.1", Reach::Local), Err(HostnameError::Address));
    }

    proptest! {
        #[test]
        fn a_name_reads_back_as_itself(text in "\\PC{0,40}") {
            if let Ok(name) = Hostname::parse(&text, Reach::Public) {
                prop_assert_eq!(Hostname::parse(name.as_str(), Reach::Public), Ok(name));
            }
        }

        #[test]
        fn a_name_is_the_host_of_its_url(text in "[a-zA-Z0-9.-]{1,40}\\.(com|org)") {
            if let Ok(name) = Hostname::parse(&text, Reach::Public) {
                let url = crate::canonical_url(&format!("https://{name}/x")).unwrap();
                prop_assert_eq!(crate::canonical::host(&url), name.as_str());
            }
        }
    }
}
