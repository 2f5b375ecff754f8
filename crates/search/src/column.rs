//! What documents are ordered by, and filtered by as a range.

use crate::{BitSet, Position};

/// An order of all documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    positions: Box<[Position]>,
    /// The inverse: the place of each document in the order.
    ranks: Box<[u32]>,
}

impl Order {
    /// The order in which these positions are given. Each position below their number stands in it
    /// once; one that does not counts as last.
    #[must_use]
    pub fn of(positions: Vec<Position>) -> Self {
        let mut ranks = vec![u32::MAX; positions.len()];
        for (rank, position) in (0_u32..).zip(&positions) {
            if let Some(slot) = ranks.get_mut(*position as usize) {
                *slot = rank;
            }
        }
        Self { positions: positions.into(), ranks: ranks.into() }
    }

    /// The order by a key of each of `len` documents; of equal keys the lower position comes first.
    #[must_use]
    pub fn by_key<K: Ord>(len: u32, key: impl Fn(Position) -> K) -> Self {
        let mut positions: Vec<Position> = (0..len).collect();
        positions.sort_by_cached_key(|position| key(*position));
        Self::of(positions)
    }

    /// How many documents it orders.
    #[must_use]
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// All documents in this order.
    #[must_use]
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// The place of a document in this order; that of one unknown is last.
    #[must_use]
    pub fn rank(&self, position: Position) -> u32 {
        self.ranks.get(position as usize).copied().unwrap_or(u32::MAX)
    }

    /// Bytes of memory that it takes.
    #[must_use]
    pub fn memory_len(&self) -> usize {
        size_of_val(&*self.positions) + size_of_val(&*self.ranks)
    }
}

/// How many answers of [`Column::at_most`] are kept ready.
const CHECKPOINTS: usize = 16;

/// A figure of each document, such as its price, for "at most" as a filter.
#[derive(Clone, Debug)]
pub struct Column<T> {
    len: u32,
    /// The figures that there are, ascending.
    figures: Box<[(T, Position)]>,
    /// How many documents from the start are in each set, ascending, and the set.
    checkpoints: Box<[(usize, BitSet)]>,
}

impl<T: Ord + Copy> Column<T> {
    /// Takes the figure of each document by its place in the list; some have none.
    #[must_use]
    pub fn build(figures: impl IntoIterator<Item = Option<T>>) -> Self {
        let mut len = 0;
        let mut known = Vec::new();
        for figure in figures {
            known.extend(figure.map(|figure| (figure, len)));
            len += 1;
        }
        known.sort_unstable();
        let checkpoint = |number: usize| {
            let count = known.len() * number / CHECKPOINTS;
            let positions = known.iter().take(count).map(|(_, position)| *position);
            (count, BitSet::of(len, positions))
        };
        let checkpoints = (0..=CHECKPOINTS).map(checkpoint).collect();
        Self { len, figures: known.into(), checkpoints }
    }

    /// The documents with a figure of at most `most`.
    #[must_use]
    pub fn at_most(&self, most: &T) -> BitSet {
        let count = self.figures.partition_point(|(figure, _)| figure <= most);
        let nearest = self.checkpoints.iter().min_by_key(|(at, _)| at.abs_diff(count));
        let Some((at, set)) = nearest else {
            return BitSet::empty(self.len);
        };
        let mut set = set.clone();
        for (_, position) in self.figures.get(*at..count).unwrap_or_default() {
            set.insert(*position);
        }
        for (_, position) in self.figures.get(count..*at).unwrap_or_default() {
            set.remove(*position);
        }
        set
    }

    /// Bytes of memory that it takes.
    #[must_use]
    pub fn memory_len(&self) -> usize {
        let sets = self.checkpoints.iter().map(|(_, set)| set.memory_len());
        size_of_val(&*self.figures) + sets.sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_column_filters_as_comparing_does(
            figures in proptest::collection::vec(proptest::option::of(0_u8..60), 0..200),
            most in 0_u8..70,
        ) {
            let column = Column::build(figures.iter().copied());
            let expected = (0_u32..).zip(&figures);
            let expected = expected.filter(|(_, figure)| figure.is_some_and(|it| it <= most));
            let len = u32::try_from(figures.len()).unwrap();
            let expected = BitSet::of(len, expected.map(|(position, _)| position));
            prop_assert_eq!(column.at_most(&most), expected);
        }

        #[test]
        fn an_order_knows_every_place(keys in proptest::collection::vec(0_u8..9, 0..60)) {
            let len = u32::try_from(keys.len()).unwrap();
            let order = Order::by_key(len, |position| keys[position as usize]);
            let ordered: Vec<_> =
                order.positions().iter().map(|at| (keys[*at as usize], *at)).collect();
            prop_assert!(ordered.is_sorted());
            for (rank, position) in (0_u32..).zip(order.positions()) {
                prop_assert_eq!(order.rank(*position), rank);
            }
            prop_assert_eq!(order.rank(len), u32::MAX);
        }
    }
}
