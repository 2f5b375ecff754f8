//! A listing: one URL and method on one protocol, what is said about it and how it fared.

use crate::canonical::{
    URL_LEN_MAX, canonical_url, has_placeholders, host, listing_id, service_id,
};
use crate::text::clean::{
    DESCRIPTION_LEN_MAX, NAME_LEN_MAX, SHORT_LEN_MAX, TAGS_MAX, clean_optional, clean_text,
};
use crate::{
    Health, HealthStatus, L402Format, ListingStatus, OFFERS_MAX, Offer, ProbeStatus, Protocol,
};
use farebox_money::{BtcUsd, MicroUsd, Sats};
use jiff::Timestamp;

/// The category of what nobody sorted.
pub const UNCATEGORIZED: &str = "uncategorized";

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Bytes of a probe's body at most.
pub(crate) const PROBE_BODY_LEN_MAX: usize = 16_384;
/// Bytes of a schema or another JSON document at most.
const DOCUMENT_LEN_MAX: usize = 32_768;

/// What a provider or a source says about a listing. The texts are untrusted until
/// [`ListingFacts::checked`] has cleaned them.
#[derive(Clone, Debug, PartialEq)]
pub struct ListingFacts {
    /// The address as the provider writes it.
    pub url: String,
    /// The method that meets the paywall; `None` when the row names a whole service.
    pub method: Option<String>,
    /// The rail.
    pub protocol: Protocol,
    /// Shown first.
    pub name: String,
    /// What one call does.
    pub description: String,
    /// A path such as `ai/text`, in lower case.
    pub category: String,
    /// Who runs it; may be empty.
    pub provider: String,
    /// Further words to find it by.
    pub tags: Vec<String>,
    /// The price of a call in satoshis, where the provider names one.
    pub price_sats: Option<Sats>,
    /// The price of a call in dollars, where the provider names one.
    pub price_usd: Option<MicroUsd>,
    /// A price that is no single number, in the provider's words.
    pub price_note: Option<String>,
    /// What the price is paid in: `BTC`, `USDC`.
    pub payment_asset: Option<String>,
    /// Where it is paid: `Lightning`, `Base`.
    pub payment_network: Option<String>,
    /// A JSON body that gets as far as the paywall; anything else is dropped.
    pub probe_body: Option<String>,
    /// A JSON Schema of what a call takes; anything else is dropped.
    pub input_schema: Option<String>,
    /// A JSON Schema of what a call answers; anything else is dropped.
    pub output_schema: Option<String>,
    /// How to make use of the answer: a JSON object with a `type`; anything else is dropped.
    pub consumption: Option<String>,
    /// The media type of the answer.
    pub content_type: Option<String>,
    /// Where people read about it.
    pub docs_url: Option<String>,
    /// Whether a plain request meets the paywall.
    pub probe_status: ProbeStatus,
    /// Which list the row came from.
    pub source: String,
    /// Where in that list.
    pub source_ref: Option<String>,
    /// What that list calls it.
    pub source_id: Option<String>,
    /// The licence of the row.
    pub licence: Option<String>,
    /// Shown before others.
    pub featured: bool,
    /// The provider proved that the host is theirs.
    pub domain_verified: bool,
    /// x402: whether the payment requirements were found valid; `None` before the first look.
    pub x402_payment_valid: Option<bool>,
    /// x402: whether the facilitator that the requirements name answers.
    pub x402_facilitator_reachable: Option<bool>,
    /// x402: whether the asset is one that clients know.
    pub x402_asset_known: Option<bool>,
    /// L402: whether the challenge follows the specification.
    pub l402_compliant: Option<bool>,
    /// L402: what is wrong with the challenge.
    pub l402_degrade_reason: Option<String>,
    /// L402: how the macaroon is written.
    pub l402_format: Option<L402Format>,
    /// L402: whether lnget can pay it.
    pub lnget_compatible: Option<bool>,
    /// Shown to try the directory out; never checked off this machine.
    pub sample_data: bool,
    /// Answered by this very server for practice.
    pub is_demo: bool,
}

