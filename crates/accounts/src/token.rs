//! Bearer tokens: `abl_` and 32 bytes in base64url. Kept as digests only.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use farebox_wire::lightning::{PaymentHash, Preimage};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use std::fmt;

const PREFIX: &str = "abl_";
const X_TOKEN: &str = "x-token";
const PURPOSE: &[u8] = b"topup-v1";
const CHILD_PURPOSE: &[u8] = b"child-v1";

/// A token as its holder shows it: as good as money, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Reads a token; `None` when it has not the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The token of a claimed top-up. It can be made again from the preimage, so that an answer
    /// that got lost does not lose the money.
    pub(crate) fn of_claim(key: &[u8; 32], hash: PaymentHash, preimage: &Preimage) -> Self {
        Self::derive(key, [PURPOSE, hash.as_bytes(), preimage.as_bytes()])
    }

    /// The token of a child that was made with an `Idempotency-Key`. It can be made again by
    /// whoever has the key, of which only the digest is kept. The id has a fixed length.
    pub(crate) fn of_child(key: &[u8; 32], id: &str, idempotency_key: &str) -> Self {
        Self::derive(key, [CHILD_PURPOSE, id.as_bytes(), idempotency_key.as_bytes()])
    }

    fn derive(key: &[u8; 32], parts: [&[u8]; 3]) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length");
        for part in parts {
            mac.update(part);
        }
        Self::of_bytes(&mac.finalize().into_bytes())
    }

    /// A token that nobody can make again.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self::of_bytes(&bytes))
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What is kept of it. The tokens are random, so a plain digest does.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The text. Named so that a leak is easy to search for.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// What the headers of a request show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// No token.
    Nothing,
    /// One token, in one header or the same in both.
    Token(Token),
    /// Something that should be a token and has not the form of one.
    Malformed,
    /// Two different tokens.
    Conflicting,
}

/// The token of a request: `X-Token: abl_…`, or `Authorization: Bearer abl_…`. A bearer text
/// that does not begin with `abl_` is somebody else's and does not count.
#[must_use]
pub fn presented(headers: &HeaderMap) -> Presented {
    let bearer = headers.get_all(header::AUTHORIZATION).iter().filter_map(|value| {
        let (scheme, rest) = value.to_str().ok()?.trim().split_once(' ')?;
        let rest = rest.trim();
        (scheme.eq_ignore_ascii_case("bearer") && rest.starts_with(PREFIX)).then_some(rest)
    });
    let own =
        headers.get_all(X_TOKEN).iter().map(|value| value.to_str().unwrap_or_default().trim());
    let mut found = Presented::Nothing;
    for text in bearer.chain(own) {
        let Some(token) = Token::parse(text) else { return Presented::Malformed };
        match &found {
            Presented::Token(other) if *other != token => return Presented::Conflicting,
            _ => found = Presented::Token(token),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_token_is_found_in_either_header_and_two_must_agree() {
        let (one, other) = (Token::of_bytes(&[1; 32]), Token::of_bytes(&[2; 32]));
        let bearer = |token: &Token| format!("Bearer {}", token.reveal());
        let plain = |token: &Token| token.reveal().to_owned();
        let token = Presented::Token(one.clone());
        assert_eq!(presented(&headers(&[])), Presented::Nothing);
        assert_eq!(presented(&headers(&[("authorization", bearer(&one))])), token);
        assert_eq!(presented(&headers(&[("x-token", plain(&one))])), token);
        let both = [("authorization", bearer(&one)), ("x-token", plain(&one))];
        assert_eq!(presented(&headers(&both)), token);
        let two = [("authorization", bearer(&one)), ("x-token", plain(&other))];
        assert_eq!(presented(&headers(&two)), Presented::Conflicting);
        let cut = one.reveal()[..40].to_owned();
        assert_eq!(presented(&headers(&[("x-token", cut)])), Presented::Malformed);
        let foreign = [("authorization", "Bearer sk-other".to_owned())];
        assert_eq!(presented(&headers(&foreign)), Presented::Nothing);
        let l402 = [("authorization", "L402 abl_:00".to_owned())];
        assert_eq!(presented(&headers(&l402)), Presented::Nothing);
    }

    #[test]
    fn a_claims_token_depends_on_everything_and_is_never_printed() {
        let (hash, preimage) = (PaymentHash::new([1; 32]), Preimage::new([2; 32]));
        let token = Token::of_claim(&[3; 32], hash, &preimage);
        assert_eq!(token, Token::of_claim(&[3; 32], hash, &preimage));
        assert_eq!(token.reveal().len(), 4 + 43);
        assert_ne!(token, Token::of_claim(&[4; 32], hash, &preimage));
        assert_ne!(token, Token::of_claim(&[3; 32], hash, &Preimage::new([4; 32])));
        assert_eq!(format!("{token:?}"), "Token(hidden)");
    }
}
