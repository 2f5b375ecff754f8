//! What can be done with the claim of a domain.

use super::proof::{self, Signer};
use super::rows::{self, NewToken};
use super::rules::{
    self, ADMIN, CLAIM_WINDOW, ClaimRefusal, ClaimStatus, DomainClaim, PendingToken, ProofMethod,
};
use super::service_rows;
use super::{ClaimError, ClaimHash, ClaimToken, Hostname, ProofFailure, Reach, hosts, message};
use crate::manifest::issue_management_key;
use crate::{Change, Directory};
use farebox_net::GuardedClient;
use farebox_store::{StoreError, Transaction};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

/// Proofs that are looked at at the same time at most.
const PROOFS_MAX: usize = 64;
/// Where a provider publishes the hash.
const FILE: &str = "/.well-known/402index-verify.txt";

/// How claims are taken.
#[derive(Clone, Debug)]
pub struct ClaimOptions {
    /// Where this directory is reached: part of what a wallet or a node signs.
    pub directory_url: String,
    /// Which names can be claimed.
    pub reach: Reach,
}

/// The claims of a directory; cheap to clone.
#[derive(Clone)]
pub struct Claims {
    pub(super) directory: Directory,
    pub(super) client: GuardedClient,
    options: Arc<ClaimOptions>,
    proofs: Arc<Semaphore>,
}

/// A claim that was begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What is claimed.
    pub domain: Hostname,
    /// For its owner's eyes.
    pub token: ClaimToken,
    /// Until when it can be proven.
    pub expires_at: Timestamp,
    /// Whether this client had no claim of the domain that waits.
    pub is_first: bool,
}

/// What a claimer brings to prove a claim.
#[derive(Clone, Debug)]
pub struct Proof {
    /// Where the proof is.
    pub method: ProofMethod,
    /// For a signature: which claim it is for, and the signature.
    pub signature: Option<(ClaimHash, String)>,
}

impl Claims {
    /// Claims in this directory, proven through `client`.
    #[must_use]
    pub fn new(directory: Directory, client: GuardedClient, options: ClaimOptions) -> Self {
        let proofs = Arc::new(Semaphore::new(PROOFS_MAX));
        Self { directory, client, options: Arc::new(options), proofs }
    }

    /// The directory that the claims are of.
    #[must_use]
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Reads a host that is to be claimed.
    ///
    /// # Errors
    /// [`ClaimError::Hostname`] says what to write.
    pub fn hostname(&self, text: &str) -> Result<Hostname, ClaimError> {
        Ok(Hostname::parse(text, self.options.reach)?)
    }

