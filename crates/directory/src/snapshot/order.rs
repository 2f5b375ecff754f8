//! Orders of listings, each worked out when it is first asked for.

use super::Entry;
use crate::Listing;
use crate::listing::UNCATEGORIZED;
use crate::query::{Sort, SortKey};
use farebox_money::BtcUsd;
use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

/// Positions of listings in an order.
type Positions = Box<[u32]>;

#[derive(Default)]
pub(super) struct Orders {
    default: OnceLock<Positions>,
    /// The inverse of `default`: the place of each listing in it.
    default_places: OnceLock<Positions>,
    sorted: [OnceLock<Positions>; SortKey::ALL.len() * 2],
}

impl Orders {
    /// Tier E of the search contract: featured, verified, sorted into a category, health, name.
    pub(super) fn default_order(&self, entries: &[Arc<Entry>]) -> &[u32] {
        self.default.get_or_init(|| {
            let keys = entries.iter().map(|entry| default_key(&entry.listing));
            let mut keyed: Vec<_> = keys.zip(0_u32..).collect();
            keyed.sort_unstable();
            keyed.into_iter().map(|(_, position)| position).collect()
        })
    }

    /// The place of every listing in the default order.
    pub(super) fn default_places(&self, entries: &[Arc<Entry>]) -> &[u32] {
        self.default_places.get_or_init(|| {
            let mut places = vec![0; entries.len()];
            for (place, position) in (0_u32..).zip(self.default_order(entries)) {
                if let Some(slot) = places.get_mut(*position as usize) {
                    *slot = place;
                }
            }
            places.into()
        })
    }

    /// An explicit order; listings without the figure come last, ties by the default order.
    pub(super) fn sorted(
        &self,
        sort: Sort,
        entries: &[Arc<Entry>],
        rate: Option<BtcUsd>,
    ) -> &[u32] {
        let key = SortKey::ALL.iter().position(|key| *key == sort.key).unwrap_or_default();
        let work_out = || {
            let mut positions: Positions = self.default_order(entries).into();
            let listing =
                |position: u32| entries.get(position as usize).map(|entry| &entry.listing);
            positions.sort_by(|a, b| compare(listing(*a), listing(*b), sort, rate));
            positions
        };
        match self.sorted.get(key * 2 + usize::from(sort.descending)) {
            Some(slot) => slot.get_or_init(work_out),
            None => self.default_order(entries),
        }
    }
}

fn default_key(listing: &Listing) -> impl Ord + use<> {
    let facts = &listing.facts;
    (
        !facts.featured,
        listing.verification(),
        facts.category == UNCATEGORIZED,
        listing.health.status,
        facts.name.to_lowercase(),
        listing.id.clone(),
    )
}

fn compare(a: Option<&Listing>, b: Option<&Listing>, sort: Sort, rate: Option<BtcUsd>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else {
        return Ordering::Equal;
    };
    let figures = |figure: fn(&Listing) -> Option<f64>| {
        present_first(figure(a), figure(b), sort.descending, f64::total_cmp)
    };
    match sort.key {
        SortKey::Name => {
            let name = |listing: &Listing| Some(listing.facts.name.to_lowercase());
            present_first(name(a), name(b), sort.descending, Ord::cmp)
        }
        SortKey::Price => {
            let price = |listing: &Listing| listing.price_in_usd(rate);
            present_first(price(a), price(b), sort.descending, Ord::cmp)
        }
        SortKey::Latency => figures(|listing| listing.health.latency_p50_ms.map(f64::from)),
        SortKey::Uptime => figures(|listing| listing.health.uptime_30d),
        SortKey::Reliability => figures(|listing| listing.health.reliability_score),
    }
}

fn present_first<T>(
    a: Option<T>,
    b: Option<T>,
    descending: bool,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => compare(&b, &a),
        (Some(a), Some(b)) => compare(&a, &b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}
