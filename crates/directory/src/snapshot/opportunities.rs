//! Where something is missing: categories with little to choose from, rails that nobody offers,
//! categories that hang on one provider, endpoints that fail.

use crate::listing::UNCATEGORIZED;
use crate::{HealthStatus, Listing, Protocol};
use std::collections::{BTreeMap, BTreeSet};

/// Callable endpoints of a category below which there is little to choose from.
pub const COVERAGE_MIN: usize = 5;
/// Entries of each kind at most.
pub const ENTRIES_MAX: usize = 100;

/// Where something is missing, what hurts most first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Opportunities {
    /// Categories with fewer than [`COVERAGE_MIN`] endpoints that are not known to be down.
    pub poor_coverage: Vec<Coverage>,
    /// Categories that some rails do not serve; empty where one rail alone was asked for.
    pub missing_protocols: Vec<Coverage>,
    /// Categories that hang on one provider.
    pub single_provider: Vec<Coverage>,
    /// Endpoints that the last checks found down, by their ids: the longest first.
    pub failing: Vec<String>,
}

/// What a category has.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The category.
    pub category: String,
    /// Its endpoints.
    pub endpoints: usize,
    /// Those that are not known to be down.
    pub callable: usize,
    /// Distinct hosts.
    pub providers: usize,
    /// One of the hosts; the only one where there is one.
    pub provider: String,
    /// The rails that serve it.
    pub protocols: Vec<Protocol>,
    /// The rails that do not.
    pub missing: Vec<Protocol>,
}

#[derive(Default)]
struct Category {
    endpoints: usize,
    callable: usize,
    hosts: BTreeSet<String>,
    protocols: BTreeSet<Protocol>,
}

impl Opportunities {
    /// Looks through the listings of one rail, or of all. Sample data, demos and what nobody
    /// sorted say nothing about the market.
    pub(super) fn find<'a>(
        listings: impl Iterator<Item = &'a Listing>,
        protocol: Option<Protocol>,
    ) -> Self {
        let mut categories: BTreeMap<&str, Category> = BTreeMap::new();
        let mut failing = Vec::new();
        let is_meant = |listing: &&Listing| {
            protocol.is_none_or(|rail| rail == listing.facts.protocol) && !listing.facts.is_demo
        };
        for listing in listings.filter(is_meant) {
            let is_down = listing.health.status == HealthStatus::Down;
            if is_down {
                failing.push((listing.health.consecutive_failures, listing.id.clone()));
            }
            if listing.facts.category == UNCATEGORIZED {
                continue;
            }
            let category = categories.entry(&listing.facts.category).or_default();
            category.endpoints += 1;
            category.callable += usize::from(!is_down);
            category.hosts.insert(listing.host());
            category.protocols.insert(listing.facts.protocol);
        }
        let coverage: Vec<Coverage> = categories.into_iter().map(Coverage::of).collect();
        Self::among(&coverage, failing, protocol.is_none())
    }

    fn among(coverage: &[Coverage], mut failing: Vec<(u32, String)>, compares_rails: bool) -> Self {
        let pick = |is_meant: fn(&&Coverage) -> bool, size: fn(&Coverage) -> usize| {
            let mut found: Vec<Coverage> = coverage.iter().filter(is_meant).cloned().collect();
            found.sort_by_key(size);
            found.truncate(ENTRIES_MAX);
            found
        };
        let largest_first = |one: &Coverage| usize::MAX - one.endpoints;
        let missing = |one: &&Coverage| !one.missing.is_empty();
        let missing_protocols =
            if compares_rails { pick(missing, largest_first) } else { Vec::new() };
        failing.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        failing.truncate(ENTRIES_MAX);
        Self {
            poor_coverage: pick(|one| one.callable < COVERAGE_MIN, |one| one.callable),
            missing_protocols,
            single_provider: pick(|one| one.providers == 1, largest_first),
            failing: failing.into_iter().map(|(_, id)| id).collect(),
        }
    }
}

impl Coverage {
    fn of((name, category): (&str, Category)) -> Self {
        let missing =
            Protocol::ALL.into_iter().filter(|rail| !category.protocols.contains(rail)).collect();
        Self {
            category: name.to_owned(),
            endpoints: category.endpoints,
            callable: category.callable,
            providers: category.hosts.len(),
            provider: category.hosts.into_iter().next().unwrap_or_default(),
            protocols: category.protocols.into_iter().collect(),
            missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ListingFacts;
    use jiff::Timestamp;

    fn listing(host: &str, protocol: Protocol, category: &str, status: HealthStatus) -> Listing {
        let facts = ListingFacts {
            category: category.to_owned(),
            ..ListingFacts::new(&format!("https://{host}/x"), Some("GET"), protocol, "X")
        };
        let (facts, canonical) = facts.checked().unwrap();
        let mut listing = Listing::new(facts, canonical, Timestamp::UNIX_EPOCH);
        listing.health.status = status;
        listing
    }

    #[test]
    fn gaps_are_named_by_kind() {
        use HealthStatus::{Down, Healthy};
        use Protocol::{L402, Mpp, X402};
        let mut listings = vec![
            listing("a.example", L402, "weather", Healthy),
            listing("b.example", X402, "weather", Down),
            listing("c.example", Mpp, "uncategorized", Healthy),
        ];
        for number in 0..5 {
            listings.push(listing(&format!("h{number}.example"), X402, "ai", Healthy));
        }
        listings.push(listing("h0.example", L402, "maps", Healthy));
        let found = Opportunities::find(listings.iter(), None);
        let names = |entries: &[Coverage]| {
            entries.iter().map(|one| one.category.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&found.poor_coverage), ["maps", "weather"]);
        assert_eq!(names(&found.missing_protocols), ["ai", "weather", "maps"]);
        assert_eq!(found.missing_protocols[0].missing, [L402, Mpp]);
        assert_eq!(names(&found.single_provider), ["maps"]);
        assert_eq!(found.single_provider[0].provider, "h0.example");
        assert_eq!(found.failing, [listings[1].id.clone()]);
        let of_one = Opportunities::find(listings.iter(), Some(L402));
        assert_eq!(names(&of_one.poor_coverage), ["maps", "weather"]);
        assert_eq!(of_one.missing_protocols, []);
        assert_eq!(of_one.failing, [""; 0]);
    }
}
