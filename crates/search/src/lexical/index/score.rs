//! How much of a question a document covers.
//!
//! A word is covered by itself or by another name, as much as the document is about it; or by
//! another name of a phrase that it belongs to; whichever covers more. The coverage is the mean
//! over the words by importance: 1 would be a document that is about everything that was asked
//! and nothing else.

use super::LexicalIndex;
use super::question::{Answer, Direction, Question, TERMS_MAX};
use super::weigh::IMPACT_MAX;
use crate::Position;
use crate::lexical::QUERY_WORDS_MAX;

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

/// What coverage is worth where the document turns things the way that was asked, and the other
/// way round.
const WANTED_DIRECTION: f32 = 1.15;
const REVERSE_DIRECTION: f32 = 0.5;

/// The impact of each of the question's terms in one document, 0 where it does not occur.
type Impacts = [u8; TERMS_MAX];

pub(super) fn coverage(index: &LexicalIndex, question: &Question, position: Position) -> f32 {
    if question.importance <= 0.0 {
        return 0.0;
    }
    let impacts = impacts(index, question, position);
    let covered = covered(question, &impacts);
    let sum: f32 = question.groups.iter().zip(covered).map(|(it, by)| it.importance * by).sum();
    let turned = question.directions.iter().map(|direction| match heading(direction, &impacts) {
        Heading::Wanted => WANTED_DIRECTION,
        Heading::Reverse => REVERSE_DIRECTION,
        Heading::Unknown => 1.0,
    });
    (turned.product::<f32>() * sum / question.importance).clamp(0.0, 1.0)
}

/// Which way a document turns something into something.
#[derive(PartialEq)]
enum Heading {
    Wanted,
    Reverse,
    Unknown,
}

fn heading(direction: &Direction, impacts: &Impacts) -> Heading {
    let holds = |places: &[usize]| {
        places.iter().any(|place| impacts.get(*place).is_some_and(|impact| *impact > 0))
    };
    if holds(&direction.wanted) {
        Heading::Wanted
    } else if holds(&direction.reverse) {
        Heading::Reverse
    } else {
        Heading::Unknown
    }
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

/// How much of each group a document covers.
fn covered(question: &Question, impacts: &Impacts) -> [f32; QUERY_WORDS_MAX] {
    let best = |answers: &[Answer]| answers.iter().map(|it| held(it, impacts)).fold(0.0, f32::max);
    let mut covered = [0.0; QUERY_WORDS_MAX];
    for (by, group) in covered.iter_mut().zip(&question.groups) {
        *by = best(&group.answers);
    }
    for phrase in &question.phrases {
        let whole = best(&phrase.answers);
        for place in &phrase.groups {
            if let Some(by) = covered.get_mut(*place) {
                *by = by.max(whole);
            }
        }
    }
    covered
}

/// How much a document is about an answer: the mean over its words, of which none may be missing.
/// What turns the one into the other the wrong way round is no answer.
fn held(answer: &Answer, impacts: &Impacts) -> f32 {
    if heading(&answer.direction, impacts) == Heading::Reverse {
        return 0.0;
    }
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
    let of_phrases = question.phrases.iter().filter_map(|phrase| {
        let (answer, covered) = best(&phrase.answers, &impacts)?;
        let words = phrase.groups.iter().filter_map(|place| question.groups.get(*place));
        let words: Vec<&str> = words.map(|group| group.word.as_str()).collect();
        Some(matched(words.join(" "), answer, covered))
    });
    let of_words = question.groups.iter().filter_map(|group| {
        let (answer, covered) = best(&group.answers, &impacts)?;
        Some(matched(group.word.clone(), answer, covered))
    });
    of_phrases.chain(of_words).collect()
}

fn matched(asked: String, answer: &Answer, covered: f32) -> MatchedWord {
    MatchedWord { asked, found: answer.words.clone(), matching: answer.matching, covered }
}

fn best<'a>(answers: &'a [Answer], impacts: &Impacts) -> Option<(&'a Answer, f32)> {
    let held = answers.iter().map(|answer| (answer, held(answer, impacts)));
    held.filter(|(_, covered)| *covered > 0.0).max_by(|one, other| one.1.total_cmp(&other.1))
}
