//! How much of a question a document covers.
//!
//! A group is covered by its words, each as much as the document is about it, or by another name
//! of the whole; whichever covers more. The coverage is the mean over the groups by importance:
//! 1 would be a document that is about everything that was asked and nothing else.

use super::LexicalIndex;
use super::question::{Answer, AskedGroup, Question, TERMS_MAX};
use super::weigh::IMPACT_MAX;
use crate::Position;

/// How a word of a document answers a word of the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// It is the word, in whatever form.
    Word,
    /// Another name of the same thing.
    Synonym,
    /// The word in English.
    Translation,
    /// Something that whoever asks is often content with.
    Related,
    /// The word as it was probably meant.
    Corrected,
}

/// A part of the query that a document answers.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchedWord {
    /// The words of the query.
    pub asked: String,
    /// The words that the document holds for them.
    pub found: String,
    /// How the one answers the other.
    pub matching: Matching,
    /// How much of it is covered, from 0 to 1.
    pub covered: f32,
}

/// The impact of each of the question's terms in one document, 0 where it does not occur.
type Impacts = [u8; TERMS_MAX];

pub(super) fn coverage(index: &LexicalIndex, question: &Question, position: Position) -> f32 {
    if question.importance <= 0.0 {
        return 0.0;
    }
    let impacts = impacts(index, question, position);
    let covered = question.groups.iter().map(|group| group.importance * covered(group, &impacts));
    (covered.sum::<f32>() / question.importance).clamp(0.0, 1.0)
}

fn impacts(index: &LexicalIndex, question: &Question, position: Position) -> Impacts {
    let mut impacts = [0; TERMS_MAX];
    let mut asked = question.terms.iter().zip(&mut impacts).peekable();
    for (term, impact) in index.forward.terms(position) {
        while asked.next_if(|(asked, _)| **asked < term).is_some() {}
        match asked.next_if(|(asked, _)| **asked == term) {
            Some((_, place)) => *place = impact,
            None if asked.peek().is_none() => break,
            None => {}
        }
    }
    impacts
}

fn covered(group: &AskedGroup, impacts: &Impacts) -> f32 {
    let best = |answers: &[Answer]| answers.iter().map(|it| held(it, impacts)).fold(0.0, f32::max);
    let by_words: f32 = group.slots.iter().map(|slot| slot.share * best(&slot.answers)).sum();
    by_words.max(best(&group.wholes))
}

/// How much a document is about an answer: the mean over its words, of which none may be missing.
fn held(answer: &Answer, impacts: &Impacts) -> f32 {
    let mut sum = 0;
    for place in &answer.terms {
        match impacts.get(*place) {
            Some(0) | None => return 0.0,
            Some(impact) => sum += u16::from(*impact),
        }
    }
    let count = u16::try_from(answer.terms.len()).unwrap_or(u16::MAX).max(1);
    answer.weight * f32::from(sum) / (f32::from(count) * IMPACT_MAX)
}

pub(super) fn matched_words(
    index: &LexicalIndex,
    question: &Question,
    position: Position,
) -> Vec<MatchedWord> {
    let impacts = impacts(index, question, position);
    let mut matched = Vec::new();
    for group in &question.groups {
        let of_slots = group.slots.iter().filter_map(|slot| best(&slot.answers, &impacts));
        let of_slots: Vec<(&Answer, f32)> = of_slots.collect();
        let by_words = group.slots.iter().filter_map(|slot| {
            best(&slot.answers, &impacts).map(|(_, covered)| covered * slot.share)
        });
        let by_words: f32 = by_words.sum();
        let found = match best(&group.wholes, &impacts) {
            Some((whole, covered)) if covered > by_words => vec![(whole, covered)],
            _ => of_slots,
        };
        matched.extend(found.into_iter().map(|(answer, covered)| MatchedWord {
            asked: group.words.clone(),
            found: answer.words.clone(),
            matching: answer.matching,
            covered,
        }));
    }
    matched
}

fn best<'a>(answers: &'a [Answer], impacts: &Impacts) -> Option<(&'a Answer, f32)> {
    let held = answers.iter().map(|answer| (answer, held(answer, impacts)));
    held.filter(|(_, covered)| *covered > 0.0).max_by(|one, other| one.1.total_cmp(&other.1))
}
