//! Collects the nearest of many by whole-numbered distance, in bounded memory.

use crate::Position;

/// Keeps at least the `count` nearest of what it is offered, and less than twice as many in the
/// end.
pub(super) struct NearestBits {
    count: usize,
    /// How many of those kept there are at each distance.
    at_distance: Vec<usize>,
    /// The largest distance of which some are needed, once there are enough.
    limit: usize,
    /// How many are kept that are within the limit.
    within: usize,
    /// Some of them beyond the limit, from before it fell.
    kept: Vec<(usize, Position)>,
}

impl NearestBits {
    pub(super) fn new(count: usize, distance_max: usize) -> Self {
        let at_distance = vec![0; distance_max + 1];
        Self { count, at_distance, limit: distance_max, within: 0, kept: Vec::new() }
    }

    /// What is not nearer than this is not kept.
    pub(super) const fn bound(&self) -> usize {
        if self.within < self.count { self.limit + 1 } else { self.limit }
    }

    pub(super) fn offer(&mut self, position: Position, distance: usize) {
        if distance >= self.bound() {
            return;
        }
        self.kept.push((distance, position));
        self.within += 1;
        if let Some(at) = self.at_distance.get_mut(distance) {
            *at += 1;
        }
        // Those at the limit are not needed any more when there are enough without them.
        while let Some(at_limit) = self.at_distance.get(self.limit)
            && self.within - at_limit >= self.count
            && self.limit > 0
        {
            self.within -= at_limit;
            self.limit -= 1;
        }
        if self.kept.len() > 4 * self.count + 64 {
            self.forget();
        }
    }

    fn forget(&mut self) {
        let limit = self.limit;
        self.kept.retain(|(distance, _)| *distance <= limit);
    }

    pub(super) fn into_positions(mut self) -> Vec<Position> {
        self.forget();
        self.kept.into_iter().map(|(_, position)| position).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_nearest_are_kept_and_not_many_more(
            distances in proptest::collection::vec(0_usize..20, 0..600),
            count in 0_usize..50,
        ) {
            let mut nearest = NearestBits::new(count, 19);
            for (position, distance) in (0..).zip(&distances) {
                nearest.offer(position, *distance);
                prop_assert!(nearest.kept.len() <= 4 * count + 64);
            }
            let kept = nearest.into_positions();
            prop_assert!(kept.len() <= 2 * count);
            let mut sorted: Vec<(usize, u32)> = distances.iter().copied().zip(0..).collect();
            sorted.sort_unstable();
            for (_, position) in sorted.iter().take(count) {
                prop_assert!(kept.contains(position), "{position} is missing from {kept:?}");
            }
        }
    }
}
