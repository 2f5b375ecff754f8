//! Diversity: of one group only a few documents stand together.

use crate::Position;
use hashbrown::HashMap;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Of one group at most this many...
const TOGETHER_MAX: usize = 3;
/// ...in each run of so many.
const RUN_LEN: usize = 10;

/// Moves documents back where their group already has its share of a run of ten, counted from the
/// start; nothing is lost, and those of a group keep their order. Where nothing else is left, a
/// group takes the rest.
pub(super) fn spread(ranked: Vec<Position>, group: impl Fn(Position) -> u32) -> Vec<Position> {
    let groups: Vec<u32> = ranked.iter().map(|position| group(*position)).collect();
    if !groups.chunks(RUN_LEN).any(is_crowded) {
        return ranked;
    }
    let mut waiting: HashMap<u32, VecDeque<(usize, Position)>> = HashMap::new();
    for ((place, position), group) in ranked.iter().enumerate().zip(groups) {
        waiting.entry(group).or_default().push_back((place, *position));
    }
    // The groups by the place of the first that waits.
    let mut next: BinaryHeap<Reverse<(usize, u32)>> = waiting
        .iter()
        .filter_map(|(group, queue)| Some(Reverse((queue.front()?.0, *group))))
        .collect();
    let mut spread = Vec::with_capacity(ranked.len());
    let mut full = Vec::new();
    let mut taken: HashMap<u32, usize> = HashMap::new();
    while spread.len() < ranked.len() {
        if spread.len().is_multiple_of(RUN_LEN) {
            next.extend(full.drain(..));
            taken.clear();
        }
        if next.is_empty() {
            // Only groups that have their share are left.
            next.extend(full.drain(..));
        }
        let Some(Reverse((_, group))) = next.pop() else {
            break;
        };
        let Some(queue) = waiting.get_mut(&group) else {
            continue;
        };
        spread.extend(queue.pop_front().map(|(_, position)| position));
        let count = taken.entry(group).or_default();
        *count += 1;
        if let Some((place, _)) = queue.front() {
            let entry = Reverse((*place, group));
            if *count < TOGETHER_MAX { next.push(entry) } else { full.push(entry) }
        }
    }
    spread
}

/// Whether one group has more than its share of a run.
fn is_crowded(run: &[u32]) -> bool {
    let count = |group: &u32| run.iter().filter(|other| *other == group).count();
    run.iter().any(|group| count(group) > TOGETHER_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hundred(position: Position) -> u32 {
        position / 100
    }

    #[test]
    fn a_group_gives_way_to_others() {
        let ranked = vec![100, 101, 102, 103, 104, 200, 300, 301, 302, 303, 400, 401];
        let expected = [100, 101, 102, 200, 300, 301, 302, 400, 401, 103, 104, 303];
        assert_eq!(spread(ranked, hundred), expected);
    }

    #[test]
    fn a_group_alone_keeps_its_order() {
        let ranked: Vec<Position> = (100..140).collect();
        assert_eq!(spread(ranked.clone(), hundred), ranked);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_groups_keep_their_order(
            groups in proptest::collection::vec(0_u32..6, 0..60),
        ) {
            let ranked: Vec<Position> = (0..u32::try_from(groups.len()).unwrap()).collect();
            let group = |position: Position| groups[position as usize];
            let after = spread(ranked.clone(), group);
            let mut sorted = after.clone();
            sorted.sort_unstable();
            prop_assert_eq!(&sorted, &ranked);
            for of in 0..6 {
                prop_assert!(after.iter().filter(|position| group(**position) == of).is_sorted());
            }
            for (place, position) in after.iter().enumerate() {
                let run = &after[place - place % RUN_LEN..place];
                let share_taken = |of: u32| {
                    run.iter().filter(|before| group(**before) == of).count() >= TOGETHER_MAX
                };
                let is_over = share_taken(group(*position));
                prop_assert!(!is_over || after[place..].iter().all(|it| share_taken(group(*it))));
            }
        }
    }
}
