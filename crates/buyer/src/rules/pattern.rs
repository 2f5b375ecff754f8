//! Hosts and payees as a policy names them.

use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// A host, every host below one (`*.example.com`), or any (`*`). Without a port it is the
/// scheme's own; `:*` is any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    name: Name,
    port: Port,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Any,
    Exact(String),
    Below(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    Default,
    Any,
    Number(u16),
}

impl HostPattern {
    /// Whether an address is at such a host.
    #[must_use]
    pub fn matches(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let host = host.trim_end_matches('.');
        let name = match &self.name {
            Name::Any => true,
            Name::Exact(name) => host == name,
            Name::Below(name) => {
                let below = host.strip_suffix(name.as_str());
                below.is_some_and(|below| below.len() > 1 && below.ends_with('.'))
            }
        };
        let port = match self.port {
            Port::Default => url.port().is_none() || self.name == Name::Any,
            Port::Any => true,
            Port::Number(number) => url.port_or_known_default() == Some(number),
        };
        name && port
    }
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || {
            format!(
                "{:?} is no host: write \"api.example.com\", \"*.example.com\", \
                 \"localhost:4020\" or \"*\"",
                text.chars().take(80).collect::<String>()
            )
        };
        let (name, port) = split_port(text).ok_or_else(refuse)?;
        let exact = |name: &str| match Host::parse(name.trim_end_matches('.')) {
            Ok(host) if !name.contains('*') => Ok(host.to_string()),
            _ => Err(refuse()),
        };
        let name = match name.strip_prefix("*.") {
            _ if name == "*" => Name::Any,
            Some(below) => match Host::parse(below) {
                // Nothing is below an address of numbers.
                Ok(Host::Domain(_)) => Name::Below(exact(below)?),
                _ => return Err(refuse()),
            },
            None => Name::Exact(exact(name)?),
        };
        Ok(Self { name, port, text: text.to_owned() })
    }
}

/// The host of a pattern and its port. The colons of an IPv6 address stand in brackets.
fn split_port(text: &str) -> Option<(&str, Port)> {
    let Some((name, port)) = text.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) else {
        return Some((text, Port::Default));
    };
    let port = match port {
        "*" => Port::Any,
        number => Port::Number(number.parse().ok().filter(|number| *number > 0)?),
    };
    Some((name, port))
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A payee, or every payee that begins in the same way (`02ab*`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayeePattern(String);

impl PayeePattern {
    /// Whether it is this payee. Hexadecimal is the same in either case.
    #[must_use]
    pub fn matches(&self, payee: &str) -> bool {
        let payee = payee.to_ascii_lowercase();
        match self.0.strip_suffix('*') {
            Some(start) => payee.starts_with(start),
            None => payee == self.0,
        }
    }
}

impl FromStr for PayeePattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.strip_suffix('*').unwrap_or(text);
        if text.is_empty() || text.len() > 256 || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(format!(
                "{:?} is no payee: write a node's public key or an address, or its start and \"*\"",
                text.chars().take(80).collect::<String>()
            ));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for PayeePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, url: &str) -> bool {
        pattern.parse::<HostPattern>().unwrap().matches(&Url::parse(url).unwrap())
    }

    #[test]
    fn a_host_is_itself_and_nobody_who_looks_like_it() {
        assert!(matches("api.example.com", "https://API.example.com/x"));
        assert!(matches("Api.Example.com", "https://api.example.com."));
        for url in [
            "https://example.com",
            "https://x.api.example.com",
            "https://api.example.com.evil.example",
            "https://evil.example/api.example.com",
            "https://api.example.com@evil.example",
            "https://api.example.com:8443",
            "https://api-example.com",
        ] {
            assert!(!matches("api.example.com", url), "{url}");
        }
    }

    #[test]
    fn a_star_stands_for_what_is_below_and_not_for_what_ends_alike() {
        for url in ["https://a.example.com", "https://b.a.example.com"] {
            assert!(matches("*.example.com", url), "{url}");
        }
        for url in ["https://example.com", "https://evilexample.com", "https://a.example.com:81"] {
            assert!(!matches("*.example.com", url), "{url}");
        }
        assert!(matches("*", "http://anything.example:81"));
    }

    #[test]
    fn ports_and_numbers_are_told_apart() {
        assert!(matches("localhost:4020", "http://localhost:4020/x"));
        assert!(!matches("localhost:4020", "http://localhost:4021/x"));
        assert!(matches("localhost:*", "http://localhost:4021/x"));
        assert!(matches("a.example:443", "https://a.example"));
        assert!(!matches("a.example:443", "http://a.example"));
        assert!(matches("[::1]:80", "http://[::1]/"));
        assert!(matches("[::1]", "http://[::1]/"));
        assert!(matches("münchen.example", "https://xn--mnchen-3ya.example/"));
        for text in
            ["", "a b", "*.*", "a*.example", "*.127.0.0.1", "a:0", "a:99999", "http://a", "a/b"]
        {
            assert!(text.parse::<HostPattern>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn payees_are_compared_without_case() {
        let payee =
            |pattern: &str, payee: &str| pattern.parse::<PayeePattern>().unwrap().matches(payee);
        assert!(payee("0xAb", "0xaB"));
        assert!(payee("02ab*", "02abcdef") && payee("*", "x"));
        assert!(!payee("02ab", "02abcdef") && !payee("02ab*", "03ab"));
        for text in ["", "a*b", "a b", "**"] {
            assert!(text.parse::<PayeePattern>().is_err(), "{text:?} was taken");
        }
    }
}
