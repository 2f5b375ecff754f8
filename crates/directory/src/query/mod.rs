//! What can be asked of the directory: filters, an order and a page.

mod error;
mod parameters;
mod parse;
pub(crate) mod values;

pub use error::{InvalidParameter, QueryError};
pub(crate) use parameters::read_parameters;
pub use parse::Dialect;
pub(crate) use parse::{OFFSET_MAX, names};

use crate::{HealthStatus, L402Format, ProbeStatus, Protocol};
use farebox_money::MicroUsd;

/// Rows of a page unless the caller says otherwise.
pub const LIMIT_DEFAULT: usize = 50;
/// Rows of a page at most.
pub const LIMIT_MAX: usize = 200;

/// Characters of a search at most.
pub const QUERY_LEN_MAX: usize = 200;

/// A question to the directory, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ListQuery {
    /// Which listings.
    pub filters: Filters,
    /// Words to find listings by; orders by relevance unless `sort` says otherwise.
    pub search: Option<String>,
    /// The order; `None` for the directory's own.
    pub sort: Option<Sort>,
    /// How a search is ordered where `sort` says nothing.
    pub ranking: Ranking,
    /// Whether to say of every row that was searched for why it is there.
    pub explain: bool,
    /// Rows at most.
    pub limit: usize,
    /// Rows to leave out at the start.
    pub offset: usize,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            filters: Filters::default(),
            search: None,
            sort: None,
            ranking: Ranking::Tiers,
            explain: false,
            limit: LIMIT_DEFAULT,
            offset: 0,
        }
    }
}

/// How the results of a search are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ranking {
    /// Where the words stand first: name, description, then what is alike; the best within each.
    #[default]
    Tiers,
    /// An exact name first, then all the rest in one order, the best first.
    Best,
}

impl Ranking {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Tiers, Self::Best];

    /// The word of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tiers => "tiers",
            Self::Best => "best",
        }
    }
}

/// An explicit order. Listings that lack the figure come last in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// The largest first.
    pub descending: bool,
}

/// What listings can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// Without regard to case.
    Name,
    /// In dollars, satoshis converted.
    Price,
    /// `latency_p50_ms`
    Latency,
    /// `uptime_30d`
    Uptime,
    /// `reliability_score`
    Reliability,
}

impl SortKey {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Name, Self::Price, Self::Latency, Self::Uptime, Self::Reliability];

    /// The word of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Price => "price",
            Self::Latency => "latency",
            Self::Uptime => "uptime",
            Self::Reliability => "reliability",
        }
    }
}

/// Conditions that a listing must meet, all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filters {
    /// The rail.
    pub protocol: Option<Protocol>,
    /// A category with everything below it, in lower case.
    pub category: Option<String>,
    /// The last verdict.
    pub health: Option<HealthStatus>,
    /// The list that the row came from, in lower case.
    pub source: Option<String>,
    /// Whether a plain request meets the paywall.
    pub probe_status: Option<ProbeStatus>,
    /// Only what is shown first.
    pub featured: bool,
    /// The price of a call in dollars at most; satoshis are converted. Rows without a price
    /// do not pass.
    pub max_price_usd: Option<MicroUsd>,
    /// What the price is paid in, without regard to case.
    pub payment_asset: Option<String>,
    /// Only x402 listings whose payment requirements were found valid.
    pub payment_valid: bool,
    /// Only listings of the upper two verification tiers; domain-verified ones come first.
    pub verified: bool,
    /// How an L402 endpoint writes its macaroon.
    pub l402_format: Option<L402Format>,
    /// Whether lnget can pay an L402 endpoint.
    pub lnget_compatible: Option<bool>,
}

/// `crypto` holds `crypto` and `crypto/nft`, but not `cryptography`.
pub(crate) fn is_within(category: &str, wanted: &str) -> bool {
    category.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A row that several lists named says so with commas: `bazaar,sponge`.
pub(crate) fn sources(source: &str) -> impl Iterator<Item = &str> {
    source.split(',').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_holds_what_is_below_it() {
        assert!(is_within("crypto/nft", "crypto"));
        assert!(is_within("crypto", "crypto"));
        assert!(!is_within("cryptography", "crypto"));
        assert!(!is_within("crypto", "crypto/nft"));
    }
}
