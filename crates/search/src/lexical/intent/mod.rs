//! How somebody wants to pay, said in words: rails, and what a call may cost.
//!
//! What is understood is never certain: `base` is a chain and a word, `lightning` a network and
//! a storm. So a rail is a preference, its words stay in the query at a lower weight unless they
//! stand in a phrase of paying, and a query of nothing else keeps all of them.

mod price;
mod rail;

pub use price::PriceLimit;
pub use rail::{Rail, RailSet};

use rail::RailWord;

/// What a word of a query is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What is looked for.
    Topic,
    /// Names a rail, and perhaps the topic.
    Rail,
    /// Only says how to pay, or what a call may cost.
    Payment,
}

/// What a query says about paying.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Intent {
    /// One for each word of the query.
    pub(crate) parts: Vec<Part>,
    /// The rails named.
    pub(crate) rails: RailSet,
    /// What a call may cost.
    pub(crate) price: Option<PriceLimit>,
    /// Whether a low price was asked for.
    pub(crate) is_cheap: bool,
}

/// Words around a rail that show that it is one: `pay with`, `accepts`, `over lightning`.
const PAYING: &[&str] = &[
    "accept",
    "accepting",
    "accepts",
    "over",
    "paid",
    "pay",
    "payable",
    "paying",
    "payment",
    "payments",
    "rail",
    "through",
    "using",
    "via",
    "with",
];
const CHEAP: &[&str] = &["affordable", "budget", "cheap", "cheaper", "cheapest", "inexpensive"];

/// Reads the words of a query, which are separated at white space and in lower case.
pub(crate) fn read(words: &[&str]) -> Intent {
    let mut intent = Intent { parts: vec![Part::Topic; words.len()], ..Intent::default() };
    read_price(words, &mut intent);
    read_rails(words, &mut intent);
    for (part, word) in intent.parts.iter_mut().zip(words) {
        if CHEAP.contains(&bare(word)) {
            *part = Part::Payment;
            intent.is_cheap = true;
        }
    }
    let has_topic = |parts: &[Part]| {
        let of_words = parts.iter().zip(words);
        of_words.clone().any(|(part, word)| *part == Part::Topic && !is_filler(word))
    };
    if !has_topic(&intent.parts) {
        // Whoever writes nothing but `lightning` looks for that word.
        intent.parts.fill(Part::Topic);
    }
    intent
}

fn is_filler(word: &str) -> bool {
    let word = bare(word);
    word.is_empty()
        || PAYING.contains(&word)
        || crate::lexical::words::is_stop_word(word)
        || crate::lexical::words::is_generic(word)
}

fn read_price(words: &[&str], intent: &mut Intent) {
    let mut at = 0;
    while at < words.len() {
        let rest = words.get(at..).unwrap_or_default();
        let Some((limit, len)) = price::read(rest) else {
            at += 1;
            continue;
        };
        intent.price = Some(intent.price.map_or(limit, |known| known.stricter(limit)));
        intent.parts.iter_mut().skip(at).take(len).for_each(|part| *part = Part::Payment);
        at += len;
    }
}

fn read_rails(words: &[&str], intent: &mut Intent) {
    for (at, word) in words.iter().enumerate() {
        if intent.parts.get(at) != Some(&Part::Topic) {
            continue;
        }
        let Some(RailWord { rail, is_sure }) = rail::read(bare(word)) else {
            continue;
        };
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        let paying = before.is_some_and(|before| is_paying(bare(before)));
        if !(is_sure || paying) {
            continue;
        }
        intent.rails.insert(rail);
        let part = if paying { Part::Payment } else { Part::Rail };
        set(&mut intent.parts, at, part);
        if paying {
            mark_paying_words(words, at, &mut intent.parts);
        }
    }
}

/// `on` and `in` show a rail too, but are met before much else.
fn is_paying(word: &str) -> bool {
    PAYING.contains(&word) || matches!(word, "on" | "in" | "by")
}

/// The words before a rail that belong to it: `that accepts`, `pay with`.
fn mark_paying_words(words: &[&str], rail_at: usize, parts: &mut [Part]) {
    for at in (0..rail_at).rev() {
        if !words.get(at).is_some_and(|word| is_paying(bare(word))) {
            return;
        }
        set(parts, at, Part::Payment);
    }
}

fn set(parts: &mut [Part], at: usize, to: Part) {
    if let Some(part) = parts.get_mut(at) {
        *part = to;
    }
}

/// A word without the punctuation around it.
pub(crate) fn bare(word: &str) -> &str {
    word.trim_matches(|letter: char| !letter.is_alphanumeric())
}