/// Facts that make no listing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListingError {
    /// The address is not plain http or https.
    #[error("not an http or https URL of at most 2048 characters: {0:?}")]
    Url(String),
    /// The method is none that a paid API answers.
    #[error("not a method that can be listed (GET, POST, PUT, PATCH, DELETE): {0:?}")]
    Method(String),
    /// Nothing is left of the name.
    #[error("a listing needs a name")]
    Name,
}

impl ListingFacts {
    /// The least that makes a listing; everything else is empty, unknown or false.
    #[must_use]
    pub fn new(url: &str, method: Option<&str>, protocol: Protocol, name: &str) -> Self {
        Self {
            url: url.to_owned(),
            method: method.map(str::to_owned),
            protocol,
            name: name.to_owned(),
            description: String::new(),
            category: UNCATEGORIZED.to_owned(),
            provider: String::new(),
            tags: Vec::new(),
            price_sats: None,
            price_usd: None,
            price_note: None,
            payment_asset: None,
            payment_network: None,
            probe_body: None,
            input_schema: None,
            output_schema: None,
            consumption: None,
            content_type: None,
            docs_url: None,
            probe_status: ProbeStatus::Probeable,
            source: "self-registered".to_owned(),
            source_ref: None,
            source_id: None,
            licence: None,
            featured: false,
            domain_verified: false,
            x402_payment_valid: None,
            x402_facilitator_reachable: None,
            x402_asset_known: None,
            l402_compliant: None,
            l402_degrade_reason: None,
            l402_format: None,
            lnget_compatible: None,
            sample_data: false,
            is_demo: false,
        }
    }

    /// The same facts with every text cleaned and cut, and the canonical URL.
    ///
    /// # Errors
    /// [`ListingError`] when the address, the method or the name cannot be used.
    pub fn checked(mut self) -> Result<(Self, String), ListingError> {
        let shown = |text: &str| text.chars().take(80).collect::<String>();
        let canonical =
            canonical_url(&self.url).ok_or_else(|| ListingError::Url(shown(&self.url)))?;
        self.url = clean_text(&self.url, URL_LEN_MAX);
        self.method = match self.method.take() {
            None => None,
            Some(method) => {
                Some(known_method(&method).ok_or(ListingError::Method(shown(&method)))?)
            }
        };
        self.name = clean_text(&self.name, NAME_LEN_MAX);
        if self.name.is_empty() {
            return Err(ListingError::Name);
        }
        self.description = clean_text(&self.description, DESCRIPTION_LEN_MAX);
        self.category = clean_category(&self.category);
        self.clean_short_texts();
        self.clean_documents();
        if has_placeholders(&self.url) {
            self.probe_status = ProbeStatus::Unprobeable;
        }
        Ok((self, canonical))
    }

    /// Whether a search finds both by the same words and under the same source.
    pub(crate) fn same_texts(&self, other: &Self) -> bool {
        self.url == other.url
            && self.protocol == other.protocol
            && self.name == other.name
            && self.description == other.description
            && self.category == other.category
            && self.provider == other.provider
            && self.tags == other.tags
            && self.payment_network == other.payment_network
            && self.payment_asset == other.payment_asset
            && self.source == other.source
    }

    fn clean_short_texts(&mut self) {
        let short = |text: &Option<String>| clean_optional(text.as_deref(), SHORT_LEN_MAX);
        self.provider = clean_text(&self.provider, SHORT_LEN_MAX);
        self.source = clean_text(&self.source, SHORT_LEN_MAX);
        self.price_note = short(&self.price_note);
        self.payment_asset = short(&self.payment_asset);
        self.payment_network = short(&self.payment_network);
        self.source_ref = clean_optional(self.source_ref.as_deref(), NAME_LEN_MAX);
        self.licence = short(&self.licence);
        self.tags = std::mem::take(&mut self.tags)
            .iter()
            .map(|tag| clean_text(tag, SHORT_LEN_MAX))
            .filter(|tag| !tag.is_empty())
            .take(TAGS_MAX)
            .collect();
        self.source_id = short(&self.source_id);
        self.content_type = short(&self.content_type);
        self.l402_degrade_reason = short(&self.l402_degrade_reason);
    }

