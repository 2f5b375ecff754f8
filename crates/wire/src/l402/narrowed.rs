//! A grant and what its holder has left of it.

use super::grant::{Grant, GrantError, RequestFacts};

/// The caveats of a token, read: no request and no time was looked at yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NarrowedGrant {
    /// As it was issued: the issuer's records must outlive it, however it was narrowed for one
    /// use.
    pub issued: Grant,
    /// When it expires by what its holder added, in seconds since 1970.
    pub expires_at: u64,
}

impl NarrowedGrant {
    /// Whether it is good for a request.
    ///
    /// # Errors
    /// [`GrantError`] names the first caveat that refuses.
    pub fn check(&self, request: RequestFacts<'_>) -> Result<(), GrantError> {
        let Grant { method, path, body_sha256, .. } = &self.issued;
        if method != request.method {
            return Err(GrantError::Method { bought: method.clone() });
        }
        if path != request.path {
            return Err(GrantError::Path { bought: path.clone() });
        }
        if body_sha256.is_some() && *body_sha256 != request.body_sha256 {
            return Err(GrantError::Body);
        }
        if request.now >= self.expires_at {
            return Err(GrantError::Expired { at: self.expires_at });
        }
        Ok(())
    }
}
