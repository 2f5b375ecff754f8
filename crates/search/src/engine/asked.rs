//! A query in the terms of an engine's indexes: how near each document is, and how much of the
//! query it covers.

use super::Engine;
use super::others::Others;
use super::request::{Request, Why};
use super::segment::Segment;
use crate::lexical::Question;
use crate::{BitSet, Embedding, Model, Position};

/// A query's embedding says little when less than this share of its words are whole words of the
/// model; it then finds nothing, and only orders what is found.
const KNOWN_SHARE_MIN: f32 = 0.5;

/// A query in the terms of an engine's indexes.
pub(super) struct Asked<'a> {
    parts: Vec<AskedPart<'a>>,
    meaning: Option<Meaning<'a>>,
    preferred: Option<&'a BitSet>,
}

/// What a query means.
enum Meaning<'a> {
    /// In our own model's vectors, which each segment has.
    Own(Embedding),
    /// In those that the engine was given.
    Other(&'a Embedding, &'a Others),
}

struct AskedPart<'a> {
    segment: &'a Segment,
    start: Position,
    question: Question,
}

/// What speaks for a document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scored {
    pub(super) position: Position,
    pub(super) cosine: f32,
    /// `None` until it was looked up.
    pub(super) coverage: Option<f32>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(engine: &'a Engine, request: &Request<'a>) -> Self {
        let query = request.query;
        let asked = |(start, segment): (Position, &'a Segment)| AskedPart {
            question: segment.lexical.question(query.parsed()),
            segment,
            start,
        };
        let parts: Vec<AskedPart<'a>> = engine.segments().map(asked).collect();
        let text = parts.first().map(|part| part.question.text());
        let own = || text.and_then(|text| Model::shipped().embed(text)).map(Meaning::Own);
        let other = request.embedding.zip(engine.others.as_deref());
        let other = other.map(|(embedding, others)| Meaning::Other(embedding, others));
        let meaning = request.by_meaning.then(|| other.or_else(own)).flatten();
        Self { parts, meaning, preferred: request.preferred }
    }

    /// Whether meaning can find what words do not.
    pub(super) fn has_meaning(&self) -> bool {
        self.meaning.as_ref().is_some_and(|meaning| match meaning {
            Meaning::Own(embedding) => embedding.known_share() >= KNOWN_SHARE_MIN,
            Meaning::Other(..) => true,
        })
    }

    /// The nearest documents within a set, best first; none when meaning does not count.
    pub(super) fn nearest(
        &self,
        within: Option<&BitSet>,
        floor: f32,
        count_max: usize,
    ) -> Vec<(Position, f32)> {
        let embedding = match &self.meaning {
            None => return Vec::new(),
            Some(Meaning::Other(embedding, others)) => {
                return others.nearest(embedding, within, floor, count_max);
            }
            Some(Meaning::Own(embedding)) => embedding,
        };
        self.best_of_parts(within, count_max, |part, within| {
            part.segment.vectors.nearest(embedding, within, floor, count_max)
        })
    }

    /// The documents within a set that cover most of the query, best first.
    pub(super) fn covering(
        &self,
        within: Option<&BitSet>,
        count_max: usize,
    ) -> Vec<(Position, f32)> {
        self.best_of_parts(within, count_max, |part, within| {
            part.segment.lexical.candidates(&part.question, within, count_max)
        })
    }

    fn best_of_parts(
        &self,
        within: Option<&BitSet>,
        count_max: usize,
        find: impl Fn(&AskedPart<'_>, Option<&BitSet>) -> Vec<(Position, f32)>,
    ) -> Vec<(Position, f32)> {
        if let [only] = self.parts.as_slice() {
            return find(only, within);
        }
        let mut found = Vec::new();
        for part in &self.parts {
            let within = within.map(|set| set.part(part.start, part.segment.len()));
            let of_part = find(part, within.as_ref()).into_iter();
            found.extend(of_part.map(|(position, score)| (position + part.start, score)));
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(count_max);
        found
    }

    /// How near each of these is, in their order; 0 where meaning does not count.
    pub(super) fn cosines(&self, positions: &[Position]) -> Vec<f32> {
        let embedding = match &self.meaning {
            None => return vec![0.0; positions.len()],
            Some(Meaning::Other(embedding, others)) => return others.cosines(embedding, positions),
            Some(Meaning::Own(embedding)) => embedding,
        };
        if let [only] = self.parts.as_slice() {
            return only.segment.vectors.cosines(embedding, positions);
        }
        let cosine = |position: &Position| {
            let (part, position) = self.part_of(*position)?;
            Some(part.segment.vectors.cosine(embedding, position))
        };
        positions.iter().map(|position| cosine(position).unwrap_or(0.0)).collect()
    }

    pub(super) fn coverage(&self, position: Position) -> f32 {
        self.part_of(position)
            .map_or(0.0, |(part, position)| part.segment.lexical.coverage(&part.question, position))
    }

    /// The share of the rails named in the query by which the document is paid; 0 if none is.
    pub(super) fn rails_met(&self, position: Position) -> f32 {
        let Some((part, position)) = self.part_of(position) else { return 0.0 };
        let named = part.question.rails();
        let met = named.common(part.segment.lexical.rails(position)).len();
        let float = |count: u32| f32::from(u16::try_from(count).unwrap_or(u16::MAX));
        if met == 0 { 0.0 } else { float(met) / float(named.len()) }
    }

    /// Whether the query names a rail by which the document is paid.
    pub(super) fn is_rail_named(&self, position: Position) -> bool {
        self.rails_met(position) > 0.0
    }

    pub(super) fn is_preferred(&self, position: Position) -> bool {
        self.preferred.is_some_and(|set| set.contains(position))
    }

    /// Whether the query names the document's host or provider.
    pub(super) fn is_provider_named(&self, position: Position) -> bool {
        self.part_of(position).is_some_and(|(part, position)| {
            part.segment.lexical.is_provider_named(&part.question, position)
        })
    }

    pub(super) fn group(&self, position: Position) -> u32 {
        self.part_of(position).map_or(u32::MAX, |(part, position)| part.segment.group(position))
    }

    pub(super) fn why(&self, position: Position) -> Option<Why> {
        let (part, place) = self.part_of(position)?;
        Some(Why {
            words: part.segment.lexical.matched_words(&part.question, place),
            cosine: self.meaning.as_ref().and_then(|_| self.cosines(&[position]).pop()),
            coverage: self.coverage(position),
            is_rail_named: self.is_rail_named(position),
        })
    }

    fn part_of(&self, position: Position) -> Option<(&AskedPart<'a>, Position)> {
        let part = self.parts.iter().rfind(|part| part.start <= position)?;
        Some((part, position - part.start))
    }
}
