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
        let count = section.count();
        let wanted = request.limit.saturating_sub(positions.len());
        if wanted > 0 && left_out < count {
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
    for members in split(members, request.ahead) {
        let count = members.count();
        let wanted = request.limit.saturating_sub(positions.len());
        positions.extend(order.page(&members, count, left_out, wanted));
        left_out = left_out.saturating_sub(count);
    }
    positions
}

/// The members that are in `first`, and the others.
fn split(members: &BitSet, first: Option<&BitSet>) -> Vec<BitSet> {
    let Some(first) = first else {
        return vec![members.clone()];
    };
    let (mut ahead, mut others) = (members.clone(), members.clone());
    ahead.intersect_with(first);
    others.subtract(first);
    vec![ahead, others]
}

fn sections(request: &Request<'_>, tiers: &Tiers) -> Vec<Section> {
    let exact_name = BitSet::of(tiers.in_name.len(), tiers.exact_name.iter().copied());
    let exact_name = split(&exact_name, request.ahead);
    let in_name = split(&tiers.in_name, request.ahead);
    let in_description = split(&tiers.in_description, request.ahead);
    let similar = split_similar(&tiers.similar, request.ahead);
    let tiers = exact_name.into_iter().zip(in_name).zip(in_description).zip(similar);
    let by_tier =
        |members: &BitSet| split(members, request.featured).into_iter().map(Section::Tier);
    let mut sections = Vec::new();
    for (((exact_name, in_name), in_description), similar) in tiers {
        sections.extend(by_tier(&exact_name));
        match request.ranking {
            Ranking::Tiers => {
                sections.extend(by_tier(&in_name));
                sections.extend(by_tier(&in_description));
                sections.push(Section::Similar(similar));
            }
            Ranking::Best => sections.push(Section::Fused { in_name, in_description, similar }),
        }
    }
    sections
}

fn split_similar(similar: &[Scored], first: Option<&BitSet>) -> Vec<Vec<Scored>> {
    let Some(first) = first else {
        return vec![similar.to_vec()];
    };
    let (ahead, others) = similar.iter().partition(|scored| first.contains(scored.position));
    vec![ahead, others]
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
