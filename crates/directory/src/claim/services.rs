//! Claims of services under `/api/claim`: whoever publishes a challenge on the service's host gets
//! the key that manages its entry.
//!
//! The challenge is public as soon as it is met, and verifying needs no account. So that nobody
//! who waits for it can take the key, a claim has a token as well, which only its claimer knows.

use super::rules::{ClaimRefusal, PendingToken, displaced};
use super::service_rows::{self, ServiceClaim};
use super::{ClaimError, ClaimHash, ClaimToken, Claims, Hostname, ProofFailure, hosts, proof};
use crate::canonical::{host, service_id as service_id_of};
use crate::manifest::{ManagementKey, issue_management_key};
use crate::{Change, store};
use farebox_store::{StoreError, Transaction, params};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use url::Url;

/// How long a challenge can be met.
pub const CHALLENGE_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// Where it is published.
const FILE: &str = "/.well-known/l402-directory-verify.txt";

/// A claim of a service that was begun.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// Which service.
    pub service_id: String,
    /// Its host.
    pub domain: Hostname,
    /// For the claimer's eyes.
    pub token: ClaimToken,
    /// Where its hash is to be published.
    pub url: Url,
    /// Until when.
    pub expires_at: Timestamp,
    /// Whether this client had no challenge for the service that waits.
    pub is_first: bool,
}

/// A service that was claimed.
#[derive(Clone, Debug)]
pub struct Managed {
    /// Its host.
    pub domain: Hostname,
    /// For its manager's eyes: changes the entry.
    pub management_key: ManagementKey,
}

impl Claims {
    /// Gives `client` a challenge for a service that was discovered and that nobody manages.
    ///
    /// # Errors
    /// [`ClaimError::UnknownService`], [`ClaimError::ServiceClaimed`], and as in [`Claims::begin`].
    pub async fn begin_service(
        &self,
        service_id: String,
        client: String,
    ) -> Result<Challenge, ClaimError> {
        let domain = self.domain_of(&service_id).await?;
        let url = self.url_of(&domain, FILE).await?;
        let token = ClaimToken::random().map_err(|_| ClaimError::Random)?;
        let begin = move |change: &Change<'_>| {
            let (transaction, now) = (change.transaction(), change.now());
            if service_rows::find(transaction, &service_id)?.is_some() {
                return Err(ClaimError::ServiceClaimed);
            }
            let pending = service_rows::pending(transaction, &service_id)?;
            let is_own = |token: &PendingToken| token.client == client && token.is_live(now);
            let is_first = !pending.iter().any(is_own);
            service_rows::remove(transaction, &displaced(&pending, &client, now))?;
            let expires_at = now.saturating_add(CHALLENGE_WINDOW).unwrap_or(Timestamp::MAX);
            let hash = token.hash();
            service_rows::insert(transaction, &service_id, hash, &client, now, expires_at)?;
            Ok(Challenge { service_id, domain, token, url, expires_at, is_first })
        };
        self.directory.change(begin).await
    }

    /// Looks whether the challenge is met; if it is, its claimer gets the key that manages the
    /// service. Who got no answer gets another key by the same token until the challenge expires.
    ///
    /// # Errors
    /// [`ClaimRefusal`]: never begun, expired. [`ProofFailure`] says why the challenge is not met.
    pub async fn verify_service(
        &self,
        service_id: String,
        token: &ClaimToken,
    ) -> Result<Managed, ClaimError> {
        let _permit = self.permit()?;
        let domain = self.domain_of(&service_id).await?;
        let (hash, now, id) = (token.hash(), self.directory.now(), service_id.clone());
        let look = move |transaction: &Transaction<'_>| Standing::load(transaction, &id);
        self.directory.store().read(look).await?.check(hash, now)?;
        let url = self.url_of(&domain, FILE).await?;
        if proof::published(&self.client, &url).await? != hash {
            return Err(ProofFailure::TokenMismatch.into());
        }
        let settle = move |change: &Change<'_>| {
            Standing::load(change.transaction(), &service_id)?.check(hash, change.now())?;
            settle(change, &service_id, domain, hash)
        };
        self.directory.change(settle).await
    }

    /// The host of a service. One that was submitted has a manager from the start.
    async fn domain_of(&self, service_id: &str) -> Result<Hostname, ClaimError> {
        let id = service_id.to_owned();
        let look = move |transaction: &Transaction<'_>| {
            let sql = "SELECT id FROM listing WHERE service_id = ?1 AND status = 'active' LIMIT 1";
            let id: Option<String> = transaction.optional(sql, params![id], |row| row.get(0))?;
            id.map_or(Ok(None), |id| store::find(transaction, &id))
        };
        let listing = self.directory.store().read(look).await?;
        let listing = listing.ok_or_else(|| ClaimError::UnknownService(shown(service_id)))?;
        let host = host(&listing.canonical_url);
        if service_id_of(&host) != service_id {
            return Err(ClaimError::ServiceClaimed);
        }
        self.hostname(&host)
    }
}

fn shown(service_id: &str) -> String {
    service_id.chars().take(40).collect()
}

/// What the tables say about a service.
struct Standing {
    claim: Option<ServiceClaim>,
    pending: Vec<PendingToken>,
}

impl Standing {
    fn load(transaction: &Transaction<'_>, service_id: &str) -> Result<Self, StoreError> {
        Ok(Self {
            claim: service_rows::find(transaction, service_id)?,
            pending: service_rows::pending(transaction, service_id)?,
        })
    }

    /// Whether a challenge that is met now claims the service.
    fn check(&self, hash: ClaimHash, now: Timestamp) -> Result<(), ClaimError> {
        if let Some(claim) = &self.claim {
            let is_in_time = claim.verified_at.saturating_add(CHALLENGE_WINDOW);
            let is_in_time = is_in_time.is_ok_and(|until| now < until);
            let is_repeat = claim.token_hash == hash && is_in_time;
            return if is_repeat { Ok(()) } else { Err(ClaimError::ServiceClaimed) };
        }
        match self.pending.iter().find(|token| token.hash == hash) {
            Some(token) if token.is_live(now) => Ok(()),
            Some(_) => Err(ClaimRefusal::Expired.into()),
            None => Err(ClaimRefusal::NoClaim.into()),
        }
    }
}

fn settle(
    change: &Change<'_>,
    service_id: &str,
    domain: Hostname,
    token_hash: ClaimHash,
) -> Result<Managed, ClaimError> {
    let claim = ServiceClaim { token_hash, verified_at: change.now() };
    service_rows::set_verified(change.transaction(), service_id, &domain, &claim)?;
    let management_key = issue_management_key(change, service_id)?;
    hosts::mark(change, &domain, true)?;
    let (owner, detail) = (format!("owner of {domain}"), json!({ "domain": domain.as_str() }));
    change.audit(&owner, "service.claim", service_id, &detail)?;
    Ok(Managed { domain, management_key })
}
