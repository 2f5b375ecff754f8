//! The authentication headers of HTTP, cut into pieces (RFC 9110, section 11).
//!
//! Servers and proxies in use write `WWW-Authenticate` and `Authorization` in many ways that the
//! grammar does not have: several challenges folded into one line, values without quotes,
//! parameters without commas. The tokenizer takes them all and judges none: names that occur
//! twice are kept twice, and what a value means is for the payment scheme to say.

mod challenge;
mod credential;

pub use challenge::{Param, Quoting, RawChallenge, challenges};
pub use credential::{RawCredential, credentials};

/// A line longer than this is not cut into pieces.
pub const LINE_LEN_MAX: usize = 16 * 1_024;
/// Lines that would make more than this in total are left out.
pub const TOTAL_LEN_MAX: usize = 64 * 1_024;
/// Challenges or credentials taken from all lines together.
pub const ITEMS_MAX: usize = 32;
/// Parameters taken from one challenge.
pub const PARAMS_MAX: usize = 32;

/// Whether a byte can be part of a scheme or of a parameter's name (`tchar`).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().copied().all(is_token_byte)
}
