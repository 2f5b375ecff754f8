//! The index against comparing every text. Thresholds are low here, so that every way through it
//! is taken with few texts.

use super::field::{Field, Thresholds};
use super::texts::{Texts, folded};
use super::{PhraseHits, PhraseIndex};
use crate::{BitSet, Document};
use proptest::prelude::*;

fn compared(texts: &[String], phrase: &str) -> BitSet {
    let holders = (0_u32..).zip(texts).filter(|(_, text)| folded(text).contains(phrase));
    let holders = holders.map(|(position, _)| position);
    BitSet::of(u32::try_from(texts.len()).unwrap(), holders)
}

fn agrees(texts: &[String], query: &str, thresholds: Thresholds) -> Result<(), TestCaseError> {
    let phrase = folded(query);
    prop_assume!(!phrase.is_empty());
    let field = Field::build(Texts::build(texts.iter().map(String::as_str)), thresholds);
    prop_assert_eq!(field.find(&phrase), compared(texts, &phrase), "{:?}", phrase);
    Ok(())
}

/// From nothing kept ready to everything.
fn thresholds() -> impl Strategy<Value = Thresholds> {
    (1_u32..8, 0_usize..12).prop_map(|(holders, entries)| Thresholds { holders, entries })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn it_agrees_on_texts_of_few_letters(
        texts in proptest::collection::vec("[abc ]{0,16}", 0..40),
        query in "[abc ]{1,7}",
        thresholds in thresholds(),
    ) {
        agrees(&texts, &query, thresholds)?;
    }

    #[test]
    fn it_agrees_on_words_that_repeat(
        texts in proptest::collection::vec(
            proptest::collection::vec(
                prop::sample::select(&["of", "the", "a", "for", "list", "theme", "sensor"][..]),
                0..9,
            ),
            0..30,
        ),
        query in proptest::collection::vec(
            prop::sample::select(
                &["of", "the", "a", "f", "or", "for", "list", "th", "s", "e", "sor"][..],
            ),
            1..5,
        ),
        thresholds in thresholds(),
    ) {
        let texts: Vec<String> = texts.iter().map(|words| words.join(" ")).collect();
        agrees(&texts, &query.join(" "), thresholds)?;
    }

    #[test]
    fn it_agrees_on_a_part_of_a_text(
        texts in proptest::collection::vec("\\PC{5,12}", 1..12),
        part in any::<prop::sample::Index>(),
        (start, len) in (0_usize..4, 1_usize..8),
        thresholds in thresholds(),
    ) {
        let query: String = part.get(&texts).chars().skip(start).take(len).collect();
        agrees(&texts, &query, thresholds)?;
    }
}

#[test]
fn pairs_of_common_tokens_are_found_without_comparing() {
    // More candidates than are compared one by one.
    let texts: Vec<String> =
        (0..400).map(|number| format!("list of the {number} of them")).collect();
    let thresholds = Thresholds { holders: 50, entries: 100 };
    for phrase in ["of the", "f the", "of them", "f th", "of 3", "the 3", "t of the 39", "m l"] {
        agrees(&texts, phrase, thresholds).unwrap();
    }
}

#[test]
fn tiers_follow_where_the_phrase_stands() {
    let texts = [
        ("Weather", "the sky"),
        ("Bad weather alerts", ""),
        ("Sky", "Tells the WEATHER  now"),
        ("Rain", "and snow"),
    ];
    let documents = texts.iter().map(|(name, description)| Document {
        name,
        description,
        ..Document::default()
    });
    let index = PhraseIndex::build(documents);
    let hits = |exact_name: &[u32], in_name: &[u32], in_description: &[u32]| PhraseHits {
        exact_name: exact_name.to_vec(),
        in_name: BitSet::of(4, in_name.iter().copied()),
        in_description: BitSet::of(4, in_description.iter().copied()),
    };
    assert_eq!(index.find("  weatHER "), hits(&[0], &[1], &[2]));
    assert_eq!(index.find("weather now"), hits(&[], &[], &[2]));
    assert_eq!(index.find("er al"), hits(&[], &[1], &[]));
    assert_eq!(index.find(" \t"), hits(&[], &[], &[]));
    assert!(index.memory_len() > 0);
}
