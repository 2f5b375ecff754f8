//! Names that belong to somebody, and names that look like them.

use crate::{Listing, ListingFacts};
use std::collections::HashMap;
use unicode_security::skeleton;

/// Shorter names are nobody's.
const NAME_LEN_MIN: usize = 4;

/// The providers whose hosts are verified, by what their names look like.
#[derive(Debug, Default)]
pub(crate) struct KnownNames {
    hosts: HashMap<String, Vec<String>>,
}

impl KnownNames {
    /// Takes in what is verified.
    pub(crate) fn of<'a>(listings: impl Iterator<Item = &'a Listing>) -> Self {
        let mut known = Self::default();
        for listing in listings.filter(|listing| listing.facts.domain_verified) {
            let host = listing.host();
            for name in [&listing.facts.provider, &host] {
                let Some(looks) = look(name) else { continue };
                let hosts = known.hosts.entry(looks).or_default();
                if !hosts.contains(&host) {
                    hosts.push(host.clone());
                }
            }
        }
        known
    }

    /// Whether name or provider look like a verified provider's, on a host that is not theirs.
    pub(crate) fn is_imitated_by(&self, given: &ListingFacts, host: &str) -> bool {
        let imitates = |name: &str| {
            let hosts = look(name).and_then(|looks| self.hosts.get(&looks));
            hosts.is_some_and(|hosts| !hosts.iter().any(|known| related(known, host)))
        };
        imitates(&given.provider) || imitates(&given.name)
    }
}

/// What a name looks like, without regard to case, spaces and punctuation.
fn look(name: &str) -> Option<String> {
    let skeleton: String = skeleton(name).collect();
    // A capital i looks like an l, and whoever writes the name in lower case means the same.
    let looks = skeleton.to_lowercase().replace(['i', '1', '|'], "l").replace('0', "o");
    let looks: String = looks.chars().filter(|c| c.is_alphanumeric()).collect();
    (looks.chars().count() >= NAME_LEN_MIN).then_some(looks)
}

/// Whether one host is the other or below it.
fn related(known: &str, host: &str) -> bool {
    let below = |lower: &str, upper: &str| {
        lower.strip_suffix(upper).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    below(known, host) || below(host, known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Protocol;
    use jiff::Timestamp;

    fn facts(host: &str, provider: &str) -> ListingFacts {
        ListingFacts {
            provider: provider.to_owned(),
            ..ListingFacts::new(&format!("https://{host}/x"), None, Protocol::L402, "Weather")
        }
    }

    #[test]
    fn a_verified_providers_name_is_theirs() {
        let verified =
            ListingFacts { domain_verified: true, ..facts("api.paypal.example", "PayPal") };
        let (checked, canonical) = verified.checked().unwrap();
        let listing = Listing::new(checked, canonical, Timestamp::UNIX_EPOCH);
        let known = KnownNames::of([&listing].into_iter());
        let imitates =
            |host: &str, provider: &str| known.is_imitated_by(&facts(host, provider), host);
        assert!(imitates("evil.example", "PayPal"));
        assert!(imitates("evil.example", "Pаy-Pаl"), "with Cyrillic letters");
        assert!(imitates("evil.example", "PayPaI"), "with a capital i");
        assert!(!imitates("api.paypal.example", "PayPal"));
        assert!(!imitates("eu.api.paypal.example", "PayPal"));
        assert!(!imitates("evil.example", "Somebody else"));
    }
}
