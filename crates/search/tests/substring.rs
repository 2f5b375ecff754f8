//! The phrase index against comparing every text, at the size of a large directory.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use farebox_search::{BitSet, Document, PhraseHits, PhraseIndex, folded};
use farebox_testing::listings::{GeneratedListing, generated_listings};
use memchr::memmem;

const LISTINGS: usize = 100_000;
const QUERIES: usize = 2_000;

#[test]
fn two_thousand_random_queries_agree_with_comparing_everything() {
    let listings = generated_listings(LISTINGS, 402);
    let index = PhraseIndex::build(listings.iter().map(document));
    let names = Lines::of(listings.iter().map(|listing| listing.name.as_str()));
    let descriptions = Lines::of(listings.iter().map(|listing| listing.description.as_str()));
    let mut random = fastrand::Rng::with_seed(6);
    let queries: Vec<String> = (0..QUERIES).map(|_| query(&listings, &mut random)).collect();
    let (first, second) = queries.split_at(QUERIES / 2);
    let is_found = |query: &&String| {
        let hits = index.find(query);
        assert_eq!(hits, compared(&names, &descriptions, query), "{query:?}");
        !hits.exact_name.is_empty() || !hits.in_name.is_empty() || !hits.in_description.is_empty()
    };
    let check = |queries: &[String]| queries.iter().filter(is_found).count();
    let found = std::thread::scope(|scope| {
        let other = scope.spawn(|| check(second));
        check(first) + other.join().expect("the other half agrees")
    });
    // Most queries are about something, so that the test is.
    assert!(found > QUERIES * 3 / 4, "only {found} queries find anything");
}

fn document(listing: &GeneratedListing) -> Document<'_> {
    Document { name: &listing.name, description: &listing.description, ..Document::default() }
}

/// One field of all listings, each followed by a line feed, which no folded text has.
struct Lines {
    text: String,
    ends: Vec<usize>,
}

impl Lines {
    fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut lines = Self { text: String::new(), ends: Vec::new() };
        for text in texts {
            lines.text.push_str(&folded(text));
            lines.text.push('\n');
            lines.ends.push(lines.text.len());
        }
        lines
    }

    fn holding(&self, phrase: &str) -> BitSet {
        let found = memmem::find_iter(self.text.as_bytes(), phrase);
        let line = |at: usize| u32::try_from(self.ends.partition_point(|end| *end <= at)).unwrap();
        BitSet::of(u32::try_from(self.ends.len()).unwrap(), found.map(line))
    }
}

fn compared(names: &Lines, descriptions: &Lines, query: &str) -> PhraseHits {
    let phrase = folded(query);
    let mut in_name = names.holding(&phrase);
    let mut in_description = descriptions.holding(&phrase);
    in_description.subtract(&in_name);
    let whole = memmem::find_iter(names.text.as_bytes(), &phrase).filter(|at| {
        let end = at + phrase.len();
        (*at == 0 || names.ends.binary_search(at).is_ok())
            && names.ends.binary_search(&(end + 1)).is_ok()
    });
    let line = |at: usize| u32::try_from(names.ends.partition_point(|end| *end <= at)).unwrap();
    let exact_name: Vec<u32> = whole.map(line).collect();
    for position in &exact_name {
        in_name.remove(*position);
    }
    PhraseHits { exact_name, in_name, in_description }
}

/// Words, phrases, parts that start and end anywhere, names, short texts and nonsense.
fn query(listings: &[GeneratedListing], random: &mut fastrand::Rng) -> String {
    let listing = &listings[random.usize(..listings.len())];
    let text = if random.bool() { &listing.name } else { &listing.description };
    let words: Vec<&str> = text.split_whitespace().collect();
    let words_from = |random: &mut fastrand::Rng, count: usize| {
        let start = random.usize(..words.len().max(1));
        words.iter().skip(start).take(count).copied().collect::<Vec<_>>().join(" ")
    };
    let query = match random.u8(..20) {
        0..4 => words_from(random, 1),
        4..8 => words_from(random, 2),
        8..10 => words_from(random, 3),
        10 => words_from(random, 6),
        11 => listing.name.clone(),
        12..17 => {
            let chars: Vec<char> = text.chars().collect();
            let start = random.usize(..chars.len().max(1));
            let len = random.usize(1..14);
            chars.into_iter().skip(start).take(len).collect()
        }
        17 => {
            let letters = (0..random.usize(1..4)).map(|_| random.lowercase());
            letters.collect()
        }
        18 => {
            let stop = ["of the", "or a", "s a", "e t", "for the", "a ", "in a list of", "d of t"];
            stop[random.usize(..stop.len())].to_owned()
        }
        _ => format!("{} {}", words_from(random, 1), words_from(random, 1)),
    };
    let query = if folded(&query).is_empty() { "api".to_owned() } else { query };
    if random.bool() { query.to_uppercase() } else { query }
}
