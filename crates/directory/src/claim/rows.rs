//! The tables `domain_claim` and `domain_claim_token`.

use super::rules::{ClaimStatus, DomainClaim, PendingToken, ProofMethod};
use super::{ClaimHash, Hostname};
use crate::store::{timestamp, unreadable};
use farebox_store::{Row, StoreError, Transaction, params};
use jiff::{SignedDuration, Timestamp};

/// How long an expired token is remembered, so that its owner is told what happened.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A token as it is written down.
pub(super) struct NewToken<'a> {
    pub(super) hash: ClaimHash,
    pub(super) client: &'a str,
    pub(super) contact_email: Option<&'a str>,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// A domain's claim and the tokens that wait for it, oldest first.
pub(super) fn load(
    transaction: &Transaction<'_>,
    domain: &Hostname,
) -> Result<(Option<DomainClaim>, Vec<PendingToken>), StoreError> {
    let claim = find(transaction, domain)?;
    let sql = "SELECT id, token_hash, client, created_at, expires_at FROM domain_claim_token \
               WHERE domain = ?1 ORDER BY id";
    let pending = transaction.all(sql, params![domain.as_str()], read_pending)?;
    Ok((claim, pending))
}

/// A domain's claim.
pub(super) fn find(
    transaction: &Transaction<'_>,
    domain: &Hostname,
) -> Result<Option<DomainClaim>, StoreError> {
    let sql = "SELECT status, token_hash, proof FROM domain_claim WHERE domain = ?1";
    transaction.optional(sql, params![domain.as_str()], read_claim)
}

/// Whether the domain has a verified claim by either interface.
pub(super) fn is_verified(transaction: &Transaction<'_>, domain: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM domain_claim WHERE domain = ?1 \
               AND status = 'verified') \
               OR EXISTS (SELECT 1 FROM service_claim WHERE domain = ?1)";
    transaction.one(sql, params![domain], |row| row.get(0))
}

/// Writes down a token that waits; a domain that nobody asked for before is pending from now on.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    domain: &Hostname,
    token: &NewToken<'_>,
) -> Result<(), StoreError> {
    let at = token.created_at.as_second();
    let sql = "INSERT INTO domain_claim (domain, status, created_at, changed_at) \
               VALUES (?1, 'pending', ?2, ?2) ON CONFLICT (domain) DO UPDATE SET \
               status = 'pending', changed_at = excluded.changed_at \
               WHERE domain_claim.status = 'revoked'";
    transaction.execute(sql, params![domain.as_str(), at])?;
    let sql = "INSERT INTO domain_claim_token \
               (domain, token_hash, client, contact_email, created_at, expires_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let (domain, hash, until) = (domain.as_str(), token.hash, token.expires_at.as_second());
    let (client, email) = (token.client, token.contact_email);
    transaction.execute(sql, params![domain, *hash.as_bytes(), client, email, at, until])?;
    Ok(())
}

/// Takes tokens away.
pub(super) fn remove(transaction: &Transaction<'_>, ids: &[i64]) -> Result<(), StoreError> {
    for id in ids {
        transaction.execute("DELETE FROM domain_claim_token WHERE id = ?1", params![id])?;
    }
    Ok(())
}

/// The token's owner is the domain's from now on; the other tokens are void.
pub(super) fn set_verified(
    transaction: &Transaction<'_>,
    domain: &Hostname,
    token: &PendingToken,
    proof: ProofMethod,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE domain_claim SET status = 'verified', token_hash = ?2, proof = ?3, \
               changed_at = ?4, contact_email = \
               (SELECT contact_email FROM domain_claim_token WHERE id = ?5) WHERE domain = ?1";
    let (name, hash, at) = (domain.as_str(), *token.hash.as_bytes(), now.as_second());
    transaction.execute(sql, params![name, hash, proof.name(), at, token.id])?;
    forget_tokens(transaction, domain)
}

/// Nobody is the domain's owner any more.
pub(super) fn set_unowned(
    transaction: &Transaction<'_>,
    domain: &Hostname,
    status: ClaimStatus,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE domain_claim SET status = ?2, token_hash = NULL, proof = NULL, \
               contact_email = NULL, changed_at = ?3 WHERE domain = ?1";
    transaction.execute(sql, params![domain.as_str(), status.name(), now.as_second()])?;
    forget_tokens(transaction, domain)
}

fn forget_tokens(transaction: &Transaction<'_>, domain: &Hostname) -> Result<(), StoreError> {
    let sql = "DELETE FROM domain_claim_token WHERE domain = ?1";
    transaction.execute(sql, params![domain.as_str()])?;
    Ok(())
}

/// Drops what expired long ago, and domains that nobody waits for.
pub(super) fn purge(transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StoreError> {
    let old = now.saturating_sub(REMEMBERED).map_or(i64::MIN, Timestamp::as_second);
    for sql in [
        "DELETE FROM domain_claim_token WHERE expires_at < ?1",
        "DELETE FROM service_claim_token WHERE expires_at < ?1",
        "DELETE FROM domain_claim WHERE status = 'pending' AND changed_at < ?1 AND NOT EXISTS \
         (SELECT 1 FROM domain_claim_token WHERE domain_claim_token.domain = domain_claim.domain)",
    ] {
        transaction.execute(sql, params![old])?;
    }
    Ok(())
}

pub(super) fn read_pending(row: &Row<'_>) -> Result<PendingToken, StoreError> {
    Ok(PendingToken {
        id: row.get("id")?,
        hash: ClaimHash::new(row.get("token_hash")?),
        client: row.get("client")?,
        created_at: timestamp(row.get("created_at")?)?,
        expires_at: timestamp(row.get("expires_at")?)?,
    })
}

fn read_claim(row: &Row<'_>) -> Result<DomainClaim, StoreError> {
    let status: String = row.get("status")?;
    let proof: Option<String> = row.get("proof")?;
    let known = ClaimStatus::ALL.into_iter().find(|known| known.name() == status);
    let proof = proof.map(|name| {
        let known = ProofMethod::ALL.into_iter().find(|known| known.name() == name);
        known.ok_or_else(|| unreadable("proof", &name))
    });
    Ok(DomainClaim {
        status: known.ok_or_else(|| unreadable("claim status", &status))?,
        token_hash: row.get::<Option<[u8; 32]>>("token_hash")?.map(ClaimHash::new),
        proof: proof.transpose()?,
    })
}
