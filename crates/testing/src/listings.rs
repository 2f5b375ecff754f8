//! Any number of listings that read like real ones: the sample listings, cut into runs of a few
//! words and put together anew, always the same for the same seed.

use flate2::read::GzDecoder;
use serde::Deserialize;
use std::io::Read;

static SAMPLES: &[u8] = include_bytes!("../../../data/listings.jsonl.gz");

/// Words of a run.
const RUN_LEN: std::ops::RangeInclusive<usize> = 3..=8;
/// Bytes of a description, about.
const DESCRIPTION_LEN: std::ops::Range<usize> = 80..320;
/// Words of a name at most, before one of another listing is added.
const NAME_WORDS_MAX: usize = 8;

/// What a search compares, and what it filters and orders by.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedListing {
    /// The name of a sample with a word of another, sometimes with one of its own.
    pub name: String,
    /// Runs of words of samples of the same category.
    pub description: String,
    /// A category and tags.
    pub labels: String,
    /// An address without its scheme.
    pub url: String,
    /// Who runs it.
    pub provider: String,
    /// How it is paid.
    pub rail: String,
    /// The number of the host.
    pub host: u32,
    /// The price of a call in millionths of a dollar; from a hundredth of a cent to a dollar.
    pub price_micro_usd: u64,
    /// One of four.
    pub health: u8,
    /// One of three.
    pub protocol: u8,
    /// One in two hundred.
    pub featured: bool,
}

#[derive(Deserialize)]
struct Sample {
    url: String,
    protocol: String,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    provider: String,
}

/// The samples of one category.
struct Group<'a> {
    samples: Vec<&'a Sample>,
    words: Vec<Vec<&'a str>>,
}

/// Makes `count` listings.
///
/// # Panics
/// When the sample listings cannot be read.
#[must_use]
pub fn generated_listings(count: usize, seed: u64) -> Vec<GeneratedListing> {
    let samples = samples();
    let groups = groups(&samples);
    let mut random = fastrand::Rng::with_seed(seed);
    (0..count)
        .map(|_| {
            // Categories in proportion to their listings.
            let place = random.usize(..samples.len());
            let category = &samples[place].category;
            let group = groups.iter().find(|group| group.samples[0].category == *category);
            listing(group.expect("every sample is in a group"), &samples[place], &mut random)
        })
        .collect()
}

fn samples() -> Vec<Sample> {
    let mut text = String::new();
    GzDecoder::new(SAMPLES).read_to_string(&mut text).expect("the file unpacks");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is a sample")).collect()
}

fn groups(samples: &[Sample]) -> Vec<Group<'_>> {
    let mut sorted: Vec<&Sample> = samples.iter().collect();
    sorted.sort_by_key(|sample| &sample.category);
    let groups = sorted.chunk_by(|a, b| a.category == b.category);
    groups
        .map(|samples| {
            let words = samples.iter().map(|sample| {
                let words = sample.description.split_whitespace();
                words.chain(sample.name.split_whitespace()).collect()
            });
            Group { samples: samples.to_vec(), words: words.collect() }
        })
        .collect()
}

fn listing(group: &Group<'_>, sample: &Sample, random: &mut fastrand::Rng) -> GeneratedListing {
    let words = |random: &mut fastrand::Rng| &group.words[random.usize(..group.words.len())];
    let name = sample.name.split_whitespace().take(NAME_WORDS_MAX).collect::<Vec<_>>();
    let mut name = name.join(" ");
    let other = words(random);
    name = format!("{name} {}", other[random.usize(..other.len())]);
    let mut description = String::new();
    let len = random.usize(DESCRIPTION_LEN);
    while description.len() < len {
        let words = words(random);
        let start = random.usize(..words.len());
        let run = words[start..].iter().take(random.usize(RUN_LEN)).copied();
        description.push_str(&run.collect::<Vec<_>>().join(" "));
        description.push(' ');
    }
    // Products have names of their own.
    if random.u8(..10) < 4 {
        let own = own_word(random);
        description.push_str(&own);
        if random.bool() {
            name = format!("{name} {own}");
        }
    }
    let host = random.u32(..2_000);
    let path = sample.url.split('/').skip(3).collect::<Vec<_>>().join("/");
    let price = 10_f64.powf(2.0 + 4.0 * random.f64());
    GeneratedListing {
        description: description.trim_end().to_owned(),
        name,
        labels: format!("{} {}", sample.category, sample.tags.join(" ")),
        url: format!("host{host}.example/{path}"),
        provider: sample.provider.clone(),
        rail: sample.protocol.clone(),
        host,
        price_micro_usd: price as u64,
        health: [0, 0, 0, 0, 0, 0, 1, 2, 2, 3][random.usize(..10)],
        protocol: [0, 0, 0, 1, 1, 1, 1, 1, 1, 2][random.usize(..10)],
        featured: random.u8(..200) == 0,
    }
}

fn own_word(random: &mut fastrand::Rng) -> String {
    let letter = |place: usize, random: &mut fastrand::Rng| {
        let letters: &[u8] =
            if place.is_multiple_of(2) { b"bcdfghjklmnprstvwxz" } else { b"aeiou" };
        char::from(letters[random.usize(..letters.len())])
    };
    (0..7).map(|place| letter(place, random)).collect()
}
