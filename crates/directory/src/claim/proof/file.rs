//! The hash in a file on the host.

use crate::claim::{ClaimHash, ProofFailure};
use farebox_net::{GuardedClient, Limits};
use http::StatusCode;
use std::time::Duration;
use url::Url;

/// Bytes of the file at most; a hash has 64.
const FILE_LEN_MAX: usize = 1_024;
const TIMEOUT: Duration = Duration::from_secs(10);

/// What the host publishes at `url`. Redirects are not followed: whoever can make a host redirect
/// need not be its owner.
pub(in crate::claim) async fn published(
    client: &GuardedClient,
    url: &Url,
) -> Result<ClaimHash, ProofFailure> {
    let limits = Limits { body_len_max: FILE_LEN_MAX, timeout: TIMEOUT, ..Limits::default() };
    let answer = client.get(url, &limits).await?;
    if answer.status.is_redirection() {
        return Err(ProofFailure::Redirect);
    }
    if answer.status != StatusCode::OK {
        let status = answer.status.as_u16();
        let text = format!("{url} answers {status}: serve the file there with status 200");
        return Err(ProofFailure::Unreachable(text));
    }
    if answer.is_truncated {
        return Err(ProofFailure::FileTooLarge);
    }
    let text = std::str::from_utf8(&answer.body).ok();
    text.and_then(ClaimHash::parse).ok_or(ProofFailure::TokenMismatch)
}
