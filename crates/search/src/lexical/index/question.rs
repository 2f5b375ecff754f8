//! A query in the words of one index.

use super::score::Matching;
use super::{LexicalIndex, TermId, float};
use crate::lexical::ParsedQuery;
use crate::lexical::intent::{PriceLimit, RailSet};
use crate::lexical::query::{Group, Slot};
use crate::lexical::synonyms::{Kinship, Meaning};

/// Different terms of a question at most.
pub(super) const TERMS_MAX: usize = 128;
/// What a group that no document holds counts beside the rarest that one holds.
const UNKNOWN_SHARE: f32 = 0.5;

/// A query in the words of one index.
pub struct Question {
    /// Ascending and distinct; the rest refers to their places here.
    pub(super) terms: Vec<TermId>,
    pub(super) groups: Vec<AskedGroup>,
    /// What all groups together count.
    pub(super) importance: f32,
    text: String,
    rails: RailSet,
    price: Option<PriceLimit>,
    is_cheap: bool,
}

/// One thing that is asked for.
pub(super) struct AskedGroup {
    /// Its words in the query.
    pub(super) words: String,
    /// Rarity times weight.
    pub(super) importance: f32,
    pub(super) slots: Vec<AskedSlot>,
    /// What answers all of it at once.
    pub(super) wholes: Vec<Answer>,
}

/// A word of it.
pub(super) struct AskedSlot {
    /// Its part of the group, by rarity; all parts together are 1.
    pub(super) share: f32,
    pub(super) answers: Vec<Answer>,
}

/// Words that answer a slot or a group when a document holds them all.
pub(super) struct Answer {
    pub(super) words: String,
    pub(super) matching: Matching,
    pub(super) weight: f32,
    /// Places in the question's terms.
    pub(super) terms: Vec<usize>,
    ids: Vec<TermId>,
}

impl Question {
    /// What the rest of a search should look for: the query without what it says about paying,
    /// foreign words in English, misspelt words corrected.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The rails that the query names: a preference, not a filter.
    #[must_use]
    pub const fn rails(&self) -> RailSet {
        self.rails
    }

    /// What a call may cost at most, if the query says so.
    #[must_use]
    pub const fn price(&self) -> Option<PriceLimit> {
        self.price
    }

    /// Whether the query asks for a low price.
    #[must_use]
    pub const fn is_cheap(&self) -> bool {
        self.is_cheap
    }

    /// Whether no document holds any word of it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

pub(super) fn ask(index: &LexicalIndex, query: &ParsedQuery) -> Question {
    let mut groups: Vec<AskedGroup> =
        query.groups.iter().map(|group| ask_group(index, group)).collect();
    let terms = number_terms(&mut groups);
    let rarest = groups.iter().map(|group| group.importance).fold(0.0, f32::max);
    for (asked, group) in groups.iter_mut().zip(&query.groups) {
        if asked.importance <= 0.0 {
            asked.importance = rarest * UNKNOWN_SHARE * group.weight;
        }
    }
    Question {
        terms,
        importance: groups.iter().map(|group| group.importance).sum(),
        groups,
        text: query.text(),
        rails: query.rails(),
        price: query.price(),
        is_cheap: query.is_cheap(),
    }
}

fn ask_group(index: &LexicalIndex, group: &Group) -> AskedGroup {
    let (mut slots, rarities): (Vec<AskedSlot>, Vec<f32>) =
        group.slots.iter().map(|slot| ask_slot(index, slot)).unzip();
    let wholes = answers(index, &group.meanings);
    let whole = wholes.iter().map(|answer| rarity_of(index, answer)).reduce(f32::min);
    let words: f32 = rarities.iter().sum();
    // Words without any document leave their part to the others.
    for (slot, rarity) in slots.iter_mut().zip(&rarities) {
        slot.share = if words > 0.0 { rarity / words } else { 0.0 };
    }
    let importance = if words > 0.0 { words } else { whole.unwrap_or(0.0) };
    AskedGroup { words: group.words(), importance: importance * group.weight, slots, wholes }
}

/// A slot and its rarity: that of its commonest answer, for it is asked for a thing and not for
/// a word.
fn ask_slot(index: &LexicalIndex, slot: &Slot) -> (AskedSlot, f32) {
    let mut found = Vec::new();
    if let Some(term) = index.terms.of_stem(&slot.stem) {
        found.push(Answer {
            words: slot.word.clone(),
            matching: Matching::Word,
            weight: 1.0,
            terms: Vec::new(),
            ids: vec![term],
        });
    }
    found.extend(answers(index, &slot.meanings));
    let sure = found.iter().filter(|answer| answer.matching != Matching::Related);
    let rarity = sure.map(|answer| rarity_of(index, answer)).reduce(f32::min);
    let any = || found.iter().map(|answer| rarity_of(index, answer)).reduce(f32::min);
    let rarity = rarity.or_else(any).unwrap_or(0.0);
    (AskedSlot { share: 0.0, answers: found }, rarity)
}

fn answers(index: &LexicalIndex, meanings: &[Meaning]) -> Vec<Answer> {
    let found = meanings.iter().filter_map(|meaning| {
        let ids: Option<Vec<TermId>> =
            meaning.stems.iter().map(|stem| index.terms.of_stem(stem)).collect();
        let matching = match meaning.kinship {
            Kinship::Same => Matching::Synonym,
            Kinship::Translation => Matching::Translation,
            Kinship::Related => Matching::Related,
        };
        let (words, weight) = (meaning.words.join(" "), meaning.kinship.weight());
        Some(Answer { words, matching, weight, terms: Vec::new(), ids: ids? })
    });
    found.collect()
}

/// The rarity of an answer's rarest term.
fn rarity_of(index: &LexicalIndex, answer: &Answer) -> f32 {
    let all = float(u32::try_from(index.len()).unwrap_or(u32::MAX));
    let holders = answer.ids.iter().map(|term| index.postings.document_count(*term)).min();
    let holders = float(holders.unwrap_or(0));
    (1.0 + (all - holders + 0.5) / (holders + 0.5)).ln()
}

/// The distinct terms of all answers; each answer learns their places. Answers beyond
/// [`TERMS_MAX`] terms are left out.
fn number_terms(groups: &mut [AskedGroup]) -> Vec<TermId> {
    let mut terms: Vec<TermId> = Vec::new();
    let lists = |group: &mut AskedGroup, keep: &mut dyn FnMut(&mut Answer) -> bool| {
        for slot in &mut group.slots {
            slot.answers.retain_mut(&mut *keep);
        }
        group.wholes.retain_mut(&mut *keep);
    };
    for group in &mut *groups {
        lists(group, &mut |answer| {
            let new: Vec<TermId> =
                answer.ids.iter().copied().filter(|term| !terms.contains(term)).collect();
            let fits = terms.len() + new.len() <= TERMS_MAX;
            if fits {
                terms.extend(new);
            }
            fits
        });
    }
    terms.sort_unstable();
    terms.dedup();
    for group in groups {
        lists(group, &mut |answer| {
            answer.terms =
                answer.ids.iter().filter_map(|id| terms.binary_search(id).ok()).collect();
            true
        });
    }
    terms
}
