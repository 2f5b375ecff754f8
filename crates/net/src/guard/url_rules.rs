//! What can be judged of an address before anything is looked up.

use super::{AddressPolicy, GuardError, host, port};
use std::net::IpAddr;
use url::{Host, Url};

/// The longest URL.
const URL_LEN_MAX: usize = 8 * 1_024;

/// Judges everything but the addresses behind a name.
///
/// The spellings of an IPv4 address in octal, hexadecimal or one number are one address to
/// [`Url`], and are judged as that.
///
/// # Errors
/// [`GuardError`] names the rule that refuses.
pub(super) fn check(url: &Url, policy: &AddressPolicy) -> Result<(), GuardError> {
    if url.as_str().len() > URL_LEN_MAX {
        return Err(GuardError::Url { reason: "it is too long" });
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(GuardError::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(GuardError::UserInfo);
    }
    let port = url.port_or_known_default().unwrap_or_default();
    if !port::is_allowed(port) {
        return Err(GuardError::Port(port));
    }
    let place = place(url);
    match url.host() {
        None => Err(GuardError::Url { reason: "it names no host" }),
        Some(Host::Domain(name)) if host::is_allowed(name, policy) => Ok(()),
        Some(Host::Domain(_)) => Err(GuardError::Host { place }),
        Some(Host::Ipv4(address)) => judge(policy, place, address.into()),
        Some(Host::Ipv6(address)) => judge(policy, place, address.into()),
    }
}

fn judge(policy: &AddressPolicy, place: String, address: IpAddr) -> Result<(), GuardError> {
    let refused = GuardError::Address { place, address };
    policy.allows(address).then_some(()).ok_or(refused)
}

/// What an address is called in a message: its origin.
pub(super) fn place(url: &Url) -> String {
    url.origin().ascii_serialization()
}
