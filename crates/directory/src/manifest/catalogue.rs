//! The listings of a snapshot, grouped into services.

use super::rows::ServiceRecord;
use super::submission::PER_REQUEST;
use crate::query::is_within;
use crate::{Entry, HealthStatus, ListQuery, Listing, Protocol, Snapshot};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Categories told from the listings of a service at most.
const CATEGORIES_MAX: usize = 20;

/// How a service stands, in the words of its API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServiceStatus {
    /// Every endpoint that was judged takes payment.
    Live,
    /// Some do, or their challenges have faults.
    Degraded,
    /// None does.
    Offline,
    /// None was judged yet.
    New,
}

impl ServiceStatus {
    pub(super) const ALL: [Self; 4] = [Self::Live, Self::Degraded, Self::Offline, Self::New];

    /// The word of the API.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Degraded => "degraded",
            Self::Offline => "offline",
            Self::New => "new",
        }
    }

    /// Of one endpoint.
    pub(super) const fn of(health: HealthStatus) -> Self {
        match health {
            HealthStatus::Healthy => Self::Live,
            HealthStatus::Degraded => Self::Degraded,
            HealthStatus::Down => Self::Offline,
            HealthStatus::Unknown => Self::New,
        }
    }

    /// Of several endpoints together.
    pub(super) fn of_all(verdicts: impl Iterator<Item = HealthStatus>) -> Self {
        let mut all = None;
        for verdict in verdicts.map(Self::of).filter(|status| *status != Self::New) {
            all = match all {
                None => Some(verdict),
                Some(before) if before == verdict => Some(before),
                Some(_) => Some(Self::Degraded),
            };
        }
        all.unwrap_or(Self::New)
    }
}

/// The listings of one provider.
pub(super) struct Service {
    /// `svc_` and twelve hexadecimal digits.
    pub(super) id: String,
    record: Option<ServiceRecord>,
    entries: Vec<Arc<Entry>>,
}

/// Every service at one moment, in the directory's own order.
pub(super) struct Catalogue {
    /// What it was made from.
    pub(super) snapshot: Arc<Snapshot>,
    services: Vec<Service>,
    places: HashMap<String, usize>,
}

impl Catalogue {
    /// Groups the listings of a snapshot.
    pub(super) fn build(snapshot: Arc<Snapshot>, records: Vec<ServiceRecord>) -> Self {
        let mut services: Vec<Service> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut records: HashMap<String, ServiceRecord> =
            records.into_iter().map(|record| (record.id.clone(), record)).collect();
        let everything = ListQuery { limit: usize::MAX, ..ListQuery::default() };
        for entry in snapshot.list(&everything).rows {
            let id = &entry.listing().service_id;
            let known = places.get(id).and_then(|place| services.get_mut(*place));
            if let Some(service) = known {
                service.entries.push(entry);
                continue;
            }
            places.insert(id.clone(), services.len());
            let (id, record) = (id.clone(), records.remove(id));
            services.push(Service { id, record, entries: vec![entry] });
        }
        Self { snapshot, services, places }
    }

    /// A service by its id.
    pub(super) fn get(&self, id: &str) -> Option<&Service> {
        self.places.get(id).and_then(|place| self.services.get(*place))
    }

    /// All of them.
    pub(super) fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.iter()
    }

    /// Those that hold the words in their own name, description or categories, then those whose
    /// listings a search finds, the most relevant first.
    pub(super) fn search(&self, words: &str) -> Vec<&Service> {
        let wanted = words.to_lowercase();
        let named = self.services().filter(|service| service.says(&wanted));
        let query =
            ListQuery { search: Some(words.to_owned()), limit: usize::MAX, ..ListQuery::default() };
        let rows = self.snapshot.list(&query).rows;
        let found = rows.iter().filter_map(|entry| self.get(&entry.listing().service_id));
        let mut seen = HashSet::new();
        named.chain(found).filter(|service| seen.insert(service.id.as_str())).collect()
    }
}

impl Service {
    /// Its listings, on one rail or on all.
    pub(super) fn listings(
        &self,
        rail: Option<Protocol>,
    ) -> impl Iterator<Item = &Listing> + Clone {
        let listings = self.entries.iter().map(|entry| entry.listing());
        listings.filter(move |listing| rail.is_none_or(|rail| rail == listing.facts.protocol))
    }