    /// Gives `client` a token for a domain. Tokens of others keep their worth.
    ///
    /// # Errors
    /// [`ClaimRefusal::AlreadyVerified`]; [`ClaimError::Random`] and [`ClaimError::Store`].
    pub async fn begin(
        &self,
        domain: Hostname,
        contact_email: Option<String>,
        client: String,
    ) -> Result<Begun, ClaimError> {
        let token = ClaimToken::random().map_err(|_| ClaimError::Random)?;
        let begin = move |change: &Change<'_>| {
            let (transaction, now) = (change.transaction(), change.now());
            let (claim, pending) = rows::load(transaction, &domain)?;
            rules::may_begin(claim.as_ref())?;
            let is_own = |token: &PendingToken| token.client == client && token.is_live(now);
            let is_first = !pending.iter().any(is_own);
            rows::remove(transaction, &rules::displaced(&pending, &client, now))?;
            let email = contact_email.as_deref();
            insert(change, domain, token, &client, email, is_first)
        };
        self.directory.change(begin).await
    }

    /// Looks at a proof; if it holds, the token that it is about commands the domain from now on.
    /// Returns how many listings the domain has.
    ///
    /// # Errors
    /// [`ClaimRefusal`]: verified already, never begun, expired. [`ProofFailure`] says why the
    /// proof does not hold.
    pub async fn verify(&self, domain: Hostname, proof: Proof) -> Result<usize, ClaimError> {
        let _permit = self.permit()?;
        let (host, now, method) = (domain.clone(), self.directory.now(), proof.method);
        let look = move |transaction: &Transaction<'_>| rows::load(transaction, &host);
        let (claim, pending) = self.directory.store().read(look).await?;
        rules::provable(claim.as_ref(), &pending, method, now)?;
        let shown = self.evidence(&domain, &proof, &pending, now).await?;
        let settle = move |change: &Change<'_>| settle(change, &domain, method, &shown);
        self.directory.change(settle).await
    }

    /// The hashes for which there is proof.
    async fn evidence(
        &self,
        domain: &Hostname,
        proof: &Proof,
        pending: &[PendingToken],
        now: Timestamp,
    ) -> Result<Vec<ClaimHash>, ClaimError> {
        let signer = match proof.method {
            ProofMethod::WellKnown => {
                let url = self.url_of(domain, FILE).await?;
                return Ok(vec![proof::published(&self.client, &url).await?]);
            }
            ProofMethod::Dns => return Ok(proof::look_up(&self.client, domain).await?),
            ProofMethod::Wallet => Signer::Wallet,
            ProofMethod::Node => Signer::Node,
        };
        let (hash, signature) = proof.signature.as_ref().ok_or(ClaimError::Parameter {
            parameter: "signature",
            what: "this method needs verification_hash and signature",
        })?;
        let token = pending.iter().find(|token| token.hash == *hash && token.is_live(now));
        let token = token.ok_or(ProofFailure::TokenMismatch)?;
        let message = self.message(domain, &token.hash, token.expires_at);
        let signed = proof::recover(signer, &message, signature)?;
        let host = domain.clone();
        let look = move |transaction: &Transaction<'_>| {
            hosts::active(transaction, &host, proof::LISTINGS_MAX)
        };
        let listings = self.directory.store().read(look).await?;
        let now_s = u64::try_from(now.as_second()).unwrap_or_default();
        proof::is_paid_everywhere(&self.client, &listings, &signed, now_s).await?;
        Ok(vec![*hash])
    }

    /// Gives a verified claim back.
    ///
    /// # Errors
    /// [`ClaimRefusal`]: never claimed, not verified, or not the owner's token.
    pub async fn revoke(
        &self,
        domain: Hostname,
        token: Option<ClaimToken>,
    ) -> Result<(), ClaimError> {
        let revoke = move |change: &Change<'_>| -> Result<(), ClaimError> {
            let transaction = change.transaction();
            let claim = rows::find(transaction, &domain)?.ok_or(ClaimRefusal::NoClaim)?;
            rules::check_token(Some(&claim), token.as_ref())?;
            rows::set_unowned(transaction, &domain, ClaimStatus::Revoked, change.now())?;
            let is_verified = rows::is_verified(transaction, domain.as_str())?;
            hosts::mark(change, &domain, is_verified)?;
            let (owner, domain) = (format!("owner of {domain}"), domain.as_str());
            Ok(change.audit(&owner, "claim.revoke", domain, &json!({}))?)
        };
        self.directory.change(revoke).await
    }

    /// An admin takes a domain from its owner and makes a token for the next one. Its listings stay
    /// marked as verified meanwhile.
    ///
    /// # Errors
    /// [`ClaimRefusal::NoClaim`]; [`ClaimError::Random`] and [`ClaimError::Store`].
    pub async fn reset(&self, domain: Hostname) -> Result<Begun, ClaimError> {
        let token = ClaimToken::random().map_err(|_| ClaimError::Random)?;
        let reset = move |change: &Change<'_>| {
            let (transaction, now) = (change.transaction(), change.now());
            rows::find(transaction, &domain)?.ok_or(ClaimRefusal::NoClaim)?;
            rows::set_unowned(transaction, &domain, ClaimStatus::Pending, now)?;
            for service_id in service_rows::release(transaction, &domain)? {
                // Shown to nobody: it voids the one before.
                issue_management_key(change, &service_id)?;
            }
            change.audit(ADMIN, "claim.reset", domain.as_str(), &json!({}))?;
            insert(change, domain, token, ADMIN, None, true)
        };
        self.directory.change(reset).await
    }

    /// Where the hash of a claim is published.
    ///
    /// # Errors
    /// [`ClaimError::Store`].
    pub async fn verification_url(&self, domain: &Hostname) -> Result<Url, ClaimError> {
        self.url_of(domain, FILE).await
    }

    /// Over `https` and at its port: what stands elsewhere on a host may be anybody's. Where names
    /// of this machine can be claimed, a listing over `http` says how the host is reached.
    pub(super) async fn url_of(
        &self,
        domain: &Hostname,
        path: &'static str,
    ) -> Result<Url, ClaimError> {
        let host = domain.clone();
        let look = move |transaction: &Transaction<'_>| hosts::plain_origin(transaction, &host);
        let plain = match self.options.reach {
            Reach::Public => None,
            Reach::Local => self.directory.store().read(look).await?,
        };
        let origin = plain.unwrap_or_else(|| format!("https://{domain}"));
        let unusable = |_| ClaimError::Store(StoreError::Unreadable(format!("host {domain}")));
        Url::parse(&format!("{origin}{path}")).map_err(unusable)
    }

    /// What a wallet or a node signs to prove a claim.
    #[must_use]
    pub fn message(&self, domain: &Hostname, hash: &ClaimHash, expires_at: Timestamp) -> String {
        message::message(&self.options.directory_url, domain, hash, expires_at)
    }

    pub(super) fn permit(&self) -> Result<SemaphorePermit<'_>, ClaimError> {
        self.proofs.try_acquire().map_err(|_| ClaimError::Busy)
    }
}

fn insert(
    change: &Change<'_>,
    domain: Hostname,
    token: ClaimToken,
    client: &str,
    contact_email: Option<&str>,
    is_first: bool,
) -> Result<Begun, ClaimError> {
    let created_at = change.now();
    let expires_at = created_at.saturating_add(CLAIM_WINDOW).unwrap_or(Timestamp::MAX);
    // As it is stored: what is signed names it.
    let expires_at = Timestamp::from_second(expires_at.as_second()).unwrap_or(expires_at);
    let row = NewToken { hash: token.hash(), client, contact_email, created_at, expires_at };
    rows::insert(change.transaction(), &domain, &row)?;
    Ok(Begun { domain, token, expires_at, is_first })
}

/// Decides again, in the transaction: meanwhile another may have been faster.
fn settle(
    change: &Change<'_>,
    domain: &Hostname,
    method: ProofMethod,
    shown: &[ClaimHash],
) -> Result<usize, ClaimError> {
    let (transaction, now) = (change.transaction(), change.now());
    let (claim, pending): (Option<DomainClaim>, _) = rows::load(transaction, domain)?;
    let provable = rules::provable(claim.as_ref(), &pending, method, now)?;
    let proven = provable.into_iter().find(|token| shown.contains(&token.hash));
    let proven = proven.ok_or(ProofFailure::TokenMismatch)?;
    rows::set_verified(transaction, domain, proven, method, now)?;
    let count = hosts::mark(change, domain, true)?;
    let detail = json!({ "proof": method.name(), "listings": count });
    change.audit(&format!("owner of {domain}"), "claim.verify", domain.as_str(), &detail)?;
    Ok(count)
}
