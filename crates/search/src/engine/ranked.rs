//! The order within a tier: by meaning and by words.

use super::asked::{Asked, Scored};
use super::fusion::Signals;
use super::spread::spread;
use super::tiers::Tiers;
use crate::{BitSet, Order, Position};

/// Documents of a tier that are put in order by meaning and words; of a larger tier the best as
/// far as meaning says, and those that cover most of the query. The rest follow in the default
/// order.
const HEAD_MAX: usize = 400;
/// Documents of a tier whose coverage is looked up: the best by meaning.
const COVERED_MAX: usize = 200;

/// The best members of a set, in order.
pub(super) fn head(members: &BitSet, asked: &Asked<'_>, tiers: &Tiers) -> Vec<Scored> {
    let near = asked.nearest(Some(members), f32::NEG_INFINITY, HEAD_MAX);
    let known = BitSet::of(members.len(), near.iter().map(|(position, _)| *position));
    let covering: Vec<(Position, f32)> = (tiers.covering.iter())
        .filter(|(position, _)| members.contains(*position) && !known.contains(*position))
        .copied()
        .collect();
    let positions: Vec<Position> = covering.iter().map(|(position, _)| *position).collect();
    let cosines = asked.cosines(&positions);
    let near =
        near.into_iter().map(|(position, cosine)| Scored { position, cosine, coverage: None });
    let covering = covering.into_iter().zip(cosines).map(|((position, coverage), cosine)| Scored {
        position,
        cosine,
        coverage: Some(coverage),
    });
    near.chain(covering).collect()
}

/// Puts documents in order, the best first; `bonus` is what speaks for one besides. Of equals the
/// first in the default order comes first.
pub(super) fn rank(
    mut scored: Vec<Scored>,
    asked: &Asked<'_>,
    order: &Order,
    bonus: impl Fn(Position) -> f32,
) -> Vec<Position> {
    look_up_coverage(&mut scored, asked);
    let score = |it: &Scored| {
        let signals = Signals {
            cosine: it.cosine,
            coverage: it.coverage.unwrap_or(0.0),
            rails: asked.rails_met(it.position),
            is_preferred: asked.is_preferred(it.position),
        };
        signals.score() + bonus(it.position)
    };
    let mut ranked: Vec<(f32, u32, Position)> =
        scored.iter().map(|it| (score(it), order.rank(it.position), it.position)).collect();
    ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    ranked.into_iter().map(|(_, _, position)| position).collect()
}

/// The same, and of one group only a few stand together, unless the query names its provider.
pub(super) fn rank_spread(
    scored: Vec<Scored>,
    asked: &Asked<'_>,
    order: &Order,
    bonus: impl Fn(Position) -> f32,
) -> Vec<Position> {
    // Whoever names a provider wants to see what it has. The number of no group is that large.
    let group = |position| match asked.is_provider_named(position) {
        true => Position::MAX - position,
        false => asked.group(position),
    };
    spread(rank(scored, asked, order, bonus), group)
}

fn look_up_coverage(scored: &mut [Scored], asked: &Asked<'_>) {
    if scored.len() > COVERED_MAX {
        let nearer = |a: &Scored, b: &Scored| {
            b.cosine.total_cmp(&a.cosine).then(a.position.cmp(&b.position))
        };
        scored.select_nth_unstable_by(COVERED_MAX, nearer);
    }
    for it in scored.iter_mut().take(COVERED_MAX) {
        it.coverage = it.coverage.or_else(|| Some(asked.coverage(it.position)));
    }
}
