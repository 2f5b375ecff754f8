//! What a source says about an endpoint on one rail, in the terms of the directory.

use super::formats::{self, Format};
use super::{ImportedListing, Reason};
use crate::canonical::host;
use crate::provenance::{self, Trust};
use crate::{ListingError, ListingFacts, Protocol, UNCATEGORIZED};
use url::Url;

/// What a source says about an endpoint on one rail.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// The same as facts, checked and cleaned.
    pub(crate) facts: ListingFacts,
    pub(crate) canonical_url: String,
    pub(crate) offers: Vec<crate::Offer>,
    /// Whether the source gave a name; else one was made of the address.
    pub(crate) has_name: bool,
    /// Who says it.
    pub(crate) mark: provenance::Origin,
}

/// Where a list comes from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) format: Format,
    /// The list's own address.
    pub(crate) document: Option<Url>,
    /// Who says it; the trust is that of the list.
    pub(crate) mark: provenance::Origin,
}

impl Origin {
    /// Whom a row is to be believed as: a seller's document speaks for its own host alone.
    fn mark(&self, canonical_url: &str) -> provenance::Origin {
        let first_party = matches!(self.format, Format::WellKnown | Format::OpenApi);
        let own_host = self.document.as_ref().and_then(Url::host_str);
        let is_foreign = own_host != Some(host(canonical_url).as_str());
        let trust = match self.mark.trust() {
            Trust::FirstParty if first_party && is_foreign => Trust::Aggregator,
            trust => trust,
        };
        provenance::Origin { trust: Some(trust), ..self.mark.clone() }
    }
}

/// The listings that a row comes to, one for each rail.
pub(crate) fn said(row: &ImportedListing, origin: &Origin) -> Result<Vec<Said>, Reason> {
    row.protocols.iter().map(|protocol| on_rail(row, *protocol, origin)).collect()
}

fn on_rail(row: &ImportedListing, protocol: Protocol, origin: &Origin) -> Result<Said, Reason> {
    let is_on_rail = |offer: &&super::Offer| offer.protocol.is_none_or(|own| own == protocol);
    let ways: Vec<super::Offer> = row.offers.iter().filter(is_on_rail).cloned().collect();
    let (asset, network) = formats::shown_payment(&ways);
    let name = row.name.clone().unwrap_or_else(|| name_of(&row.url));
    let facts = ListingFacts {
        description: row.description.clone().or(row.provider_text.clone()).unwrap_or_default(),
        category: row.category.clone().unwrap_or_else(|| UNCATEGORIZED.to_owned()),
        provider: row.provider.clone().unwrap_or_default(),
        tags: row.tags.clone(),
        price_sats: row.price_sats,
        price_usd: row.price_usd,
        price_note: row.price_note.clone(),
        payment_asset: asset,
        payment_network: network,
        probe_body: row.probe_body.clone(),
        input_schema: row.input_schema.clone(),
        output_schema: row.output_schema.clone(),
        source: origin.mark.source.clone(),
        source_ref: row.original_source.clone(),
        source_id: row.source_ref.clone(),
        licence: row.licence.clone(),
        ..ListingFacts::new(&row.url, row.method.as_deref(), protocol, &name)
    };
    let (facts, canonical_url) = facts.checked().map_err(|error| refusal(error, &row.url))?;
    let offers = ways.iter().filter_map(|way| formats::listed_offer(way, protocol)).collect();
    let mark = origin.mark(&canonical_url);
    Ok(Said { facts, canonical_url, offers, has_name: row.name.is_some(), mark })
}

fn refusal(error: ListingError, url: &str) -> Reason {
    match error {
        ListingError::Url(url) => Reason::Url(url),
        ListingError::Method(method) => Reason::Method(method),
        // A name is always made; nothing is left of it only when nothing is left of the address.
        ListingError::Name => Reason::Url(url.chars().take(80).collect()),
    }
}

/// A name made of an address: its host and the words of its path.
fn name_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.split(['?', '#']).next().unwrap_or(rest);
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let host = parts.next().unwrap_or_default();
    let is_word = |part: &&str| !part.starts_with([':', '{', '*']);
    let words: Vec<String> =
        parts.filter(is_word).map(|part| part.replace(['-', '_'], " ")).collect();
    format!("{host} {}", words.join(" ")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn origin(format: Format, trust: Trust, document: &str) -> Origin {
        let at = Timestamp::UNIX_EPOCH;
        let mark = provenance::Origin { source: "test".to_owned(), trust: Some(trust), at };
        Origin { format, document: Url::parse(document).ok(), mark }
    }

    #[test]
    fn a_seller_s_document_speaks_for_its_own_host_alone() {
        let origin = origin(Format::WellKnown, Trust::FirstParty, "https://a.example/x402");
        let trust = |url: &str| {
            let row = ImportedListing {
                url: url.to_owned(),
                protocols: vec![Protocol::X402],
                ..ImportedListing::default()
            };
            said(&row, &origin).unwrap()[0].mark.trust()
        };
        assert_eq!(trust("https://a.example/x"), Trust::FirstParty);
        assert_eq!(trust("https://A.example:8443/x"), Trust::FirstParty);
        assert_eq!(trust("https://b.example/x"), Trust::Aggregator);
        assert_eq!(trust("https://evil.a.example/x"), Trust::Aggregator);
    }

    #[test]
    fn each_rail_has_its_own_ways_to_pay() {
        let offer = |protocol, network: &str| super::super::Offer {
            protocol,
            network: Some(network.to_owned()),
            asset: Some("USDC".to_owned()),
            amount: Some("1000".to_owned()),
            ..Default::default()
        };
        let row = ImportedListing {
            url: "https://a.example/v1/fast-maps/{id}".to_owned(),
            protocols: vec![Protocol::Mpp, Protocol::X402],
            offers: vec![offer(Some(Protocol::X402), "base"), offer(Some(Protocol::Mpp), "tempo")],
            ..ImportedListing::default()
        };
        let said = said(&row, &origin(Format::Jsonl, Trust::Aggregator, "")).unwrap();
        let shown: Vec<_> = said
            .iter()
            .map(|one| (one.facts.protocol, one.facts.payment_network.as_deref(), one.offers.len()))
            .collect();
        let expected = [(Protocol::Mpp, Some("Tempo"), 1), (Protocol::X402, Some("Base"), 1)];
        assert_eq!(shown, expected);
        assert_eq!(said[1].offers[0].price_micro_usd, Some(1_000));
        assert_eq!(said[0].facts.name, "a.example v1 fast maps");
        assert!(!said[0].has_name);
    }
}