    fn clean_documents(&mut self) {
        // A body is sent, and shown in a command to copy: nothing but JSON will do.
        self.probe_body = clean_optional(self.probe_body.as_deref(), PROBE_BODY_LEN_MAX)
            .filter(|body| serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok());
        let object = |text: &mut Option<String>| {
            *text = text.take().as_deref().and_then(json_object);
        };
        object(&mut self.input_schema);
        object(&mut self.output_schema);
        object(&mut self.consumption);
        self.docs_url = self.docs_url.take().filter(|url| canonical_url(url).is_some());
    }
}

/// A JSON object, as short as it can be written; `None` for anything else, or too long a one.
fn json_object(text: &str) -> Option<String> {
    if text.len() > DOCUMENT_LEN_MAX {
        return None;
    }
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    serde_json::to_string(&object).ok()
}

fn known_method(method: &str) -> Option<String> {
    METHODS.into_iter().find(|known| known.eq_ignore_ascii_case(method)).map(str::to_owned)
}

fn clean_category(category: &str) -> String {
    let parts = category.split('/').map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let category = clean_text(&parts.join("/").to_lowercase(), SHORT_LEN_MAX);
    if category.is_empty() {
        return UNCATEGORIZED.to_owned();
    }
    category
}

/// A listing as the directory keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// Twelve hexadecimal digits.
    pub id: String,
    /// What listings of one endpoint on several rails have in common.
    pub canonical_url: String,
    /// What listings of one provider have in common: `svc_` and twelve hexadecimal digits.
    pub service_id: String,
    /// Where it stands.
    pub status: ListingStatus,
    /// Why it was approved or rejected, in the reviewer's words.
    pub status_reason: Option<String>,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
    /// What is said about it, cleaned.
    pub facts: ListingFacts,
    /// Ways to pay, as last seen or said.
    pub offers: Vec<Offer>,
    /// What is odd about its texts.
    pub content_flags: Vec<String>,
    /// Field by field who said it, and when: a JSON object.
    pub provenance: Box<str>,
    /// When it was first listed.
    pub registered_at: Timestamp,
    /// Whether it came with the first import of a list: then it is listed, and is no news.
    pub came_in_bulk: bool,
    /// When its facts last changed.
    pub updated_at: Timestamp,
    /// How its checks went.
    pub health: Health,
}

/// How sure the directory is that a listing takes payment, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verification {
    /// The provider proved that the host is theirs.
    Domain,
    /// x402: valid payment requirements. L402 and MPP: healthy.
    Payment,
    /// Neither.
    None,
}

impl Listing {
    /// A new listing that was never checked; its id follows from what makes it unique.
    #[must_use]
    pub fn new(facts: ListingFacts, canonical_url: String, now: Timestamp) -> Self {
        Self {
            id: listing_id(&canonical_url, facts.method.as_deref(), facts.protocol),
            service_id: service_id(&host(&canonical_url)),
            canonical_url,
            status: ListingStatus::Active,
            status_reason: None,
            deleted_at: None,
            facts,
            offers: Vec::new(),
            content_flags: Vec::new(),
            provenance: "{}".into(),
            registered_at: now,
            came_in_bulk: false,
            updated_at: now,
            health: Health::default(),
        }
    }

    /// Takes over what was seen at the endpoint: the offers, and the price where one is payable.
    /// What is asked for counts, not what was advertised.
    pub(crate) fn take_offers(&mut self, offers: Vec<Offer>) {
        let payable = |offer: &&Offer| offer.is_payable != Some(false);
        let priced = |offer: &&Offer| offer.price_msat.is_some() || offer.price_micro_usd.is_some();
        if let Some(offer) = offers.iter().filter(payable).find(priced) {
            let facts = &mut self.facts;
            facts.price_sats = offer.price_msat.map(|msat| Sats::new(msat.div_ceil(1_000)));
            facts.price_usd = offer.price_micro_usd.map(MicroUsd::new);
            facts.price_note = None;
            facts.payment_asset = offer.asset_name().or_else(|| facts.payment_asset.take());
            facts.payment_network = offer.network_name().or_else(|| facts.payment_network.take());
        }
        self.offers = offers;
        self.offers.truncate(OFFERS_MAX);
    }

