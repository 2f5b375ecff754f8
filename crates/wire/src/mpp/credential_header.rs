//! Finding the one `Payment` credential of a request.

use super::{Credential, CredentialError, SCHEME};
use crate::http_auth::{self, LINE_LEN_MAX};

/// A header line with a credential longer than this is refused unread.
pub const CREDENTIAL_LEN_MAX: usize = LINE_LEN_MAX;

/// Reads the `Payment` credential of a request from all its `Authorization` and
/// `Payment-Authorization` values, where it may stand in a list with credentials of other
/// schemes. `None` when there is none.
///
/// # Errors
/// [`CredentialError`] when there are several, or one that cannot be read.
pub fn parse_credential<'a, V>(
    authorization: impl IntoIterator<Item = &'a V>,
    payment_authorization: impl IntoIterator<Item = &'a V>,
) -> Result<Option<Credential>, CredentialError>
where
    V: AsRef<[u8]> + ?Sized + 'a,
{
    let lines = authorization.into_iter().chain(payment_authorization);
    let found = http_auth::credentials(lines);
    let mut ours = found.into_iter().filter(|credential| credential.is(SCHEME));
    let Some(first) = ours.next() else {
        return Ok(None);
    };
    if ours.next().is_some() {
        return Err(CredentialError::Several);
    }
    // Bytes that are no text are no base64url either.
    let token = String::from_utf8_lossy(first.value);
    Credential::decode(token.trim_end_matches([',', ' '])).map(Some)
}
