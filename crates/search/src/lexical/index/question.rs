//! A query in the words of one index.

use super::score::Matching;
use super::terms::provider;
use super::{LexicalIndex, TermId, float, spelling};
use crate::lexical::ParsedQuery;
use crate::lexical::intent::{PriceLimit, RailSet};
use crate::lexical::query::{Group, meanings, phrases};
use crate::lexical::synonyms::{Kinship, Meaning};
use crate::lexical::words::{Language, direction, stem};

/// Different terms of a question at most.
pub(super) const TERMS_MAX: usize = 128;
/// What a group that no document holds counts beside the rarest that one holds.
const UNKNOWN_SHARE: f32 = 0.5;
/// What a corrected word counts beside one that was written right.
const ONE_SLIP_WEIGHT: f32 = 0.85;
const TWO_SLIPS_WEIGHT: f32 = 0.7;
/// What a phrase counts that other words stand in.
const GAP_SHARE: f32 = 0.9;
/// What two words written as one count, and one written as two.
const HALVES_WEIGHT: f32 = 0.9;
/// Bytes of such a word at least.
const HALF_LEN_MIN: usize = 3;
/// Shorter words of a query in another language are not taken for misspelt English ones.
const FOREIGN_CORRECTED_LEN_MIN: usize = 6;
/// Names of a word that are looked for on either side of a direction.
const DIRECTED_ANSWERS_MAX: usize = 6;

/// A query in the words of one index.
pub struct Question {
    /// Ascending and distinct; the rest refers to their places here.
    pub(super) terms: Vec<TermId>,
    pub(super) groups: Vec<AskedGroup>,
    pub(super) phrases: Vec<AskedPhrase>,
    pub(super) directions: Vec<Direction>,
    /// Terms of the hosts and providers that it names.
    pub(super) providers: Vec<TermId>,
    /// What all groups together count.
    pub(super) importance: f32,
    text: String,
    rails: RailSet,
    price: Option<PriceLimit>,
    is_cheap: bool,
}

/// A word that is asked for.
pub(super) struct AskedGroup {
    /// As it stands in the query.
    pub(super) word: String,
    /// Rarity times weight.
    pub(super) importance: f32,
    pub(super) answers: Vec<Answer>,
}

/// Words that something answers together.
pub(super) struct AskedPhrase {
    /// Places among the groups.
    pub(super) groups: Vec<usize>,
    pub(super) answers: Vec<Answer>,
}

/// Words that answer a group or a phrase when a document holds them all.
pub(super) struct Answer {
    pub(super) words: String,
    pub(super) matching: Matching,
    pub(super) weight: f32,
    /// Places in the question's terms.
    pub(super) terms: Vec<usize>,
    pub(super) direction: Direction,
    /// If it is of one word.
    stem: Option<String>,
    ids: Vec<TermId>,
}

/// Terms of what is turned into what, and of the reverse; their places in the question's terms.
#[derive(Default)]
pub(super) struct Direction {
    pub(super) wanted: Vec<usize>,
    pub(super) reverse: Vec<usize>,
    ids: (Vec<TermId>, Vec<TermId>),
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
    let is_foreign = !query.languages.is_empty();
    let mut groups: Vec<AskedGroup> =
        query.groups.iter().map(|group| ask_group(index, group, is_foreign)).collect();
    let mut phrases = ask_phrases(index, query, &groups);
    set_importance(index, &mut groups, &phrases, query);
    let mut directions =
        query.directions.iter().map(|it| ask_direction(index, &groups, *it)).collect::<Vec<_>>();
    let terms = number_terms(&mut groups, &mut phrases, &mut directions);
    Question {
        terms,
        importance: groups.iter().map(|group| group.importance).sum(),
        text: query.text_with(|place| correction(groups.get(place)?).map(str::to_owned)),
        groups,
        phrases,
        directions,
        providers: providers(index, query),
        rails: query.rails(),
        price: query.price(),
        is_cheap: query.is_cheap(),
    }
}

fn providers(index: &LexicalIndex, query: &ParsedQuery) -> Vec<TermId> {
    let telling = query.groups.iter().filter(|group| group.weight >= 1.0);
    telling.filter_map(|group| index.terms.of_stem(&provider(&group.word))).collect()
}

/// One group that is to become another, under any name of either.
fn ask_direction(index: &LexicalIndex, groups: &[AskedGroup], pair: (usize, usize)) -> Direction {
    let stems = |place: usize| -> Vec<&str> {
        let answers = groups.get(place).map_or(&[][..], |group| &group.answers);
        let single = answers.iter().filter_map(|answer| answer.stem.as_deref());
        single.take(DIRECTED_ANSWERS_MAX).collect()
    };
    let (from, to) = (stems(pair.0), stems(pair.1));
    let pairs = || from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to)));
    let ids = (
        pairs().filter_map(|(from, to)| index.terms.of_stem(&direction(from, to))).collect(),
        pairs().filter_map(|(from, to)| index.terms.of_stem(&direction(to, from))).collect(),
    );
    Direction { ids, ..Direction::default() }
}

