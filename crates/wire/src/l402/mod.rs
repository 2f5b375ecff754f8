//! L402: a macaroon that commits to the payment hash of a Lightning invoice, and the preimage
//! that proves the invoice was paid.
//!
//! Sources: the L402 protocol specification (lightninglabs/L402) and what clients and servers
//! in use really send and accept.

mod challenge;
mod credential;
mod grant;
mod identifier;

pub use challenge::{Challenge, Scheme, challenge_header, parse_challenges};
pub use credential::{
    CREDENTIAL_LEN_MAX, Credential, CredentialError, MACAROONS_MAX, authorization_header,
};
pub use grant::{Grant, GrantError, Proof, RequestFacts, TokenKind};
pub use identifier::Identifier;
