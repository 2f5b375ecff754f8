//! Which documents are worth a look, with bounded work.
//!
//! The postings of the question's terms are walked, the rarest first, and each document met
//! collects points. Of common terms only the first segments are walked, as far as a budget goes;
//! the best by points are then looked up and scored exactly.

use super::postings::SEGMENTS;
use super::question::{Answer, Question};
use super::{LexicalIndex, TermId, score};
use crate::{BitSet, Position};

/// Postings that one question may walk.
const POSTINGS_MAX: usize = 65_536;
/// A filter that lets so few through needs no postings: all are looked up.
const FEW: usize = 1_024;
/// Documents beyond those wanted that are scored exactly.
const SPARE: usize = 64;

/// A term to walk.
struct Walk {
    /// Which slot it answers; walks of one slot are adjoining.
    slot: u32,
    term: TermId,
    /// What a full impact is worth.
    points: f32,
    segments: usize,
}

pub(super) fn find(
    index: &LexicalIndex,
    question: &Question,
    filter: Option<&BitSet>,
    count_max: usize,
) -> Vec<(Position, f32)> {
    if question.is_empty() || count_max == 0 {
        return Vec::new();
    }
    let few = filter.filter(|filter| filter.count() <= FEW);
    let positions = match few {
        Some(filter) => filter.iter().collect(),
        None => by_points(index, question, filter, count_max.saturating_add(SPARE)),
    };
    let scored = positions
        .into_iter()
        .map(|position| (position, score::coverage(index, question, position)));
    let mut found: Vec<(Position, f32)> = scored.filter(|(_, covered)| *covered > 0.0).collect();
    found.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    found.truncate(count_max);
    found
}

fn by_points(
    index: &LexicalIndex,
    question: &Question,
    filter: Option<&BitSet>,
    count_max: usize,
) -> Vec<Position> {
    let walks = plan(index, question);
    let planned: usize = walks.iter().map(|walk| walked_len(index, walk)).sum();
    let mut board = Board::new(index.len(), planned);
    for walk in &walks {
        index.postings.walk(walk.term, walk.segments, |position, impact| {
            if filter.is_none_or(|filter| filter.contains(position)) {
                board.add(position, walk.slot, walk.points * f32::from(impact));
            }
        });
    }
    board.best(count_max)
}

/// Every answer's terms, the most important slot first, with as many segments as the budget
/// allows: every term its first segment, then further ones by importance.
fn plan(index: &LexicalIndex, question: &Question) -> Vec<Walk> {
    let mut walks = walks(question);
    walks.sort_by(|one, other| other.points.total_cmp(&one.points).then(one.slot.cmp(&other.slot)));
    let mut left = POSTINGS_MAX;
    for (segment, segment_len) in SEGMENTS.iter().enumerate() {
        let before: usize = SEGMENTS.iter().take(segment).sum();
        for walk in &mut walks {
            let holders = index.postings.document_count(walk.term) as usize;
            let len = holders.saturating_sub(before).min(*segment_len);
            if len > 0 && len <= left && walk.segments == segment {
                walk.segments += 1;
                left -= len;
            }
        }
    }
    walks.sort_by_key(|walk| walk.slot);
    walks
}

fn walks(question: &Question) -> Vec<Walk> {
    let mut walks = Vec::new();
    let mut slot = 0;
    let mut push = |answers: &[Answer], importance: f32, slot: u32| {
        for answer in answers {
            let points = importance * answer.weight
                / super::float(u32::try_from(answer.terms.len()).unwrap_or(1));
            for place in &answer.terms {
                let Some(term) = question.terms.get(*place) else { continue };
                walks.push(Walk { slot, term: *term, points, segments: 0 });
            }
        }
    };
    for group in &question.groups {
        for asked in &group.slots {
            slot += 1;
            push(&asked.answers, group.importance * asked.share, slot);
        }
        slot += 1;
        push(&group.wholes, group.importance, slot);
    }
    walks
}

fn walked_len(index: &LexicalIndex, walk: &Walk) -> usize {
    let walked: usize = SEGMENTS.iter().take(walk.segments).sum();
    walked.min(index.postings.document_count(walk.term) as usize)
}

/// Points of documents: a table by position while that is small, else one by hash.
struct Board {
    entries: Vec<Entry>,
    /// What is added to a position's hash to find the place; nothing if places are positions.
    hashed_bits: Option<u32>,
}

#[derive(Clone, Copy)]
struct Entry {
    /// Nobody's while it is 0; else the position and 1.
    owner: u32,
    slot: u32,
    /// Points of the slots before.
    sum: f32,
    /// The best of the present slot.
    best: f32,
}

const NOBODY: Entry = Entry { owner: 0, slot: 0, sum: 0.0, best: 0.0 };

impl Board {
    fn new(document_count: usize, planned: usize) -> Self {
        let room = planned.saturating_mul(2).next_power_of_two().max(64);
        if document_count <= room.saturating_mul(2) {
            return Self { entries: vec![NOBODY; document_count], hashed_bits: None };
        }
        Self { entries: vec![NOBODY; room], hashed_bits: Some(room.trailing_zeros()) }
    }

    fn add(&mut self, position: Position, slot: u32, points: f32) {
        let Some(entry) = self.entry(position) else { return };
        if entry.owner == 0 {
            *entry = Entry { owner: position + 1, slot, sum: 0.0, best: points };
        } else if entry.slot == slot {
            entry.best = entry.best.max(points);
        } else {
            *entry = Entry { slot, sum: entry.sum + entry.best, best: points, ..*entry };
        }
    }

    fn entry(&mut self, position: Position) -> Option<&mut Entry> {
        let Some(bits) = self.hashed_bits else {
            return self.entries.get_mut(position as usize);
        };
        // Fibonacci hashing: neighbours are spread.
        let mask = self.entries.len() - 1;
        let mut place = (position.wrapping_mul(0x9e37_79b9) >> (u32::BITS - bits)) as usize;
        // At most half of the places are taken, so the search ends.
        while self
            .entries
            .get(place)
            .is_some_and(|entry| !matches!(entry.owner, 0) && entry.owner != position + 1)
        {
            place = (place + 1) & mask;
        }
        self.entries.get_mut(place)
    }

    fn best(&self, count_max: usize) -> Vec<Position> {
        let met = self.entries.iter().filter(|entry| entry.owner > 0);
        let mut met: Vec<(f32, Position)> =
            met.map(|entry| (entry.sum + entry.best, entry.owner - 1)).collect();
        if met.len() > count_max {
            met.select_nth_unstable_by(count_max, |one, other| other.0.total_cmp(&one.0));
            met.truncate(count_max);
        }
        met.into_iter().map(|(_, position)| position).collect()
    }
}