/// How a word was probably meant, if it was misspelt.
fn correction(group: &AskedGroup) -> Option<&str> {
    let first = group.answers.first()?;
    (first.matching == Matching::Corrected).then_some(&*first.words)
}

fn ask_group(index: &LexicalIndex, group: &Group, is_foreign: bool) -> AskedGroup {
    let mut found = Vec::new();
    if let Some(term) = index.terms.of_stem(&group.stem) {
        found.push(Answer {
            words: group.word.clone(),
            matching: Matching::Word,
            weight: 1.0,
            terms: Vec::new(),
            direction: Direction::default(),
            stem: Some(group.stem.clone()),
            ids: vec![term],
        });
    }
    found.extend(answers(index, &group.meanings));
    if !group.is_known && (!is_foreign || group.word.len() >= FOREIGN_CORRECTED_LEN_MIN) {
        found.extend(corrected(index, group));
    }
    if found.is_empty() {
        found.extend(halves(index, &group.word));
    }
    AskedGroup { word: group.word.clone(), importance: 0.0, answers: found }
}

/// Two words that were written as one: `weatherforecast`.
fn halves(index: &LexicalIndex, word: &str) -> Option<Answer> {
    let half = |half: &str| index.terms.of_stem(&stem(Language::English, half));
    let cuts = word.char_indices().skip(HALF_LEN_MIN).map(|(at, _)| word.split_at(at));
    let known = cuts.filter(|(_, after)| after.len() >= HALF_LEN_MIN).filter_map(|(one, other)| {
        let (words, ids) = ([one, other].join(" "), vec![half(one)?, half(other)?]);
        let (terms, direction) = (Vec::new(), Direction::default());
        let matching = Matching::Corrected;
        Some(Answer { words, matching, weight: HALVES_WEIGHT, terms, direction, stem: None, ids })
    });
    // The rarer half of the commonest cut: `we ather` is two rare words.
    known.min_by(|one, other| rarity_of(index, one).total_cmp(&rarity_of(index, other)))
}

/// Words that stand side by side in the query and as one in documents: `screen shot`.
fn joined(index: &LexicalIndex, groups: &[AskedGroup]) -> Vec<AskedPhrase> {
    let pairs = groups.windows(2).enumerate().filter_map(|(place, pair)| {
        let words: String = pair.iter().map(|group| group.word.as_str()).collect();
        let term = index.terms.of_stem(&stem(Language::English, &words))?;
        let answer = Answer {
            words,
            matching: Matching::Word,
            weight: HALVES_WEIGHT,
            terms: Vec::new(),
            direction: Direction::default(),
            stem: None,
            ids: vec![term],
        };
        Some(AskedPhrase { groups: vec![place, place + 1], answers: vec![answer] })
    });
    pairs.collect()
}

/// The phrases of the query; if words of it were misspelt, those of the words that were meant.
fn ask_phrases(
    index: &LexicalIndex,
    query: &ParsedQuery,
    groups: &[AskedGroup],
) -> Vec<AskedPhrase> {
    let corrected = groups.iter().any(|group| correction(group).is_some()).then(|| {
        let words = groups.iter().map(|group| correction(group).unwrap_or(&group.word));
        phrases(&words.collect::<Vec<&str>>(), &query.languages)
    });
    let phrases = corrected.as_deref().unwrap_or(&query.phrases);
    let asked = phrases.iter().map(|phrase| {
        let mut answers = answers(index, &phrase.meanings);
        if phrase.has_gaps {
            answers.iter_mut().for_each(|answer| answer.weight *= GAP_SHARE);
        }
        AskedPhrase { groups: phrase.groups.clone(), answers }
    });
    let mut asked: Vec<AskedPhrase> = asked.filter(|phrase| !phrase.answers.is_empty()).collect();
    asked.extend(joined(index, groups));
    asked
}

/// A word counts by the rarity of its commonest sure answer, for it is asked for a thing and not
/// for a word. One that nothing answers counts by the rarest of the others.
fn set_importance(
    index: &LexicalIndex,
    groups: &mut [AskedGroup],
    phrases: &[AskedPhrase],
    query: &ParsedQuery,
) {
    let commonest = |answers: &[Answer], is_counted: fn(&Answer) -> bool| {
        let counted = answers.iter().filter(|answer| is_counted(answer));
        counted.map(|answer| rarity_of(index, answer)).reduce(f32::min)
    };
    for (place, (group, asked)) in groups.iter_mut().zip(&query.groups).enumerate() {
        let is_sure = |answer: &Answer| answer.matching != Matching::Related;
        let rarity = commonest(&group.answers, is_sure)
            .or_else(|| commonest(&group.answers, |_| true))
            .or_else(|| {
                let of_word = phrases.iter().filter(|phrase| phrase.groups.contains(&place));
                of_word.filter_map(|phrase| commonest(&phrase.answers, |_| true)).reduce(f32::min)
            });
        group.importance = rarity.unwrap_or(0.0) * asked.weight;
    }
    let rarest = groups.iter().map(|group| group.importance).fold(0.0, f32::max);
    for (group, asked) in groups.iter_mut().zip(&query.groups) {
        if group.importance <= 0.0 {
            group.importance = rarest * UNKNOWN_SHARE * asked.weight;
        }
    }
}

