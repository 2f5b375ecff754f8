//! Words that were probably meant: known words that look like one that is not known.
//!
//! Likely words are those that share many pairs of adjoining letters; of these the ones within
//! the edit distance are taken. The work is bounded: only the commonest words are known here,
//! and only the likeliest are compared letter by letter.

mod pairs;

use pairs::PairIndex;

/// Known words at most, the commonest.
const WORDS_MAX: usize = 65_536;
/// Shorter words are not corrected: too many others are as near.
const LETTERS_MIN: usize = 4;
/// From so many letters on two slips are forgiven.
const TWO_SLIPS_FROM: usize = 8;
/// Longer words are not corrected.
const LETTERS_MAX: usize = 32;
/// Words that are compared letter by letter.
const COMPARED_MAX: usize = 96;
/// Corrections of one word at most.
const CORRECTIONS_MAX: usize = 3;

/// A word that was probably meant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Correction<'a> {
    /// The known word.
    pub(crate) word: &'a str,
    /// Letters left out, put in, changed or swapped.
    pub(crate) slips: usize,
    /// How common it is.
    pub(crate) count: u32,
}

/// The words that corrections are taken from.
pub(crate) struct Spelling {
    /// By ascending length.
    words: Box<[(Box<str>, u32)]>,
    pairs: PairIndex,
}

impl Spelling {
    /// Knows these words and how common each is. Words that are too short or too long and
    /// words with digits are left out.
    pub(crate) fn new<'a>(words: impl Iterator<Item = (&'a str, u32)>) -> Self {
        let is_wanted = |word: &str| {
            (LETTERS_MIN - 1..=LETTERS_MAX).contains(&word.len())
                && word.bytes().all(|letter| letter.is_ascii_lowercase())
        };
        let mut words: Vec<(&str, u32)> = words.filter(|(word, _)| is_wanted(word)).collect();
        words.sort_unstable_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
        words.truncate(WORDS_MAX);
        words.sort_unstable_by_key(|(word, _)| (word.len(), *word));
        let words: Box<[(Box<str>, u32)]> =
            words.into_iter().map(|(word, count)| (word.into(), count)).collect();
        let pairs = PairIndex::new(words.iter().map(|(word, _)| &**word));
        Self { words, pairs }
    }

    /// What a folded word was probably meant to be, the likeliest first. Nothing if it is too
    /// short, or has digits.
    pub(crate) fn corrections(&self, word: &str) -> Vec<Correction<'_>> {
        let is_correctable = (LETTERS_MIN..=LETTERS_MAX).contains(&word.len())
            && word.bytes().all(|letter| letter.is_ascii_lowercase());
        if !is_correctable {
            return Vec::new();
        }
        let slips_max = if word.len() >= TWO_SLIPS_FROM { 2 } else { 1 };
        let by_len = |len: usize| self.words.partition_point(|(known, _)| known.len() < len);
        let range = by_len(word.len() - slips_max)..by_len(word.len() + slips_max + 1);
        let likely = self.pairs.likely(word, range, COMPARED_MAX);
        let mut corrections: Vec<Correction<'_>> = likely
            .into_iter()
            .filter_map(|index| self.words.get(index))
            .filter_map(|(known, count)| {
                let slips = strsim::osa_distance(word, known);
                let is_near = (1..=slips_max).contains(&slips);
                is_near.then_some(Correction { word: known, slips, count: *count })
            })
            .collect();
        corrections.sort_unstable_by_key(|it| {
            (it.slips, first_differs(word, it.word), u32::MAX - it.count)
        });
        let fewest = corrections.first().map_or(0, |it| it.slips);
        corrections.retain(|correction| correction.slips == fewest);
        corrections.truncate(CORRECTIONS_MAX);
        corrections
    }

    /// Bytes of memory that it takes, about.
    pub(crate) fn memory_len(&self) -> usize {
        let letters: usize = self.words.iter().map(|(word, _)| word.len()).sum();
        size_of_val(&*self.words) + letters + self.pairs.memory_len()
    }
}

/// The first letter is rarely wrong.
fn first_differs(word: &str, other: &str) -> bool {
    word.bytes().next() != other.bytes().next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spelling(words: &[&'static str]) -> Spelling {
        Spelling::new(words.iter().map(|word| (*word, 1)))
    }

    fn first(spelling: &Spelling, word: &str) -> Option<String> {
        spelling.corrections(word).first().map(|correction| correction.word.to_owned())
    }

    #[test]
    fn slips_of_the_pen_are_put_right() {
        let known = ["translate", "weather", "whether", "bitcoin", "screenshot", "currency", "sms"];
        let spelling = spelling(&known);
        for (slip, meant) in [
            ("tranlsate", "translate"),
            ("translat", "translate"),
            ("wether", "weather"),
            ("bitcion", "bitcoin"),
            ("bittcoin", "bitcoin"),
            ("screnshoot", "screenshot"),
            ("curency", "currency"),
        ] {
            assert_eq!(first(&spelling, slip).as_deref(), Some(meant), "{slip}");
        }
    }

    #[test]
    fn what_is_far_off_short_or_numbered_stays() {
        let spelling = spelling(&["translate", "weather", "smss", "base64"]);
        for word in ["banana", "sms", "base65", "weethar", "weather"] {
            assert_eq!(first(&spelling, word), None, "{word}");
        }
    }

    proptest! {
        #[test]
        fn every_near_word_is_found(
            word in "[a-e]{5,9}",
            at in 0_usize..5,
            letter in "[f-z]",
        ) {
            let spelling = Spelling::new([(word.as_str(), 1)].into_iter());
            let mut changed = word.clone();
            changed.replace_range(at..=at, &letter);
            let mut longer = word.clone();
            longer.insert_str(at, &letter);
            let mut shorter = word.clone();
            shorter.remove(at);
            for slip in [changed, longer, shorter] {
                let found = first(&spelling, &slip);
                prop_assert!(slip == word || found.as_deref() == Some(&word), "{} {}", slip, word);
            }
        }

        #[test]
        fn any_word_is_answered(word in "\\PC{0,40}", known in proptest::collection::vec("[a-z]{1,12}", 0..20)) {
            let spelling = Spelling::new(known.iter().map(|word| (word.as_str(), 1)));
            prop_assert!(spelling.corrections(&word).len() <= CORRECTIONS_MAX);
        }
    }
}
