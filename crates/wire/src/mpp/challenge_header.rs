//! `WWW-Authenticate: Payment …`, written strictly and read leniently.

use super::{Challenge, ChallengeError, SCHEME};
use crate::http_auth::{self, Quoting, RawChallenge};

/// Reads the `Payment` challenges from all `WWW-Authenticate` values of an answer, in the order
/// of the seller. Challenges of other schemes and unknown parameters are left out; a challenge
/// that must not be answered is an error of its own, and the others still count.
#[must_use]
pub fn parse_challenges<V: AsRef<[u8]>>(lines: &[V]) -> Vec<Result<Challenge, ChallengeError>> {
    let read = |raw: RawChallenge| {
        let line = lines.get(raw.line).map_or(&[][..], AsRef::as_ref);
        let challenge = from_parameters(&raw)?;
        challenge.check()?;
        challenge.check_signed_text(has_letter_escape(line))?;
        Ok(challenge)
    };
    http_auth::challenges(lines).into_iter().filter(|raw| raw.is(SCHEME)).map(read).collect()
}

fn from_parameters(raw: &RawChallenge) -> Result<Challenge, ChallengeError> {
    if let Some(open) = raw.params.iter().find(|param| param.quoting == Quoting::Unclosed) {
        return Err(ChallengeError::Syntax(format!("'{}' has no closing quote", open.name)));
    }
    if let Some(twice) = raw.params.iter().find(|param| raw.values(&param.name).count() > 1) {
        return Err(ChallengeError::Duplicate(twice.name.clone()));
    }
    let optional = |name| raw.value(name).filter(|value| !value.is_empty()).map(str::to_owned);
    let required = |name| optional(name).ok_or(ChallengeError::Missing(name));
    // `Authorization` is where a credential goes anyway; it is not signed.
    let header = optional("header").filter(|name| !name.eq_ignore_ascii_case("Authorization"));
    Ok(Challenge {
        id: required("id")?,
        realm: required("realm")?,
        method: required("method")?,
        intent: required("intent")?,
        request: required("request")?,
        expires: optional("expires"),
        description: optional("description"),
        digest: optional("digest"),
        opaque: optional("opaque"),
        header,
    })
}

impl Challenge {
    /// The header value.
    ///
    /// # Errors
    /// When a parameter cannot be written so that every client reads it as it is.
    pub fn render(&self) -> Result<String, ChallengeError> {
        self.check()?;
        self.check_written()?;
        let escape = |value: &str| value.replace('\\', r"\\").replace('"', "\\\"");
        let written = self
            .parameters()
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| format!("{name}=\"{}\"", escape(value))));
        Ok(format!("{SCHEME} {}", written.collect::<Vec<_>>().join(", ")))
    }

    /// Whether clients of every kind read back what is signed: printable ASCII, and no `|`, which
    /// is what separates the signed texts.
    pub(super) fn check_written(&self) -> Result<(), ChallengeError> {
        for (name, value) in self.parameters() {
            let value = value.unwrap_or_default();
            if !is_printable(value) || (name != "description" && value.contains('|')) {
                return Err(ChallengeError::Character(name));
            }
        }
        Ok(())
    }

    /// A text that may not have been read as the seller wrote it makes an answer that the seller
    /// refuses, when the money is already gone: such a challenge is not paid.
    fn check_signed_text(&self, letter_escapes: bool) -> Result<(), ChallengeError> {
        for (name, value) in self.parameters() {
            if name != "description" && !value.is_none_or(is_printable) {
                return Err(ChallengeError::Character(name));
            }
        }
        if letter_escapes && is_like_unicode_escape(&self.realm) {
            return Err(ChallengeError::Character("realm"));
        }
        Ok(())
    }
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether a line has `\u00e9` or the like: HTTP reads that as `u00e9`, some servers mean `é`.
fn has_letter_escape(line: &[u8]) -> bool {
    line.windows(2).any(|pair| matches!(pair, [b'\\', b'u' | b'U']))
}

fn is_like_unicode_escape(text: &str) -> bool {
    text.as_bytes().windows(5).any(|window| match window {
        [b'u' | b'U', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        _ => false,
    })
}