    /// The price of a call in dollars: as the provider names it, else converted from satoshis
    /// where a rate is known.
    #[must_use]
    pub fn price_in_usd(&self, rate: Option<BtcUsd>) -> Option<MicroUsd> {
        let from_sats = || rate?.to_usd_nearest(self.facts.price_sats?.to_msat()?);
        self.facts.price_usd.or_else(from_sats)
    }

    /// The price of a call in satoshis: as the provider names it, else converted from dollars
    /// and rounded up where a rate is known.
    #[must_use]
    pub fn price_in_sats(&self, rate: Option<BtcUsd>) -> Option<Sats> {
        let from_usd = || rate?.to_sats_ceil(self.facts.price_usd?);
        self.facts.price_sats.or_else(from_usd)
    }

    /// Which of the verification tiers of the API it is in.
    #[must_use]
    pub fn verification(&self) -> Verification {
        let payment_verified = match self.facts.protocol {
            Protocol::X402 => self.facts.x402_payment_valid == Some(true),
            Protocol::L402 | Protocol::Mpp => self.health.status == HealthStatus::Healthy,
        };
        match (self.facts.domain_verified, payment_verified) {
            (true, _) => Verification::Domain,
            (false, true) => Verification::Payment,
            (false, false) => Verification::None,
        }
    }

    /// Whether the URL holds placeholders that a caller must fill first.
    #[must_use]
    pub fn is_template(&self) -> bool {
        has_placeholders(&self.facts.url)
    }

    /// The host, in lower case.
    #[must_use]
    pub fn host(&self) -> String {
        host(&self.canonical_url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> ListingFacts {
        ListingFacts::new("https://Example.com/x/", Some("post"), Protocol::L402, "A name")
    }

    #[test]
    fn facts_are_cleaned() {
        let mut given = facts();
        given.name = format!("\u{202e}evil {}", "x".repeat(300));
        given.category = " AI / Text/ ".to_owned();
        given.tags = vec!["\u{200b}".to_owned(), "b".to_owned()];
        given.payment_asset = Some(" ".to_owned());
        given.probe_body = Some("@/etc/passwd".to_owned());
        let (checked, canonical) = given.checked().unwrap();
        assert_eq!(canonical, "https://example.com/x");
        assert_eq!(checked.method.as_deref(), Some("POST"));
        assert_eq!(checked.name.chars().count(), NAME_LEN_MAX);
        assert!(checked.name.starts_with("evil x"));
        assert_eq!(checked.category, "ai/text");
        assert_eq!(checked.tags, ["b"]);
        assert_eq!(checked.payment_asset, None);
        assert_eq!(checked.probe_body, None);
    }

    #[test]
    fn what_makes_no_listing_is_named() {
        let mut given = facts();
        given.url = "javascript:alert(1)".to_owned();
        assert!(matches!(given.checked(), Err(ListingError::Url(_))));
        let mut given = facts();
        given.method = Some("BREW".to_owned());
        assert!(matches!(given.checked(), Err(ListingError::Method(_))));
        let mut given = facts();
        given.name = "\u{200b}\n".to_owned();
        assert_eq!(given.checked().unwrap_err(), ListingError::Name);
    }

    #[test]
    fn a_url_with_placeholders_cannot_be_probed() {
        let mut given = facts();
        given.url = "https://example.com/x/{id}".to_owned();
        let (checked, _) = given.checked().unwrap();
        assert_eq!(checked.probe_status, ProbeStatus::Unprobeable);
    }

    #[test]
    fn prices_convert_both_ways() {
        let rate = BtcUsd::new(MicroUsd::new(100_000_000_000));
        let (mut given, canonical) = facts().checked().unwrap();
        given.price_sats = Some(Sats::new(5));
        let mut listing = Listing::new(given, canonical, Timestamp::UNIX_EPOCH);
        assert_eq!(listing.price_in_usd(rate), Some(MicroUsd::new(5_000)));
        assert_eq!(listing.price_in_usd(None), None);
        listing.facts.price_sats = None;
        listing.facts.price_usd = Some(MicroUsd::new(1_001));
        assert_eq!(listing.price_in_sats(rate), Some(Sats::new(2)));
        assert_eq!(listing.price_in_sats(None), None, "nothing is made up");
        listing.facts.price_usd = None;
        assert_eq!(listing.price_in_sats(rate), None);
    }
}
