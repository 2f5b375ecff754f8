//! The text that a wallet or a node signs to prove a claim.

use super::{ClaimHash, Hostname};
use jiff::Timestamp;

/// What is signed. It names this directory, so that another directory cannot have it signed for
/// itself and use it here.
#[must_use]
pub fn message(
    directory: &str,
    domain: &Hostname,
    hash: &ClaimHash,
    expires_at: Timestamp,
) -> String {
    format!(
        "I claim a domain in a directory of paid APIs.\n\
         Directory: {directory}\n\
         Domain: {domain}\n\
         Verification hash: {hash}\n\
         Not after: {expires_at}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::Reach;

    #[test]
    fn everything_that_matters_is_signed() {
        let domain = Hostname::parse("api.example.com", Reach::Public).unwrap();
        let hash = ClaimHash::new([1; 32]);
        let text = message("https://d.example", &domain, &hash, Timestamp::UNIX_EPOCH);
        assert_eq!(
            text,
            format!(
                "I claim a domain in a directory of paid APIs.\nDirectory: https://d.example\n\
                 Domain: api.example.com\nVerification hash: {}\nNot after: 1970-01-01T00:00:00Z",
                "01".repeat(32)
            )
        );
    }
}
