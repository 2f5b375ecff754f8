//! What an endpoint's 402 says, what every family of clients makes of it, and what its seller can
//! mend: for whoever asks, for a registration, and for the page of a listing.

mod api;
mod discover;
mod input;
mod minimal_body;
mod read;
mod run;
mod validation;
mod view;

pub use api::{Validator, routes};
pub use run::{ValidateError, validate};
pub use validation::{BodySource, Diagnostic, Validation};

use crate::{Listing, Protocol};

/// What to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidateRequest {
    /// The endpoint; any text that is no public web address is refused.
    pub url: String,
    /// The method that it is called with; where none is named, GET first and then what it takes.
    pub method: Option<http::Method>,
    /// The JSON that is sent.
    pub probe_body: Option<String>,
    /// The protocol that it is said to speak.
    pub protocol: Option<Protocol>,
    /// What the endpoint is said to take: a JSON Schema, or what x402 has for it. Used where it
    /// wants input and no body is named.
    pub input_schema: Option<String>,
    /// Whether others than `method` are tried where that is not taken: a list can be wrong about it.
    pub tries_other_methods: bool,
}

impl ValidateRequest {
    /// A look at a URL, without any other word about it.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            method: None,
            probe_body: None,
            protocol: None,
            input_schema: None,
            tries_other_methods: true,
        }
    }

    /// A look at the endpoint of a listing.
    #[must_use]
    pub fn of_listing(listing: &Listing) -> Self {
        let facts = &listing.facts;
        Self {
            method: facts.method.as_deref().and_then(|method| method.parse().ok()),
            probe_body: facts.probe_body.clone(),
            protocol: Some(facts.protocol),
            input_schema: facts.input_schema.clone(),
            ..Self::new(facts.url.clone())
        }
    }
}
