//! The tables `service_claim` and `service_claim_token`.

use super::rows::read_pending;
use super::rules::PendingToken;
use super::{ClaimHash, Hostname};
use farebox_store::{StoreError, Transaction, params};
use jiff::Timestamp;

/// Who manages a service.
pub(super) struct ServiceClaim {
    /// Of the token with which it was claimed.
    pub(super) token_hash: ClaimHash,
    /// Of the key that manages it.
    pub(super) management_key_hash: ClaimHash,
    /// When it was claimed.
    pub(super) verified_at: Timestamp,
}

pub(super) fn find(
    transaction: &Transaction<'_>,
    service_id: &str,
) -> Result<Option<ServiceClaim>, StoreError> {
    let sql = "SELECT token_hash, management_key_hash, verified_at FROM service_claim \
               WHERE service_id = ?1";
    transaction.optional(sql, params![service_id], |row| {
        Ok(ServiceClaim {
            token_hash: ClaimHash::new(row.get(0)?),
            management_key_hash: ClaimHash::new(row.get(1)?),
            verified_at: crate::store::timestamp(row.get(2)?)?,
        })
    })
}

/// The tokens that wait for a service, oldest first.
pub(super) fn pending(
    transaction: &Transaction<'_>,
    service_id: &str,
) -> Result<Vec<PendingToken>, StoreError> {
    let sql = "SELECT id, token_hash, client, created_at, expires_at FROM service_claim_token \
               WHERE service_id = ?1 ORDER BY id";
    transaction.all(sql, params![service_id], read_pending)
}

/// Writes down a token that waits.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    service_id: &str,
    hash: ClaimHash,
    client: &str,
    created_at: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO service_claim_token \
               (service_id, token_hash, client, created_at, expires_at) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let (created_at, expires_at) = (created_at.as_second(), expires_at.as_second());
    let row = params![service_id, *hash.as_bytes(), client, created_at, expires_at];
    transaction.execute(sql, row)?;
    Ok(())
}

/// Takes tokens away.
pub(super) fn remove(transaction: &Transaction<'_>, ids: &[i64]) -> Result<(), StoreError> {
    for id in ids {
        transaction.execute("DELETE FROM service_claim_token WHERE id = ?1", params![id])?;
    }
    Ok(())
}

/// The key manages the service from now on; the tokens that wait are void.
pub(super) fn set_verified(
    transaction: &Transaction<'_>,
    service_id: &str,
    domain: &Hostname,
    claim: &ServiceClaim,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO service_claim \
               (service_id, domain, token_hash, management_key_hash, verified_at) \
               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (service_id) DO UPDATE SET \
               token_hash = excluded.token_hash, verified_at = excluded.verified_at, \
               management_key_hash = excluded.management_key_hash";
    let (token, key) = (*claim.token_hash.as_bytes(), *claim.management_key_hash.as_bytes());
    let at = claim.verified_at.as_second();
    transaction.execute(sql, params![service_id, domain.as_str(), token, key, at])?;
    let sql = "DELETE FROM service_claim_token WHERE service_id = ?1";
    transaction.execute(sql, params![service_id])?;
    Ok(())
}

/// Nobody manages the domain's service any more: it can be claimed anew.
pub(super) fn release(transaction: &Transaction<'_>, domain: &Hostname) -> Result<(), StoreError> {
    let sql = "DELETE FROM service_claim WHERE domain = ?1";
    transaction.execute(sql, params![domain.as_str()])?;
    Ok(())
}
