//! Who a request is from, when it comes by way of a reverse proxy.

use ipnet::IpNet;
use std::net::IpAddr;

/// Networks whose word about the client's address is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// A text that is no address and no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address or a network such as 127.0.0.1 or 10.0.0.0/8: {0:?}")]
pub struct ParseProxyError(String);

impl TrustedProxies {
    /// Reads addresses and networks.
    ///
    /// # Errors
    /// [`ParseProxyError`] names the first that is none.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, ParseProxyError> {
        let parse = |text: &str| {
            let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            net.map_err(|_| ParseProxyError(text.chars().take(64).collect()))
        };
        texts.into_iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether an address is that of a trusted proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// The client's address: the peer's, unless the peer is trusted; then the last address in
    /// `X-Forwarded-For` that is not. What a client itself wrote there stands further to the
    /// left and is never reached.
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        forwarded_for: impl DoubleEndedIterator<Item = &'a str>,
    ) -> IpAddr {
        let mut client = peer;
        for text in forwarded_for.rev().flat_map(|line| line.rsplit(',')) {
            if !self.contains(client) {
                break;
            }
            let Ok(address) = text.trim().parse::<IpAddr>() else { break };
            client = address;
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded_for: &[&str]) -> String {
        let proxies = TrustedProxies::parse(trusted.iter().copied()).unwrap();
        proxies.client(peer.parse().unwrap(), forwarded_for.iter().copied()).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(client(&[], "127.0.0.1", &["192.0.2.1"]), "127.0.0.1");
        let local = &["127.0.0.1", "10.0.0.0/8"];
        assert_eq!(client(local, "192.0.2.9", &["192.0.2.1"]), "192.0.2.9");
        assert_eq!(client(local, "127.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(client(local, "127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn what_a_client_claims_of_itself_is_never_reached() {
        let local = &["127.0.0.1", "10.0.0.0/8"];
        assert_eq!(client(local, "127.0.0.1", &["6.6.6.6, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(client(local, "127.0.0.1", &["6.6.6.6", "192.0.2.1, 10.1.1.1"]), "192.0.2.1");
        assert_eq!(client(local, "127.0.0.1", &["192.0.2.1, nonsense"]), "127.0.0.1");
        assert_eq!(client(local, "::ffff:127.0.0.1", &["2001:db8::1"]), "2001:db8::1");
    }

    #[test]
    fn what_is_no_network_is_named() {
        let error = TrustedProxies::parse(["127.0.0.1", "everyone"]).unwrap_err();
        assert!(error.to_string().contains("everyone"));
    }
}
