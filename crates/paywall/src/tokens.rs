//! L402 credentials as they are shown: read, verified, and remembered where they will be shown
//! again.
//!
//! What the text of a credential is worth under a secret never changes, but for the time and the
//! request that it is shown with. So for a token that is good for many requests, what was found is
//! kept, and the text is neither read nor verified again; keys in use, caveats, price and payment
//! are judged each time. A token for one request is never kept.

use crate::issued::Issued;
use crate::keys::{Secret, finish, keyed};
use crate::known::Known;
use crate::problem::Problem;
use farebox_wire::l402::{Credential, Grant, RequestFacts};
use hmac::Hmac;
use sha2::Sha256;
use std::sync::Arc;

/// Credentials remembered at most, twice: those seen lately and those seen before them.
const KNOWN_KEPT: usize = 4_096;
/// A longer text is not remembered, so that all of them together stay within a few megabytes.
const TEXT_LEN_MAX: usize = 1_024;

/// Checks L402 credentials that were issued with one secret.
#[derive(Debug)]
pub struct Tokens {
    secret: Secret,
    digest_key: Hmac<Sha256>,
    /// By a digest of the text that nobody can compute without the server's secret: no credential
    /// is kept, and nobody can make two texts of one digest.
    known: Known<[u8; 32], Arc<Issued>>,
}

impl Tokens {
    /// Knows no credential yet.
    #[must_use]
    pub fn new(secret: Secret) -> Self {
        let digest_key = keyed(&secret.derive("digests of verified tokens"));
        Self { secret, digest_key, known: Known::new(KNOWN_KEPT) }
    }

    /// What the token of an `Authorization` value was sold for, if it was issued with the secret,
    /// is paid for and allows the request; `None` when the value has no L402 credential. That the
    /// invoice was paid in full, and that the token was not used before, are the caller's to check.
    ///
    /// # Errors
    /// [`Problem`] says what is wrong with it.
    pub fn check(
        &self,
        authorization: &[u8],
        request: RequestFacts<'_>,
    ) -> Option<Result<Grant, Problem>> {
        let issued = self.verify_line(authorization, request.now)?;
        Some(issued.and_then(|issued| issued.check(request).cloned()))
    }

    /// The same without the request: whether it was issued here and is paid for.
    pub(crate) fn verify_line(
        &self,
        authorization: &[u8],
        now: u64,
    ) -> Option<Result<Arc<Issued>, Problem>> {
        let digest = self.digest(authorization);
        let known = digest.and_then(|digest| self.known.find(&digest));
        if let Some(issued) = known.filter(|issued| issued.is_key_in_use(now)) {
            return Some(Ok(issued));
        }
        let credential = match Credential::parse_authorization(authorization)? {
            Ok(credential) => credential,
            Err(error) => return Some(Err(error.into())),
        };
        let issued = self.secret.verify(&credential, now).map(Arc::new);
        if let (Ok(issued), Some(digest)) = (&issued, digest)
            && issued.is_time_bounded()
        {
            self.known.insert(digest, Arc::clone(issued));
        }
        Some(issued)
    }

    pub(crate) const fn secret(&self) -> &Secret {
        &self.secret
    }

    fn digest(&self, text: &[u8]) -> Option<[u8; 32]> {
        (text.len() <= TEXT_LEN_MAX).then(|| finish(self.digest_key.clone(), &[text]))
    }
}

#[cfg(test)]
mod tests;
