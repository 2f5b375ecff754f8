//! Who may change a domain's listings.

use super::rules::{check_host, check_token};
use super::{ClaimError, ClaimToken, Hostname, rows};
use farebox_store::{StoreError, Transaction};

/// The owner of a domain, proven by their token in the transaction that goes on to use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    domain: Hostname,
}

impl Owner {
    /// The domain.
    #[must_use]
    pub const fn domain(&self) -> &Hostname {
        &self.domain
    }

    /// Whether a listing at this host is the owner's: the very host, none above or below it.
    ///
    /// # Errors
    /// [`super::ClaimRefusal::HostMismatch`].
    pub fn check_host(&self, listing_host: &str) -> Result<(), ClaimError> {
        Ok(check_host(&self.domain, listing_host)?)
    }

    /// What the audit log calls them.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("owner of {}", self.domain)
    }
}

/// Who shows the token of a domain's verified claim is its owner. A domain that was never claimed
/// is refused like one whose claim is not verified.
///
/// # Errors
/// [`super::ClaimRefusal::NotVerified`], [`super::ClaimRefusal::InvalidToken`]: 403 both.
pub fn owner(
    transaction: &Transaction<'_>,
    domain: &Hostname,
    token: &str,
) -> Result<Owner, ClaimError> {
    let claim = rows::find(transaction, domain)?;
    check_token(claim.as_ref(), ClaimToken::parse(token).as_ref())?;
    Ok(Owner { domain: domain.clone() })
}

/// [`owner`], for one listing: its host must be the claimed domain.
///
/// # Errors
/// As [`owner`], and [`super::ClaimRefusal::HostMismatch`]: 403 too.
pub fn authorise(
    transaction: &Transaction<'_>,
    domain: &Hostname,
    token: &str,
    listing_host: &str,
) -> Result<Owner, ClaimError> {
    let owner = owner(transaction, domain, token)?;
    owner.check_host(listing_host)?;
    Ok(owner)
}

/// Whether listings at a host are marked as their provider's: for those that come in later.
///
/// # Errors
/// [`StoreError`].
pub fn is_verified(transaction: &Transaction<'_>, host: &str) -> Result<bool, StoreError> {
    rows::is_verified(transaction, host)
}
