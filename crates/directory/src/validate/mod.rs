//! What an endpoint's 402 says, what every family of clients makes of it, and what its seller can
//! mend: for whoever asks, for a registration, and for the page of a listing.

mod api;
mod discover;
mod minimal_body;
mod read;
mod run;
mod validation;
mod view;

pub use api::{Validator, routes};
pub use run::{ValidateError, validate};
pub use validation::{BodySource, Diagnostic, Validation};

use crate::Protocol;

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
}

impl ValidateRequest {
    /// A look at a URL, without any other word about it.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), method: None, probe_body: None, protocol: None }
    }
}