fn answers(index: &LexicalIndex, meanings: &[Meaning]) -> Vec<Answer> {
    meanings.iter().flat_map(|meaning| answers_of(index, meaning)).collect()
}

/// The words of a meaning, and the same written as one: `rug pull` and `rugpull`.
fn answers_of(index: &LexicalIndex, meaning: &Meaning) -> impl Iterator<Item = Answer> {
    let matching = match meaning.kinship {
        Kinship::Same => Matching::Synonym,
        Kinship::Translation => Matching::Translation,
        Kinship::Related => Matching::Related,
    };
    let answer = |words: String, ids: Vec<TermId>| Answer {
        words,
        matching,
        weight: meaning.kinship.weight(),
        terms: Vec::new(),
        direction: Direction::default(),
        stem: None,
        ids,
    };
    let ids: Option<Vec<TermId>> =
        meaning.stems.iter().map(|stem| index.terms.of_stem(stem)).collect();
    let apart = ids.map(|ids| {
        let mut answer = answer(meaning.words.join(" "), ids);
        if let [from, to] = meaning.stems.as_slice()
            && meaning.is_directed
        {
            let term = |from: &str, to: &str| index.terms.of_stem(&direction(from, to));
            let ids = (term(from, to).into_iter().collect(), term(to, from).into_iter().collect());
            answer.direction.ids = ids;
        }
        if let [stem] = meaning.stems.as_slice() {
            answer.stem = Some(stem.clone());
        }
        answer
    });
    let joined = meaning.words.concat();
    let stem = stem(Language::English, &joined);
    let as_one = index.terms.of_stem(&stem).filter(|_| meaning.words.len() == 2);
    apart.into_iter().chain(as_one.map(|term| answer(joined.clone(), vec![term])))
}

/// What a word was probably meant to be, and what else that is called.
fn corrected(index: &LexicalIndex, group: &Group) -> Vec<Answer> {
    let mut found = Vec::new();
    for correction in spelling::corrections(index, &group.word, &group.stem) {
        let weight = if correction.slips == 1 { ONE_SLIP_WEIGHT } else { TWO_SLIPS_WEIGHT };
        let stem = stem(Language::English, correction.word);
        let word = Meaning {
            words: vec![correction.word.to_owned()],
            stems: vec![stem.into_owned()],
            is_directed: false,
            kinship: Kinship::Same,
        };
        let itself = answers(index, std::slice::from_ref(&word)).into_iter();
        found.extend(itself.map(|answer| Answer {
            matching: Matching::Corrected,
            weight,
            ..answer
        }));
        let others = answers(index, &meanings(&[correction.word])).into_iter();
        found.extend(others.map(|answer| Answer { weight: answer.weight * weight, ..answer }));
    }
    found
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
fn number_terms(
    groups: &mut [AskedGroup],
    phrases: &mut [AskedPhrase],
    directions: &mut [Direction],
) -> Vec<TermId> {
    let mut terms: Vec<TermId> = Vec::new();
    let mut add = |ids: &[TermId]| {
        let new: Vec<TermId> = ids.iter().filter(|term| !terms.contains(term)).copied().collect();
        let fits = terms.len() + new.len() <= TERMS_MAX;
        if fits {
            terms.extend(new);
        }
        fits
    };
    let of_groups = groups.iter_mut().map(|group| &mut group.answers);
    let of_phrases = phrases.iter_mut().map(|phrase| &mut phrase.answers);
    let mut lists: Vec<&mut Vec<Answer>> = of_groups.chain(of_phrases).collect();
    for answers in &mut lists {
        answers.retain(|answer| add(&answer.ids));
    }
    let of_answers = lists
        .into_iter()
        .flatten()
        .map(|answer| (&mut answer.direction, Some((&mut answer.terms, &answer.ids))));
    let all = of_answers.chain(directions.iter_mut().map(|direction| (direction, None)));
    let all: Vec<_> = all
        .inspect(|(direction, _)| {
            add(&direction.ids.0);
            add(&direction.ids.1);
        })
        .collect();
    terms.sort_unstable();
    terms.dedup();
    let places =
        |ids: &[TermId]| ids.iter().filter_map(|id| terms.binary_search(id).ok()).collect();
    for (direction, answer) in all {
        direction.wanted = places(&direction.ids.0);
        direction.reverse = places(&direction.ids.1);
        if let Some((answer_terms, ids)) = answer {
            *answer_terms = places(ids);
        }
    }
    terms
}