    /// How it stands on one rail, or on all.
    pub(super) fn status(&self, rail: Option<Protocol>) -> ServiceStatus {
        ServiceStatus::of_all(self.listings(rail).map(|listing| listing.health.status))
    }

    /// The rail that its standing is told of where nobody names one: L402, as in lists, unless it
    /// has nothing on it.
    pub(super) fn usual_rail(&self) -> Option<Protocol> {
        let rail = Some(Protocol::L402);
        rail.filter(|_| self.listings(rail).next().is_some())
    }

    /// What is known of it as a whole.
    pub(super) const fn record(&self) -> Option<&ServiceRecord> {
        self.record.as_ref()
    }

    /// What it is called: as its provider says, else as its listings say, else its host.
    pub(super) fn name(&self) -> String {
        if let Some(name) = self.record().and_then(|record| record.name.clone()) {
            return name;
        }
        let Some(first) = self.listings(None).next() else { return self.id.clone() };
        let is_common = |text: fn(&Listing) -> &String| {
            self.listings(None).all(|listing| text(listing) == text(first))
        };
        let (name, provider) = (&first.facts.name, &first.facts.provider);
        if is_common(|listing| &listing.facts.name) {
            name.clone()
        } else if !provider.is_empty() && is_common(|listing| &listing.facts.provider) {
            provider.clone()
        } else {
            first.host()
        }
    }

    /// What it does: as its provider says, else as its first listing says.
    pub(super) fn description(&self) -> &str {
        let said = self.record().and_then(|record| record.description.as_deref());
        let first = || self.listings(None).next().map(|listing| listing.facts.description.as_str());
        said.or_else(first).unwrap_or_default()
    }

    /// What it is sorted into: as its provider says, else as its listings say.
    pub(super) fn categories(&self) -> Vec<&str> {
        if let Some(categories) = self.record().and_then(|record| record.categories.as_ref()) {
            return categories.iter().map(String::as_str).collect();
        }
        let mut found = Vec::new();
        for category in self.listings(None).map(|listing| listing.facts.category.as_str()) {
            if found.len() < CATEGORIES_MAX && !found.contains(&category) {
                found.push(category);
            }
        }
        found
    }

    /// Whether one of its categories is this one, or below it.
    pub(super) fn is_within(&self, wanted: &str) -> bool {
        self.categories().into_iter().any(|category| is_within(category, wanted))
    }

    /// Where people read about it.
    pub(super) fn docs_url(&self) -> Option<&str> {
        let said = self.record().and_then(|record| record.docs_url.as_deref());
        let listed = || self.listings(None).find_map(|listing| listing.facts.docs_url.as_deref());
        said.or_else(listed)
    }

    /// How the price of one of its listings is meant.
    pub(super) fn pricing_model(&self, listing_id: &str) -> &str {
        let models = self.record().map(|record| &record.pricing_models);
        models.and_then(|models| models.get(listing_id)).map_or(PER_REQUEST, String::as_str)
    }

    /// Since when it is listed.
    pub(super) fn registered_at(&self) -> Option<Timestamp> {
        self.listings(None).map(|listing| listing.registered_at).min()
    }

    /// When what is said of it last changed.
    pub(super) fn updated_at(&self) -> Option<Timestamp> {
        let record = self.record().map(|record| record.updated_at);
        self.listings(None).map(|listing| listing.updated_at).chain(record).max()
    }

    fn says(&self, wanted: &str) -> bool {
        let Some(record) = self.record() else { return false };
        let texts = record.name.iter().chain(&record.description);
        let texts = texts.chain(record.categories.iter().flatten());
        texts.into_iter().any(|text| text.to_lowercase().contains(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_stands_as_its_judged_endpoints_do() {
        use HealthStatus::{Degraded, Down, Healthy, Unknown};
        let of = |verdicts: &[HealthStatus]| ServiceStatus::of_all(verdicts.iter().copied());
        assert_eq!(of(&[]), ServiceStatus::New);
        assert_eq!(of(&[Unknown]), ServiceStatus::New);
        assert_eq!(of(&[Unknown, Healthy]), ServiceStatus::Live);
        assert_eq!(of(&[Healthy, Degraded]), ServiceStatus::Degraded);
        assert_eq!(of(&[Healthy, Down]), ServiceStatus::Degraded);
        assert_eq!(of(&[Down, Down, Unknown]), ServiceStatus::Offline);
    }
}
