//! The sample listings that the binary carries, see `data/README.md`.

use crate::offer::network_name;
use crate::{Listing, ListingFacts, Protocol};
use farebox_money::{MicroUsd, Sats};
use flate2::read::GzDecoder;
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::io::Read;

static SAMPLES: &[u8] = include_bytes!("../../../data/listings.jsonl.gz");

/// The unpacked file at most; a larger one was not made by us.
const SAMPLES_LEN_MAX: u64 = 32 * 1024 * 1024;

/// A row of the file.
#[derive(Deserialize)]
struct Sample {
    id: String,
    url: String,
    method: Option<String>,
    protocol: String,
    name: String,
    #[serde(default)]
    description: String,
    price: Option<String>,
    price_usd: Option<f64>,
    price_sats: Option<u64>,
    asset: Option<String>,
    network: Option<String>,
    #[serde(default)]
    category: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    provider: String,
    source: String,
    source_ref: Option<String>,
    licence: Option<String>,
}

/// Names this edition of the file.
pub(crate) fn digest() -> String {
    hex::encode(Sha256::digest(SAMPLES))
}

/// The rows of the file as listings that were never checked. A row that makes no listing is
/// left out and logged.
pub(crate) fn listings(now: Timestamp) -> std::io::Result<Vec<Listing>> {
    let mut text = String::new();
    GzDecoder::new(SAMPLES).take(SAMPLES_LEN_MAX).read_to_string(&mut text)?;
    let rows = text.lines().map(serde_json::from_str::<Sample>);
    let samples: Vec<Sample> = rows.collect::<Result<_, _>>()?;
    Ok(samples.into_iter().filter_map(|sample| to_listing(sample, now)).collect())
}

fn to_listing(sample: Sample, now: Timestamp) -> Option<Listing> {
    let id = sample.id.clone();
    let checked = to_facts(sample).map(ListingFacts::checked);
    match checked {
        Some(Ok((facts, canonical_url))) => {
            Some(Listing { id, ..Listing::new(facts, canonical_url, now) })
        }
        Some(Err(error)) => {
            tracing::warn!(%id, %error, "a sample listing was left out");
            None
        }
        None => {
            tracing::warn!(%id, "a sample listing of an unknown protocol was left out");
            None
        }
    }
}

fn to_facts(sample: Sample) -> Option<ListingFacts> {
    let protocol = Protocol::parse(&sample.protocol)?;
    let priced = sample.price_usd.is_some() || sample.price_sats.is_some();
    let network = sample.network.as_deref().map(network_name).map(str::to_owned);
    Some(ListingFacts {
        description: sample.description,
        category: sample.category,
        provider: sample.provider,
        tags: sample.tags,
        price_sats: sample.price_sats.map(Sats::new).filter(|price| *price <= Sats::MAX),
        price_usd: sample.price_usd.and_then(MicroUsd::from_f64),
        price_note: sample.price.filter(|_| !priced),
        payment_asset: sample.asset,
        payment_network: network,
        source: sample.source,
        source_ref: sample.source_ref,
        licence: sample.licence,
        sample_data: true,
        ..ListingFacts::new(&sample.url, sample.method.as_deref(), protocol, &sample.name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_row_of_the_file_makes_a_listing() {
        let listings = listings(Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(listings.len(), 4_715);
        let ids: HashSet<_> = listings.iter().map(|listing| &listing.id).collect();
        assert_eq!(ids.len(), listings.len());
        assert!(listings.iter().all(|listing| listing.facts.sample_data));
        let l402 = listings.iter().filter(|listing| listing.facts.protocol == Protocol::L402);
        assert_eq!(l402.count(), 91);
    }
}
