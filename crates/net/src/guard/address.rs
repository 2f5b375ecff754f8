//! Which addresses may be reached.

use super::{GuardError, special, url_rules};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::Url;

/// Public addresses, and the networks that the operator allows besides.
///
/// Addresses at which clouds tell a machine its own secrets are refused whatever is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    allowed: Vec<IpNet>,
}

impl AddressPolicy {
    /// Public addresses only.
    #[must_use]
    pub const fn public_only() -> Self {
        Self { allowed: Vec::new() }
    }

    /// Public addresses and these networks: for tests, a demonstration, or a site inside a
    /// private network. Names that lead nowhere in public, such as `localhost`, are looked up
    /// then, and judged by their addresses.
    #[must_use]
    pub fn and_networks(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self { allowed: networks.into_iter().collect() }
    }

    /// Whether a URL may be fetched, as far as that can be told without looking its name up.
    ///
    /// # Errors
    /// [`GuardError`] names the rule that refuses.
    pub fn check(&self, url: &Url) -> Result<(), GuardError> {
        url_rules::check(url, self)
    }

    /// Whether a connection may go to this address.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.allows_v4(address),
            IpAddr::V6(address) => self.allows_v6(address),
        }
    }

    /// Whether names are looked up that only private networks know.
    #[must_use]
    pub(super) fn knows_private_names(&self) -> bool {
        !self.allowed.is_empty()
    }

    fn allows_v4(&self, address: Ipv4Addr) -> bool {
        let is_allowed = || self.is_in_allowed(address.into());
        !special::is_metadata_v4(address) && (special::is_public_v4(address) || is_allowed())
    }

    fn allows_v6(&self, address: Ipv6Addr) -> bool {
        if special::is_metadata_v6(address) {
            return false;
        }
        let is_allowed = || self.is_in_allowed(address.into());
        match special::carried_v4(address) {
            // A network that translates is allowed as such; what is behind it is judged still.
            // Loopback and unspecified look like IPv4 in its compatible form and are not.
            Some(carried) if !address.is_loopback() && !address.is_unspecified() => {
                is_allowed() && self.allows_v4(carried)
            }
            _ => special::is_public_v6(address) || is_allowed(),
        }
    }

    fn is_in_allowed(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.contains(&address))
    }
}
