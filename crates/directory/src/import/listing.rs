//! What a source says about one endpoint, before anything of it is believed.

use crate::Protocol;
use crate::text::clean::{
    DESCRIPTION_LEN_MAX, NAME_LEN_MAX, SHORT_LEN_MAX, TAGS_MAX, clean_optional, clean_text,
};
use farebox_money::{MicroUsd, Sats};
use jiff::Timestamp;

/// Ways to pay that are kept of one endpoint.
pub const OFFERS_MAX: usize = 16;
/// Bytes of a schema or of a sample body; a longer one is left out.
pub const SCHEMA_LEN_MAX: usize = 16 * 1_024;

/// One endpoint as a source describes it. What the source does not say is `None` or empty; texts
/// are cut to what the directory keeps, but are as untrusted as before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportedListing {
    /// The address, with its host; placeholders such as `{id}` may stand in it.
    pub url: String,
    /// In capitals; `None` when the row names a whole service or the source does not say.
    pub method: Option<String>,
    /// The rails it is sold on; never empty.
    pub protocols: Vec<Protocol>,
    /// Shown first.
    pub name: Option<String>,
    /// What one call does.
    pub description: Option<String>,
    /// Who runs it.
    pub provider: Option<String>,
    /// What the source says of the provider as a whole. It is the same for many endpoints and so
    /// says little about each.
    pub provider_text: Option<String>,
    /// A path such as `ai/text`.
    pub category: Option<String>,
    /// Further words to find it by.
    pub tags: Vec<String>,
    /// The price of a call in satoshis.
    pub price_sats: Option<Sats>,
    /// The price of a call in dollars; a fraction of a micro-dollar is counted as a whole one.
    pub price_usd: Option<MicroUsd>,
    /// A price that is no single number of a known unit, in the source's words.
    pub price_note: Option<String>,
    /// The ways to pay.
    pub offers: Vec<Offer>,
    /// A JSON schema of what goes in, as JSON.
    pub input_schema: Option<String>,
    /// A JSON schema of what comes out, as JSON.
    pub output_schema: Option<String>,
    /// A JSON body that gets as far as the paywall.
    pub probe_body: Option<String>,
    /// Where in the source it stands, such as the source's own identifier.
    pub source_ref: Option<String>,
    /// The list that the source itself took it from, where it names one.
    pub original_source: Option<String>,
    /// The licence of the row.
    pub licence: Option<String>,
    /// When the source last changed it.
    pub last_updated: Option<Timestamp>,
}

/// One way to pay, as the source writes it. Nothing here is paid from: the endpoint's own 402
/// says what a payment is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The rail, where the source tells it.
    pub protocol: Option<Protocol>,
    /// `exact`, `charge` and others.
    pub scheme: Option<String>,
    /// As the source names it: `eip155:8453`, `base`, `tempo`, `lightning`.
    pub network: Option<String>,
    /// A contract, a mint or a symbol.
    pub asset: Option<String>,
    /// Who is paid.
    pub pay_to: Option<String>,
    /// Units of the asset, in digits.
    pub amount: Option<String>,
}

/// A row of a source.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// An endpoint.
    Listing(Box<ImportedListing>),
    /// Something that makes no listing.
    Refused(Refused),
}

/// A row that makes no listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The row it stands in, from 1: a line, a record or an entry of the list.
    pub position: u64,
    /// What it calls itself, where that can be told.
    pub what: Option<String>,
    /// Why.
    pub reason: Reason,
}

/// Why a row makes no listing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Not JSON, or not an object.
    #[error("not a JSON object")]
    NotJson,
    /// Past the limit for one row.
    #[error("longer than the {0} bytes that one row may have")]
    TooLong(usize),
    /// No address at all.
    #[error("names no URL")]
    NoUrl,
    /// Not plain http or https.
    #[error("not an http or https address that can be listed: {0:?}")]
    Url(String),
    /// A path in a document whose own address is not known.
    #[error("{0:?} is relative, and the address of its document is not known")]
    Relative(String),
    /// No method that a paid API answers.
    #[error("not a method that can be listed: {0:?}")]
    Method(String),
    /// A protocol that we do not know, or none.
    #[error("not sold on a known protocol (L402, MPP, x402): {0:?}")]
    Protocol(String),
    /// The source says that it costs nothing.
    #[error("costs nothing")]
    Free,
    /// No way to pay is named where this form needs one.
    #[error("names no way to pay")]
    NoOffer,
    /// A provider without an endpoint.
    #[error("names no endpoint")]
    NoEndpoint,
    /// A column or a list that the form cannot do without.
    #[error("the source has no {0}")]
    Missing(&'static str),
    /// More than is read of one document.
    #[error("more than {0} endpoints in one place; the rest is left out")]
    TooMany(usize),
    /// The source ends too early or cannot be read any further.
    #[error("the source cannot be read any further: {0}")]
    Broken(String),
}

impl Reason {
    /// The same in one word, to count by.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::TooLong(_) => "too_long",
            Self::NoUrl => "no_url",
            Self::Url(_) => "url",
            Self::Relative(_) => "relative",
            Self::Method(_) => "method",
            Self::Protocol(_) => "protocol",
            Self::Free => "free",
            Self::NoOffer => "no_offer",
            Self::NoEndpoint => "no_endpoint",
            Self::Missing(_) => "missing",
            Self::TooMany(_) => "too_many",
            Self::Broken(_) => "broken",
        }
    }

    /// Whether rows that would have followed are lost.
    #[must_use]
    pub const fn is_incomplete(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Missing(_) | Self::TooMany(_))
    }
}

impl ImportedListing {
    /// The same row with every text cut to what the directory keeps.
    #[must_use]
    pub fn cut(mut self) -> Self {
        let optional = |text: &mut Option<String>, len_max: usize| {
            *text = clean_optional(text.as_deref(), len_max);
        };
        optional(&mut self.name, NAME_LEN_MAX);
        optional(&mut self.description, DESCRIPTION_LEN_MAX);
        optional(&mut self.provider, SHORT_LEN_MAX);
        optional(&mut self.provider_text, DESCRIPTION_LEN_MAX);
        optional(&mut self.category, SHORT_LEN_MAX);
        optional(&mut self.price_note, SHORT_LEN_MAX);
        optional(&mut self.source_ref, NAME_LEN_MAX);
        optional(&mut self.original_source, SHORT_LEN_MAX);
        optional(&mut self.licence, SHORT_LEN_MAX);
        for schema in [&mut self.input_schema, &mut self.output_schema, &mut self.probe_body] {
            schema.take_if(|text| text.len() > SCHEMA_LEN_MAX);
        }
        let tags = self.tags.iter().map(|tag| clean_text(tag, SHORT_LEN_MAX));
        self.tags = tags.filter(|tag| !tag.is_empty()).take(TAGS_MAX).collect();
        self.offers.truncate(OFFERS_MAX);
        self.offers = self.offers.into_iter().map(Offer::cut).collect();
        self.protocols.sort_unstable();
        self.protocols.dedup();
        self
    }
}

impl Offer {
    fn cut(self) -> Self {
        let short = |text: Option<String>| clean_optional(text.as_deref(), SHORT_LEN_MAX);
        Self {
            protocol: self.protocol,
            scheme: short(self.scheme),
            network: short(self.network),
            asset: short(self.asset),
            pay_to: short(self.pay_to),
            amount: self.amount.filter(|amount| farebox_wire::evm::parse_amount(amount).is_ok()),
        }
    }
}
