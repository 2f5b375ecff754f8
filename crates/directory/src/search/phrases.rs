//! Tiers A to C: the query as it is written, in names and in descriptions.
//!
//! Names and descriptions are cut at white space into a dictionary of tokens, each with the
//! documents that hold it. The longest word of a query can only occur inside a token, so the
//! tokens that contain it give every document worth comparing; the few that remain are compared
//! with the whole phrase. The answer is exactly that of comparing them all.

use super::{Document, Tier};
use std::collections::HashMap;

pub(super) struct Phrases {
    texts: Vec<Folded>,
    tokens: Tokens,
}

/// A document as the comparison sees it.
struct Folded {
    name: Box<str>,
    description: Box<str>,
}

/// Every distinct token, and who holds it.
struct Tokens {
    /// The tokens, each followed by a line feed.
    arena: String,
    /// Where each token ends in the arena, ascending.
    ends: Vec<usize>,
    /// The documents that hold each token, ascending.
    holders: Vec<Box<[u32]>>,
}

/// Lower case with single spaces.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

impl Phrases {
    pub(super) fn build<'a>(documents: impl Iterator<Item = Document<'a>>) -> Self {
        let texts: Vec<Folded> = documents
            .map(|document| Folded {
                name: folded(document.name).into(),
                description: folded(document.description).into(),
            })
            .collect();
        let tokens = Tokens::build(&texts);
        Self { texts, tokens }
    }

    /// Writes the tier of every document that holds the folded phrase.
    pub(super) fn find(&self, phrase: &str, tiers: &mut [Option<Tier>]) {
        let longest = phrase.split(' ').max_by_key(|word| word.len());
        self.tokens.for_each_holder(longest.unwrap_or(phrase), |position| {
            let Some(tier) = tiers.get_mut(position as usize) else {
                return;
            };
            if tier.is_none() {
                *tier = self.texts.get(position as usize).and_then(|text| text.tier(phrase));
            }
        });
    }
}

impl Folded {
    fn tier(&self, phrase: &str) -> Option<Tier> {
        if *self.name == *phrase {
            Some(Tier::Name)
        } else if self.name.contains(phrase) {
            Some(Tier::InName)
        } else {
            self.description.contains(phrase).then_some(Tier::InDescription)
        }
    }
}

impl Tokens {
    fn build(texts: &[Folded]) -> Self {
        let mut holders: HashMap<&str, Vec<u32>> = HashMap::new();
        for (position, text) in (0_u32..).zip(texts) {
            for token in text.name.split(' ').chain(text.description.split(' ')) {
                let holders = holders.entry(token).or_default();
                if holders.last() != Some(&position) {
                    holders.push(position);
                }
            }
        }
        let mut tokens = Self {
            arena: String::new(),
            ends: Vec::with_capacity(holders.len()),
            holders: Vec::with_capacity(holders.len()),
        };
        for (token, holders) in holders {
            tokens.arena.push_str(token);
            tokens.arena.push('\n');
            tokens.ends.push(tokens.arena.len());
            tokens.holders.push(holders.into());
        }
        tokens
    }

    /// Calls `visit` for every holder of a token that contains `word`; for some more than once.
    fn for_each_holder(&self, word: &str, mut visit: impl FnMut(u32)) {
        let mut last_token = None;
        for (start, _) in self.arena.match_indices(word) {
            let token = self.ends.partition_point(|end| *end <= start);
            if last_token.replace(token) == Some(token) {
                continue;
            }
            let holders = self.holders.get(token).map_or(&[][..], |holders| &**holders);
            holders.iter().copied().for_each(&mut visit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn documents(texts: &[(String, String)]) -> Phrases {
        Phrases::build(texts.iter().map(|(name, description)| Document {
            name,
            description,
            labels: String::new(),
            url: "",
            provider: "",
            rail: String::new(),
        }))
    }

    fn find(phrases: &Phrases, query: &str) -> Vec<Option<Tier>> {
        let mut tiers = vec![None; phrases.texts.len()];
        phrases.find(&folded(query), &mut tiers);
        tiers
    }

    #[test]
    fn tiers_follow_where_the_phrase_stands() {
        let texts = [
            ("Weather", "the sky"),
            ("Bad weather alerts", ""),
            ("Sky", "Tells the WEATHER  now"),
            ("Rain", "and snow"),
        ];
        let texts = texts.map(|(name, description)| (name.to_owned(), description.to_owned()));
        let phrases = documents(&texts);
        let expected = [Some(Tier::Name), Some(Tier::InName), Some(Tier::InDescription), None];
        assert_eq!(find(&phrases, "  weatHER "), expected);
        assert_eq!(find(&phrases, "weather now")[2], Some(Tier::InDescription));
        assert_eq!(find(&phrases, "er al")[1], Some(Tier::InName));
    }

    proptest! {
        #[test]
        fn the_index_agrees_with_comparing_everything(
            texts in proptest::collection::vec(("[abc ]{0,8}", "[abc ]{0,12}"), 0..12),
            query in "[abc ]{1,4}",
        ) {
            let query = folded(&query);
            prop_assume!(!query.is_empty());
            let phrases = documents(&texts);
            let expected: Vec<_> = phrases.texts.iter().map(|text| text.tier(&query)).collect();
            prop_assert_eq!(find(&phrases, &query), expected);
        }
    }
}
