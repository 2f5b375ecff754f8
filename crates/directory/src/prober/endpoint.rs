//! What is probed: one URL and method, with all the listings that it stands for.

use super::due::{Standing, mix};
use crate::{Listing, ProbeStatus, Snapshot};
use std::net::IpAddr;

/// Parts that the hosts are cut into: what one server holds is some of them.
pub(super) const SHARDS: u32 = 64;
/// Where the hashes begin (FNV-1a, 64 bits, by Fowler, Noll and Vo).
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// An endpoint as the schedule knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// What tells it from others: of its URL and method.
    pub(super) key: u64,
    /// Whom it belongs to: of its registrable host.
    pub(super) host: u64,
}

impl Endpoint {
    /// The endpoint of a listing; the same on every server.
    pub(super) fn of(listing: &Listing) -> Self {
        let method = listing.facts.method.as_deref().unwrap_or_default();
        let parts = [listing.canonical_url.as_str(), "\n", method];
        let host = registrable_host(&listing.canonical_url);
        Self { key: hash(parts), host: hash([host]) }
    }

    /// The part of the hosts that it is in.
    pub(super) fn shard(&self) -> u32 {
        u32::try_from(self.host % u64::from(SHARDS)).unwrap_or_default()
    }
}

/// Whether the sweep probes a listing at all: nothing that a plain request does not get through to,
/// and nothing that is there for practice.
pub(super) fn is_swept(listing: &Listing) -> bool {
    let facts = &listing.facts;
    facts.probe_status == ProbeStatus::Probeable
        && !facts.sample_data
        && !facts.is_demo
        && !crate::canonical::has_placeholders(&listing.canonical_url)
}

/// What is recorded about a listing, for the schedule.
pub(super) fn standing(listing: &Listing) -> Standing {
    let facts = &listing.facts;
    Standing {
        registered_at_ms: listing.registered_at.as_millisecond(),
        checked_at_ms: listing.health.last_checked.map(jiff::Timestamp::as_millisecond),
        failures: listing.health.consecutive_failures,
        is_preferred: facts.featured || facts.domain_verified,
    }
}

/// Of two listings of one endpoint: it was probed when one of them was, and works when one does.
pub(super) fn merged(a: Standing, b: Standing) -> Standing {
    Standing {
        registered_at_ms: a.registered_at_ms.min(b.registered_at_ms),
        checked_at_ms: a.checked_at_ms.max(b.checked_at_ms),
        failures: a.failures.min(b.failures),
        is_preferred: a.is_preferred || b.is_preferred,
    }
}

/// All listings of the endpoint of the listing `id` that are swept, that one first; none when it is
/// gone.
pub(super) fn listings_of<'a>(snapshot: &'a Snapshot, id: &str) -> Vec<&'a Listing> {
    let Some(first) = snapshot.get(id).map(|entry| entry.listing()) else { return Vec::new() };
    let is_same = |other: &&Listing| other.facts.method == first.facts.method;
    let siblings = snapshot.related(first).filter(is_same);
    std::iter::once(first).chain(siblings).filter(|listing| is_swept(listing)).collect()
}

/// The registrable part of the host of a canonical URL, by the public suffix list; the host itself
/// where it is an address or has none.
fn registrable_host(canonical_url: &str) -> &str {
    let host = host(canonical_url);
    if host.parse::<IpAddr>().is_ok() || host.starts_with('[') {
        return host;
    }
    psl::domain_str(host).unwrap_or(host)
}

/// The host of a canonical URL, which has no user name in it.
fn host(canonical_url: &str) -> &str {
    let rest = canonical_url.split_once("://").map_or(canonical_url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or(rest);
    // The colons of an IPv6 address stand in brackets.
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let bytes = parts.into_iter().flat_map(str::bytes);
    mix(bytes.fold(FNV_START, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subdomains_of_one_owner_are_one_host() {
        for (url, expected) in [
            ("https://api.example.co.uk/x", "example.co.uk"),
            ("https://a.b.example.com:8443/x?y=http://other", "example.com"),
            ("https://one.vercel.app/", "one.vercel.app"),
            ("http://127.0.3.4:8080/x", "127.0.3.4"),
            ("http://[::1]:80/x", "[::1]"),
            ("http://[2001:db8::1]/x", "[2001:db8::1]"),
            ("http://localhost:1/", "localhost"),
        ] {
            assert_eq!(registrable_host(url), expected, "{url}");
        }
    }
}
