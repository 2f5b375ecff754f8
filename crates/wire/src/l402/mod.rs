//! L402: a macaroon that commits to the payment hash of a Lightning invoice, and the preimage
//! that proves the invoice was paid.
//!
//! Sources: the L402 protocol specification (lightninglabs/L402) and what clients and servers
//! in use really send and accept.

mod body;
mod challenge;
mod check;
mod credential;
mod foreign;
mod grant;
mod identifier;
mod narrow;
mod narrowed;
mod offers;

pub use body::{BODY_LEN_MAX, BodyChallenge, body_challenge};
pub use challenge::{Challenge, Scheme, challenge_header, parse_challenges};
pub(crate) use check::PLACEHOLDER;
pub use check::{Answer, Check, Fault, Severity, check};
pub use credential::{
    CREDENTIAL_LEN_MAX, Credential, CredentialError, MACAROONS_MAX, authorization_header,
};
pub use foreign::{Commitment, ForeignToken, TokenForm};
pub use grant::{EVERY, Grant, GrantError, Proof, RequestFacts, TokenKind};
pub use identifier::Identifier;
pub use narrow::{NarrowError, Narrowing};
pub use narrowed::NarrowedGrant;
pub use offers::{Offer, offers};
