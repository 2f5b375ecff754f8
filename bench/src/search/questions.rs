//! What people ask a directory, in the proportions of a mixed day: common words, words and phrases
//! of listings, beginnings of words, wishes in other words, short texts, whole names; one in seven
//! only filters. Half of all have filters, some an order or a later page.

use crate::directory::category;
use farebox_testing::listings::GeneratedListing;

const COMMON: [&str; 20] = [
    "image",
    "weather",
    "speech",
    "translate",
    "user",
    "list",
    "price",
    "search",
    "data",
    "create",
    "bitcoin",
    "video",
    "email",
    "account",
    "payment",
    "map",
    "news",
    "sms",
    "invoice",
    "token",
];
const WISHES: [&str; 12] = [
    "turn a recording into text",
    "pictures from a prompt",
    "how hot is it in Paris",
    "convert dollars to euros",
    "find cheap flights",
    "who owns this domain",
    "detect spam in messages",
    "stock quotes for a ticker",
    "summarise a long article",
    "nearest restaurants to me",
    "lightning network node stats",
    "remove the background of a photo",
];
const SHORT: [&str; 10] = ["ai", "ip", "vm", "qr", "ml", "pdf", "sms", "dns", "in", "re"];
const PAGE_LEN: usize = 50;

#[derive(Clone, Copy, Debug)]
pub enum Sort {
    Price,
    Name,
}

#[derive(Clone, Debug, Default)]
pub struct Question {
    pub text: String,
    pub protocol: Option<u8>,
    pub health: Option<u8>,
    pub category: Option<String>,
    pub price_max_micro_usd: Option<u64>,
    pub sort: Option<Sort>,
    pub offset: usize,
    pub limit: usize,
}

pub fn questions(listings: &[GeneratedListing], count: usize) -> Vec<Question> {
    let mut random = fastrand::Rng::with_seed(2_026);
    (0..count).filter_map(|_| question(listings, &mut random)).collect()
}

fn question(listings: &[GeneratedListing], random: &mut fastrand::Rng) -> Option<Question> {
    let text = if random.u8(..7) == 0 { Some(String::new()) } else { text(listings, random) }?;
    let other = random.choice(listings)?;
    let filtered = text.is_empty() || random.bool();
    let one_in = |count: u8, random: &mut fastrand::Rng| filtered && random.u8(..count) == 0;
    Some(Question {
        protocol: one_in(2, random).then(|| random.u8(..3)),
        health: one_in(2, random).then_some(0),
        category: one_in(4, random).then(|| category(other).to_owned()),
        price_max_micro_usd: one_in(3, random).then(|| other.price_micro_usd),
        sort: match random.u8(..10) {
            0 => Some(Sort::Price),
            1 => Some(Sort::Name),
            _ => None,
        },
        offset: if random.u8(..10) == 0 { PAGE_LEN * random.usize(1..6) } else { 0 },
        limit: PAGE_LEN,
        text,
    })
}

fn text(listings: &[GeneratedListing], random: &mut fastrand::Rng) -> Option<String> {
    let listing = random.choice(listings)?;
    let words: Vec<&str> = listing.description.split_whitespace().collect();
    let word = random.choice(&words).copied().unwrap_or("api");
    Some(match random.u8(..100) {
        0..20 => (*random.choice(&COMMON)?).to_owned(),
        20..45 => {
            let words: Vec<&str> = listing.name.split_whitespace().collect();
            let start = random.usize(..words.len().max(2) - 1);
            words.iter().skip(start).take(2).copied().collect::<Vec<_>>().join(" ")
        }
        45..65 => word.to_owned(),
        65..75 => word.chars().take(5).collect(),
        75..90 => (*random.choice(&WISHES)?).to_owned(),
        90..95 => (*random.choice(&SHORT)?).to_owned(),
        _ => listing.name.clone(),
    })
}
