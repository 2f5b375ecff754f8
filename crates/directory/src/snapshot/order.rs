//! Orders of listings, made before a snapshot is shown, so that no reader waits for them.

use super::Entry;
use crate::listing::UNCATEGORIZED;
use crate::query::{Sort, SortKey};
use crate::{Listing, Verification};
use farebox_money::{BtcUsd, MicroUsd};
use farebox_search::{BitSet, Column, Order, Position};
use std::sync::Arc;

/// Up to so many listings, orders follow every change at once; beyond, sorting is left for later.
pub(super) const SORTED_AT_ONCE_MAX: usize = 20_000;

/// The orders that a list can be asked for in, and the column that it can be cut by.
#[derive(Clone)]
pub(super) struct Orders {
    default: Arc<Order>,
    /// By [`SortKey::ALL`], each ascending and descending.
    sorted: Box<[[Arc<Order>; 2]]>,
    prices: Arc<Column<MicroUsd>>,
}

/// The places of listings by name, which change only with the names.
pub(super) struct Names {
    /// By name and then by id: no two listings share a place.
    places: Box<[u32]>,
    /// By name alone: the same name has the same place.
    ranks: Box<[u32]>,
}

impl Names {
    /// The names of the listings at these positions, all below `len`.
    pub(super) fn build<'a>(
        len: usize,
        listings: impl Iterator<Item = (Position, &'a Listing)>,
    ) -> Self {
        let key = |(position, listing): (Position, &'a Listing)| {
            (listing.facts.name.to_lowercase(), listing.id.as_str(), position as usize)
        };
        let mut named: Vec<_> = listings.map(key).collect();
        named.sort_unstable();
        let (mut places, mut ranks) = (vec![u32::MAX; len], vec![u32::MAX; len]);
        let (mut rank, mut last) = (0, None);
        for (place, (name, _, position)) in (0_u32..).zip(&named) {
            if last != Some(name) {
                rank = place;
                last = Some(name);
            }
            if let (Some(place_of), Some(rank_of)) =
                (places.get_mut(*position), ranks.get_mut(*position))
            {
                (*place_of, *rank_of) = (place, rank);
            }
        }
        Self { places: places.into(), ranks: ranks.into() }
    }

    /// How many positions it knows.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    fn place(&self, position: usize) -> u32 {
        self.places.get(position).copied().unwrap_or(u32::MAX)
    }

    fn rank(&self, position: Position) -> u64 {
        self.ranks.get(position as usize).map_or(u64::MAX, |rank| u64::from(*rank))
    }
}

impl Orders {
    pub(super) fn build(entries: &[Arc<Entry>], names: &Names, rate: Option<BtcUsd>) -> Self {
        let default = default_order(entries, names);
        let listing = |at: Position| entries.get(at as usize).map(|entry| &entry.listing);
        let figure = |key: SortKey, at: Position| -> Option<u64> {
            let listing = listing(at)?;
            match key {
                SortKey::Name => Some(names.rank(at)),
                SortKey::Price => listing.price_in_usd(rate).map(MicroUsd::get),
                SortKey::Latency => listing.health.latency_p50_ms.map(u64::from),
                // Neither is ever negative, so their bits are ordered as they are.
                SortKey::Uptime => listing.health.uptime_30d.map(f64::to_bits),
                SortKey::Reliability => listing.health.reliability_score.map(f64::to_bits),
            }
        };
        let both = |key: SortKey| {
            [false, true].map(|descending| {
                Arc::new(by_figure(&default, descending, |position| figure(key, position)))
            })
        };
        let prices = entries.iter().map(|entry| entry.listing.price_in_usd(rate));
        Self {
            sorted: SortKey::ALL.map(both).into(),
            prices: Arc::new(Column::build(prices)),
            default: Arc::new(default),
        }
    }

    /// The same orders with what came since at their ends, and with the prices as they are now
    /// where some changed.
    pub(super) fn extended(
        &self,
        entries: &[Arc<Entry>],
        is_priced_anew: bool,
        rate: Option<BtcUsd>,
    ) -> Self {
        let mut next = self.clone();
        if entries.len() > self.default.len() {
            let len = entries.len();
            next.default = longer(&self.default, len);
            let both = |both: &[Arc<Order>; 2]| both.each_ref().map(|order| longer(order, len));
            next.sorted = self.sorted.iter().map(both).collect();
        }
        if is_priced_anew {
            let prices = entries.iter().map(|entry| entry.listing.price_in_usd(rate));
            next.prices = Arc::new(Column::build(prices));
        }
        next
    }

    /// Tier E of the search contract: featured, verified, sorted into a category, health, name.
    pub(super) fn default_order(&self) -> &Order {
        &self.default
    }

    /// An explicit order; listings without the figure come last, ties by the default order.
    pub(super) fn sorted(&self, sort: Sort) -> &Order {
        let key = SortKey::ALL.iter().position(|key| *key == sort.key);
        let both = key.and_then(|key| self.sorted.get(key));
        both.map_or(&self.default, |[up, down]| if sort.descending { down } else { up })
    }

    /// The listings with a price of at most so much.
    pub(super) fn priced_at_most(&self, most: MicroUsd) -> BitSet {
        self.prices.at_most(&most)
    }

    /// Bytes of memory that they take.
    pub(super) fn memory_len(&self) -> usize {
        let sorted = self.sorted.iter().flatten().map(|order| order.memory_len());
        self.default.memory_len() + sorted.sum::<usize>() + self.prices.memory_len()
    }
}

fn longer(order: &Order, len: usize) -> Arc<Order> {
    let known = u32::try_from(order.len()).unwrap_or(u32::MAX);
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    Arc::new(Order::of(order.positions().iter().copied().chain(known..len).collect()))
}

fn default_order(entries: &[Arc<Entry>], names: &Names) -> Order {
    let key = |(position, entry): (usize, &Arc<Entry>)| {
        (default_class(&entry.listing), names.place(position), position)
    };
    let mut keyed: Vec<_> = entries.iter().enumerate().map(key).collect();
    keyed.sort_unstable();
    let positions = keyed.into_iter().filter_map(|(.., position)| u32::try_from(position).ok());
    Order::of(positions.collect())
}

/// What comes before the name in the default order.
fn default_class(listing: &Listing) -> impl Ord + use<> {
    let facts = &listing.facts;
    let verification: Verification = listing.verification();
    (!facts.featured, verification, facts.category == UNCATEGORIZED, listing.health.status)
}

fn by_figure(default: &Order, descending: bool, figure: impl Fn(Position) -> Option<u64>) -> Order {
    let key = |position: Position| match figure(position) {
        Some(figure) if descending => (false, !figure),
        Some(figure) => (false, figure),
        None => (true, 0),
    };
    // The places in the default order settle ties, and lead back to the positions.
    let positions = default.positions().iter();
    let mut keyed: Vec<_> = positions
        .zip(0_u32..)
        .map(|(position, place)| (key(*position), place, *position))
        .collect();
    keyed.sort_unstable();
    Order::of(keyed.into_iter().map(|(.., position)| position).collect())
}
