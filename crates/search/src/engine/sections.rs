//! What was found, cut into sections that follow each other; only those that a page shows are put
//! in order.

use super::asked::{Asked, Scored};
use super::ranked::{head, rank, rank_spread};
use super::request::{Ranking, Request};
use super::tiers::Tiers;
use crate::{BitSet, Position};

/// What to hold the phrase in the name counts where all are ranked in one list.
const IN_NAME_BONUS: f32 = 0.15;
/// And in the description.
const IN_DESCRIPTION_BONUS: f32 = 0.05;

/// Documents that stand together, in an order of their own: by meaning and words, and those that
/// are too many for that behind, in the default order.
enum Section {
    /// Those that hold the phrase in one place.
    Tier(BitSet),
    /// Those that are similar.
    Similar(Vec<Scored>),
    /// Both in one list.
    Fused { in_name: BitSet, in_description: BitSet, similar: Vec<Scored> },
}

/// The documents of a page of what was found, by relevance.
pub(super) fn page(request: &Request<'_>, asked: &Asked<'_>, tiers: &Tiers) -> Vec<Position> {
    let mut positions = Vec::new();
    let mut left_out = request.offset;
    for section in sections(request, tiers) {
        let wanted = request.limit.saturating_sub(positions.len());
        if wanted == 0 {
            break;
        }
        let count = section.count();
        if left_out < count {
            positions.extend(section.page(request, asked, tiers, left_out, wanted));
        }
        left_out = left_out.saturating_sub(count);
    }
    positions
}

/// The documents of a page of these, in the order that is asked for or in the default order.
pub(super) fn ordered_page(request: &Request<'_>, members: &BitSet) -> Vec<Position> {
    let order = request.sort.unwrap_or(request.default_order);
    let mut positions = Vec::new();
    let mut left_out = request.offset;
    for part in Part::both(request.ahead) {
        let members = part.of(members);
        let count = members.count();
        let wanted = request.limit.saturating_sub(positions.len());
        positions.extend(order.page(&members, count, left_out, wanted));
        left_out = left_out.saturating_sub(count);
    }
    positions
}

/// Which of the documents that come before all others, and which of the rest.
#[derive(Clone, Copy)]
enum Part<'a> {
    All,
    Of(&'a BitSet),
    Beside(&'a BitSet),
}

impl<'a> Part<'a> {
    /// Both parts, in order; only one where nothing comes first.
    fn both(first: Option<&'a BitSet>) -> Vec<Self> {
        first.map_or_else(|| vec![Self::All], |first| vec![Self::Of(first), Self::Beside(first)])
    }

    fn of(self, members: &BitSet) -> BitSet {
        let mut part = members.clone();
        match self {
            Self::All => {}
            Self::Of(first) => part.intersect_with(first),
            Self::Beside(first) => part.subtract(first),
        }
        part
    }

    fn of_list(self, scored: &[Scored]) -> Vec<Scored> {
        let is_part = |it: &&Scored| match self {
            Self::All => true,
            Self::Of(first) => first.contains(it.position),
            Self::Beside(first) => !first.contains(it.position),
        };
        scored.iter().filter(is_part).copied().collect()
    }
}

/// The sections in order, each made when it is its turn.
fn sections<'a>(
    request: &'a Request<'a>,
    tiers: &'a Tiers,
) -> impl Iterator<Item = Section> + use<'a> {
    Part::both(request.ahead).into_iter().flat_map(move |part| {
        let exact_name = || BitSet::of(tiers.in_name.len(), tiers.exact_name.iter().copied());
        let by_tier = move |members: BitSet| {
            let parts = Part::both(request.featured).into_iter();
            parts.map(move |featured| Section::Tier(featured.of(&part.of(&members))))
        };
        let is_best = request.ranking == Ranking::Best;
        let best = is_best.then(|| Section::Fused {
            in_name: part.of(&tiers.in_name),
            in_description: part.of(&tiers.in_description),
            similar: part.of_list(&tiers.similar),
        });
        let tiered = [&tiers.in_name, &tiers.in_description].into_iter();
        let tiered = tiered.take(if is_best { 0 } else { 2 }).cloned().flat_map(by_tier);
        let similar = (!is_best).then(|| Section::Similar(part.of_list(&tiers.similar)));
        by_tier(exact_name()).chain(best).chain(tiered).chain(similar)
    })
}

impl Section {
    fn count(&self) -> usize {
        match self {
            Self::Tier(members) => members.count(),
            Self::Similar(similar) => similar.len(),
            Self::Fused { in_name, in_description, similar } => {
                in_name.count() + in_description.count() + similar.len()
            }
        }
    }

    fn page(
        self,
        request: &Request<'_>,
        asked: &Asked<'_>,
        tiers: &Tiers,
        offset: usize,
        limit: usize,
    ) -> Vec<Position> {
        let order = request.default_order;
        let (ranked, others) = match self {
            Self::Tier(members) => {
                (rank(head(&members, asked, tiers), asked, order, |_| 0.0), vec![members])
            }
            Self::Similar(similar) => (rank_spread(similar, asked, order, |_| 0.0), Vec::new()),
            Self::Fused { in_name, in_description, similar } => {
                let mut all = head(&in_name, asked, tiers);
                all.extend(head(&in_description, asked, tiers));
                all.extend(similar);
                let bonus = |position| match (&in_name, &in_description) {
                    (set, _) if set.contains(position) => IN_NAME_BONUS,
                    (_, set) if set.contains(position) => IN_DESCRIPTION_BONUS,
                    _ => 0.0,
                };
                (rank_spread(all, asked, order, bonus), vec![in_name, in_description])
            }
        };
        let mut page: Vec<Position> = ranked.iter().copied().skip(offset).take(limit).collect();
        let mut left_out = offset.saturating_sub(ranked.len());
        for mut others in others {
            ranked.iter().for_each(|position| others.remove(*position));
            let count = others.count();
            page.extend(order.page(&others, count, left_out, limit - page.len()));
            left_out = left_out.saturating_sub(count);
        }
        page
    }
}
