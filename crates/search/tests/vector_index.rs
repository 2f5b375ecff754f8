//! The nearest vectors are found, by the very cosines that brute force computes.

#![allow(clippy::unwrap_used, reason = "tests")]

use farebox_search::{BitSet, Embedding, Position, VectorIndex};
use proptest::prelude::*;

/// Rounding to 8 bits moves a cosine by less than this.
const ROUNDING: f32 = 0.02;

fn random(state: &mut u64, dimensions: usize) -> Embedding {
    let mut number = || {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        f32::from(i16::from_le_bytes([state.to_le_bytes()[3], state.to_le_bytes()[4]]))
    };
    // Sums of a few are spread as the numbers of real vectors are.
    let values = (0..dimensions).map(|_| number() + number() + number());
    Embedding::new(values.collect()).unwrap()
}

fn many(count: usize, dimensions: usize) -> Vec<Embedding> {
    let mut state = 402;
    (0..count).map(|_| random(&mut state, dimensions)).collect()
}

/// Near the first, less and less so.
fn mixed(a: &Embedding, b: &Embedding, share: f32) -> Embedding {
    let values = a.values().iter().zip(b.values()).map(|(a, b)| a * share + b * (1.0 - share));
    Embedding::new(values.collect()).unwrap()
}

#[test]
fn nothing_comes_of_nothing() {
    let query = many(1, 256).remove(0);
    let empty = VectorIndex::build([]);
    assert!(empty.is_empty() && empty.nearest(&query, None, -1.0, 10).is_empty());
    let missing = VectorIndex::build([None, None]);
    assert_eq!(missing.len(), 2);
    assert!(missing.nearest(&query, None, -1.0, 10).is_empty());
    assert!(missing.cosine(&query, 1).abs() < f32::EPSILON);
}

#[test]
fn other_dimensions_are_never_near() {
    let (ours, theirs) = (many(3, 256), many(1, 384).remove(0));
    let documents = vec![None, Some(ours[0].clone()), Some(theirs.clone()), Some(ours[1].clone())];
    let index = VectorIndex::build(documents);
    assert!(index.nearest(&theirs, None, -1.0, 10).is_empty());
    assert_eq!(index.cosines(&theirs, &[0, 1, 9]), [0.0; 3]);
    let found = index.nearest(&ours[0], None, -1.0, 10);
    assert_eq!(found.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn of_many_the_nearest_are_found_within_the_filter() {
    let mut vectors = many(30_000, 64);
    let query = many(30_001, 64).pop().unwrap();
    // Each 300th is near, the first the nearest.
    for (nth, at) in (0_u8..100).zip((0..30_000).step_by(300)) {
        vectors[at] = mixed(&query, &vectors[at], 0.9 - f32::from(nth) * 0.003);
    }
    let index = VectorIndex::build(vectors.into_iter().map(Some));
    let positions = |filter: Option<&BitSet>| -> Vec<Position> {
        index.nearest(&query, filter, 0.5, 20).into_iter().map(|(position, _)| position).collect()
    };
    let found = positions(None);
    assert_eq!(found.len(), 20);
    assert!(found.iter().all(|position| position % 300 == 0 && *position < 30 * 300), "{found:?}");
    let filter = BitSet::of(30_000, (0..30_000).filter(|position| position % 10_000 >= 2_500));
    assert!(filter.count() > 20_000);
    let filtered = positions(Some(&filter));
    assert_eq!(filtered.len(), 20);
    assert!(filtered.iter().all(|position| filter.contains(*position) && position % 300 == 0));
}

#[test]
fn many_that_are_all_the_same_take_no_more() {
    let same = many(1, 256).remove(0);
    let index = VectorIndex::build((0..50_000).map(|_| Some(same.clone())));
    let found = index.nearest(&same, None, 0.9, 5);
    assert_eq!(found.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    let per_document = index.memory_len() / index.len();
    assert!(per_document <= 293, "{per_document} bytes");
}

proptest! {
    #[test]
    fn nearest_is_brute_force(
        seed in 1_u64..u64::MAX,
        dimensions in prop_oneof![1_usize..70, Just(256), Just(384), Just(1_536)],
        missing in proptest::collection::vec(any::<bool>(), 0..150),
        kept in proptest::collection::vec(any::<bool>(), 150),
        filtered in any::<bool>(),
        floor in -1.0_f32..0.5,
        count_max in 0_usize..30,
    ) {
        let mut state = seed;
        let documents: Vec<Option<Embedding>> =
            missing.iter().map(|missing| (!missing).then(|| random(&mut state, dimensions))).collect();
        let query = random(&mut state, dimensions);
        let index = VectorIndex::build(documents.clone());
        let count = u32::try_from(documents.len()).unwrap();
        let filter = BitSet::of(count, (0..count).filter(|position| kept[*position as usize]));
        let filter = filtered.then_some(&filter);

        let within = |position: &Position| filter.is_none_or(|filter| filter.contains(*position));
        let present = |position: &Position| documents[*position as usize].is_some();
        let mut expected: Vec<(Position, f32)> = (0..count)
            .filter(|position| within(position) && present(position))
            .map(|position| (position, index.cosine(&query, position)))
            .filter(|(_, cosine)| *cosine >= floor)
            .collect();
        expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        expected.truncate(count_max);
        prop_assert_eq!(index.nearest(&query, filter, floor, count_max), expected);

        for (position, document) in (0..).zip(&documents) {
            let exact = document.as_ref().map_or(0.0, |document| query.cosine(document));
            let cosine = index.cosine(&query, position);
            prop_assert!((-1.0..=1.0).contains(&cosine) && (cosine - exact).abs() < ROUNDING);
        }
    }
}
