//! The Machine Payments Protocol: `WWW-Authenticate: Payment` challenges, the credentials that
//! answer them, and receipts (draft-httpauth-payment-00 and its payment methods).
//!
//! A seller makes a [`Challenge`] with [`ChallengeSecrets::issue`] and renders it; the
//! [`Credential`] that comes back carries the challenge, which [`ChallengeSecrets::verify`]
//! recognises without any state. That the challenge was meant for this route and this price, and
//! that it was not used before, is for the caller to check: the challenge's [`Opaque`] names the
//! route, the typed requests in [`methods`] name the price.
//!
//! A buyer reads the challenges with [`parse_challenges`] and answers one of them.

pub mod accept;
pub mod attribution;
mod base64url;
mod binding;
mod challenge;
mod challenge_header;
pub mod check;
mod credential;
mod credential_header;
pub mod digest;
pub mod jcs;
pub mod methods;
mod opaque;
mod problem;
mod receipt;
mod source;
#[cfg(test)]
mod tests;
mod timestamp;

pub use binding::{
    ChallengeSecret, ChallengeSecrets, ForeignChallenge, SECRET_LEN_MIN, WeakSecret,
};
pub use challenge::{Challenge, ChallengeError, ChallengeTerms, CredentialHeader};
pub use challenge_header::parse_challenges;
pub use credential::{Credential, CredentialError};
pub use credential_header::{CREDENTIAL_LEN_MAX, parse_credential};
pub use opaque::{Opaque, OpaqueError};
pub use problem::{Problem, ProblemType};
pub use receipt::{Receipt, ReceiptError};
pub use source::{PayerSource, SourceError};
pub use timestamp::{format_timestamp, parse_timestamp};

/// The authentication scheme, compared in any case.
pub const SCHEME: &str = "Payment";
/// The second header in which a credential may come, so that `Authorization` stays free.
pub const PAYMENT_AUTHORIZATION: &str = "Payment-Authorization";
/// The header of a [`Receipt`].
pub const PAYMENT_RECEIPT: &str = "Payment-Receipt";
/// The header in which a client says which methods it can pay with.
pub const ACCEPT_PAYMENT: &str = "Accept-Payment";
/// A `request` parameter longer than this, encoded, is refused.
pub const REQUEST_LEN_MAX: usize = 16 * 1_024;
/// Any other parameter of a challenge longer than this is refused.
pub const PARAMETER_LEN_MAX: usize = 4 * 1_024;
/// The deepest nesting of JSON that is read.
pub const JSON_DEPTH_MAX: usize = 16;
