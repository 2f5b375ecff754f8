//! The tables `service_claim` and `service_claim_token`.

use super::rows::read_pending;
use super::rules::PendingToken;
use super::{ClaimHash, Hostname};
use crate::store::timestamp;
use farebox_store::{StoreError, Transaction, params};
use jiff::Timestamp;

/// Who manages a service.
pub(super) struct ServiceClaim {
    /// Of the token with which it was claimed.
    pub(super) token_hash: ClaimHash,
    /// When it was claimed.
    pub(super) verified_at: Timestamp,
}

pub(super) fn find(
    transaction: &Transaction<'_>,
    service_id: &str,
) -> Result<Option<ServiceClaim>, StoreError> {
    let sql = "SELECT token_hash, verified_at FROM service_claim WHERE service_id = ?1";
    transaction.optional(sql, params![service_id], |row| {
        Ok(ServiceClaim {
            token_hash: ClaimHash::new(row.get(0)?),
            verified_at: timestamp(row.get(1)?)?,
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

/// The claim holds; the tokens that wait are void.
pub(super) fn set_verified(
    transaction: &Transaction<'_>,
    service_id: &str,
    domain: &Hostname,
    claim: &ServiceClaim,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO service_claim (service_id, domain, token_hash, verified_at) \
               VALUES (?1, ?2, ?3, ?4) ON CONFLICT (service_id) DO UPDATE SET \
               token_hash = excluded.token_hash, verified_at = excluded.verified_at";
    let (token, at) = (*claim.token_hash.as_bytes(), claim.verified_at.as_second());
    transaction.execute(sql, params![service_id, domain.as_str(), token, at])?;
    let sql = "DELETE FROM service_claim_token WHERE service_id = ?1";
    transaction.execute(sql, params![service_id])?;
    Ok(())
}

/// Nobody manages the domain's services any more: they can be claimed anew. Returns which.
pub(super) fn release(
    transaction: &Transaction<'_>,
    domain: &Hostname,
) -> Result<Vec<String>, StoreError> {
    let sql = "DELETE FROM service_claim WHERE domain = ?1 RETURNING service_id";
    transaction.all(sql, params![domain.as_str()], |row| row.get(0))
}
