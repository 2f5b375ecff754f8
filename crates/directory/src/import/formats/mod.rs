//! The forms that lists of paid APIs are written in, one file for each. Pure: bytes in, rows out.
//!
//! Lists of any length are read row by row. Every row has a limit, and one that cannot be read is
//! refused with a reason and spoils no other.

mod address;
mod bazaar;
mod decimal;
mod detect;
mod elements;
mod fields;
mod l402_directory;
mod lines;
mod mpp_services;
mod offers;
mod open_api;
mod price;
mod rows;
mod satring;
mod services;
mod table;
mod token;
mod well_known;

pub(crate) use offers::{listed_offer, shown_payment};

pub use detect::{HEAD_LEN_MAX, detect};
pub use rows::Rows;

use crate::Trust;
use crate::import::{ImportedListing, Refused, Row};
use std::io::Read;
use url::Url;

/// Bytes of one row of a list.
pub const ROW_LEN_MAX: usize = 256 * 1_024;
/// Bytes of a document that is read as a whole.
pub const DOCUMENT_LEN_MAX: usize = 4 * 1_024 * 1_024;
/// Endpoints of one document or one provider.
pub const ENDPOINTS_MAX: usize = 5_000;

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A page of the list of resources that an x402 facilitator keeps.
    Bazaar,
    /// The MPP registry's services with their endpoints.
    MppServices,
    /// The rows of satring's `/api/v1/services`.
    Satring,
    /// The services of an L402 directory's `/api/services`.
    L402Directory,
    /// A `.well-known/x402` or `.well-known/l402` document, in any of its many shapes.
    WellKnown,
    /// An OpenAPI document in JSON whose paid operations have `x-payment-info`.
    OpenApi,
    /// A table with a line of column names, such as `/api/v1/export.csv`.
    Csv,
    /// One JSON object a line: rows of `/api/v1/services`, or sample listings.
    Jsonl,
    /// A page of `/api/v1/services`, of another Farebox.
    Services,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Bazaar,
        Self::MppServices,
        Self::Satring,
        Self::L402Directory,
        Self::WellKnown,
        Self::OpenApi,
        Self::Csv,
        Self::Jsonl,
        Self::Services,
    ];

    /// The word for it in commands and settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bazaar => "bazaar",
            Self::MppServices => "mpp",
            Self::Satring => "satring",
            Self::L402Directory => "l402-directory",
            Self::WellKnown => "well-known",
            Self::OpenApi => "openapi",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Services => "farebox",
        }
    }

    /// How far lists of this form are believed, unless somebody says otherwise.
    #[must_use]
    pub const fn trust(self) -> Trust {
        match self {
            Self::MppServices => Trust::Registry,
            Self::WellKnown | Self::OpenApi => Trust::FirstParty,
            _ => Trust::Aggregator,
        }
    }

    /// Reads the word in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(text))
    }
}

/// All rows of a list that is known to be short.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// What can be listed.
    pub rows: Vec<ImportedListing>,
    /// What cannot, and why.
    pub refused: Vec<Refused>,
}

/// Reads all rows of a list. `document` is its own address, which relative paths are joined with.
pub fn parse(format: Format, input: impl Read, document: Option<&Url>) -> Parsed {
    let mut parsed = Parsed::default();
    for row in Rows::new(format, input, document) {
        match row {
            Row::Listing(listing) => parsed.rows.push(*listing),
            Row::Refused(refused) => parsed.refused.push(refused),
        }
    }
    parsed
}

#[cfg(test)]
mod tests;
