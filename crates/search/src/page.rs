//! Some consecutive members of a set, in an order.

use crate::{BitSet, Order, Position};

/// Reading one place of an order and asking the set costs about this share of taking one member
/// out of the set and putting it in its place.
const STEPS_PER_MEMBER: usize = 3;

impl Order {
    /// The members of a set with `count` members from the place `offset` on, at most `limit`.
    /// Members that the order does not know are left out.
    #[must_use]
    pub fn page(&self, set: &BitSet, count: usize, offset: usize, limit: usize) -> Vec<Position> {
        let needed = offset.saturating_add(limit).min(count);
        if offset >= needed {
            return Vec::new();
        }
        // Members stand about evenly spread in the order.
        let steps = needed.saturating_mul(self.len()) / count;
        if steps < count.saturating_mul(STEPS_PER_MEMBER) {
            let members = self.positions().iter().copied().filter(|at| set.contains(*at));
            return members.skip(offset).take(limit).collect();
        }
        let ranks = set.iter().map(|position| self.rank(position));
        let mut ranks: Vec<u32> = ranks.filter(|rank| *rank != u32::MAX).collect();
        if needed < ranks.len() {
            ranks.select_nth_unstable(needed);
            ranks.truncate(needed);
        }
        ranks.sort_unstable();
        let page = ranks.into_iter().skip(offset);
        page.filter_map(|rank| self.positions().get(rank as usize).copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_page_is_a_part_of_the_whole(
            keys in proptest::collection::vec(any::<u16>(), 1..300),
            members in proptest::collection::btree_set(0_u32..300, 0..300),
            offset in 0_usize..320,
            limit in 0_usize..320,
        ) {
            let len = u32::try_from(keys.len()).unwrap();
            let order = Order::by_key(len, |position| keys[position as usize]);
            let set = BitSet::of(len, members);
            let all = order.positions().iter().copied().filter(|at| set.contains(*at));
            let expected: Vec<_> = all.skip(offset).take(limit).collect();
            prop_assert_eq!(order.page(&set, set.count(), offset, limit), expected);
        }
    }
}
