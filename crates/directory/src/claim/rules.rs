//! What may be done with a claim, and when. Pure: the rows and the time are brought.
//!
//! A domain has one owner and any number of pending tokens. Whoever asks for a domain gets a token
//! of their own; none is taken away because somebody else asked, and the one whose hash the domain
//! publishes wins. So a stranger who asks again and again keeps nobody from claiming.

use super::{ClaimHash, ClaimToken, Hostname};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How long a token waits for its hash to be published.
pub const CLAIM_WINDOW: SignedDuration = SignedDuration::from_hours(72);
/// Tokens of one client that wait for one domain at most; its oldest goes first.
pub const TOKENS_PER_CLIENT_MAX: usize = 8;
/// Tokens that wait for one domain at most.
pub const TOKENS_PER_DOMAIN_MAX: usize = 256;

/// Where a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimStatus {
    /// Asked for, not proven yet.
    Pending,
    /// Proven.
    Verified,
    /// Given back by its owner.
    Revoked,
}

impl ClaimStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Verified, Self::Revoked];

    /// The word of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified => "verified",
            Self::Revoked => "revoked",
        }
    }
}

/// How a claim is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofMethod {
    /// The hash in a file on the host.
    WellKnown,
    /// The hash in a TXT record.
    Dns,
    /// A signature by the account that the host's paid endpoints are paid to.
    Wallet,
    /// A signature by the Lightning node whose invoices the host's paid endpoints ask with.
    Node,
}

impl ProofMethod {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::WellKnown, Self::Dns, Self::Wallet, Self::Node];

    /// The word of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WellKnown => "well_known",
            Self::Dns => "dns",
            Self::Wallet => "wallet",
            Self::Node => "node",
        }
    }

    /// Whether it shows command of the host itself. A signature shows only who is paid there,
    /// which on a host of many sellers is not its owner: such a claim gives way to one that shows
    /// command of the host.
    #[must_use]
    pub const fn shows_command_of_host(self) -> bool {
        matches!(self, Self::WellKnown | Self::Dns)
    }
}

/// The claim of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainClaim {
    /// Where it stands.
    pub status: ClaimStatus,
    /// The hash of its owner's token, while it is verified.
    pub token_hash: Option<ClaimHash>,
    /// How it was proven, while it is verified.
    pub proof: Option<ProofMethod>,
}

/// A token that waits for its hash to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingToken {
    /// Its row.
    pub id: i64,
    /// Its hash.
    pub hash: ClaimHash,
    /// Who asked for it; [`ADMIN`] when an admin did.
    pub client: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// From then on it is no longer taken.
    pub expires_at: Timestamp,
}

/// Whose tokens never make room for others'.
pub const ADMIN: &str = "admin";

/// Why nothing was done with a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefusal {
    /// Another provider's, or one's own already.
    #[error(
        "this domain is verified already; its owner can revoke the claim, or ask the operator \
             of this directory for a reset"
    )]
    AlreadyVerified,
    /// Nobody asked for it.
    #[error("nobody has claimed this domain; begin with POST /api/v1/claim")]
    NoClaim,
    /// Asked for too long ago.
    #[error("the claim has expired after 72 hours; begin anew with POST /api/v1/claim")]
    Expired,
    /// Not the owner's token.
    #[error("this is not the verification_token of the domain's verified claim")]
    InvalidToken,
    /// There is no verified claim.
    #[error(
        "there is no verified claim of this domain; prove it first with POST \
             /api/v1/claim/verify"
    )]
    NotVerified,
    /// The listing belongs to another host.
    #[error("the listing's host is not the claimed domain; each host is claimed by itself")]
    HostMismatch,
}

impl PendingToken {
    /// Whether it is still taken.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// Whether a claim may be begun.
///
/// # Errors
/// [`ClaimRefusal::AlreadyVerified`] by somebody who showed command of the host.
pub fn may_begin(claim: Option<&DomainClaim>) -> Result<(), ClaimRefusal> {
    let is_settled = claim.is_some_and(|claim| {
        claim.status == ClaimStatus::Verified
            && claim.proof.is_none_or(ProofMethod::shows_command_of_host)
    });
    if is_settled { Err(ClaimRefusal::AlreadyVerified) } else { Ok(()) }
}

/// The tokens that a proof may be about.
///
/// # Errors
/// [`ClaimRefusal`]: verified already, never begun, expired.
pub fn provable<'a>(
    claim: Option<&DomainClaim>,
    pending: &'a [PendingToken],
    method: ProofMethod,
    now: Timestamp,
) -> Result<Vec<&'a PendingToken>, ClaimRefusal> {
    may_begin(claim)?;
    let is_verified = claim.is_some_and(|claim| claim.status == ClaimStatus::Verified);
    if is_verified && !method.shows_command_of_host() {
        return Err(ClaimRefusal::AlreadyVerified);
    }
    let live: Vec<_> = pending.iter().filter(|token| token.is_live(now)).collect();
    match (live.is_empty(), pending.is_empty()) {
        (false, _) => Ok(live),
        (true, false) => Err(ClaimRefusal::Expired),
        (true, true) if is_verified => Err(ClaimRefusal::AlreadyVerified),
        (true, true) => Err(ClaimRefusal::NoClaim),
    }
}

/// Whether the token is the owner's.
///
/// # Errors
/// [`ClaimRefusal::NotVerified`] and [`ClaimRefusal::InvalidToken`].
pub fn check_token(
    claim: Option<&DomainClaim>,
    token: Option<&ClaimToken>,
) -> Result<(), ClaimRefusal> {
    let owner = claim.filter(|claim| claim.status == ClaimStatus::Verified);
    let owner = owner.and_then(|claim| claim.token_hash).ok_or(ClaimRefusal::NotVerified)?;
    match token {
        Some(token) if token.hash() == owner => Ok(()),
        _ => Err(ClaimRefusal::InvalidToken),
    }
}

/// Whether a listing at this host is the domain's: the very host, and no other above or below it,
/// which may be somebody else's.
///
/// # Errors
/// [`ClaimRefusal::HostMismatch`].
pub fn check_host(domain: &Hostname, listing_host: &str) -> Result<(), ClaimRefusal> {
    let host = listing_host.strip_suffix('.').unwrap_or(listing_host);
    if host.eq_ignore_ascii_case(domain.as_str()) {
        Ok(())
    } else {
        Err(ClaimRefusal::HostMismatch)
    }
}

/// The rows that make room for one more token of `client`. What has expired goes first; then the
/// oldest of those who have most, so that whoever asks often displaces their own.
#[must_use]
pub fn displaced(pending: &[PendingToken], client: &str, now: Timestamp) -> Vec<i64> {
    let mut kept: Vec<&PendingToken> = pending.iter().collect();
    kept.sort_by_key(|token| (token.created_at, token.id));
    let mut gone = Vec::new();
    let mut drop_one = |kept: &mut Vec<&PendingToken>, place: usize| {
        gone.push(kept.remove(place).id);
    };
    while kept.iter().filter(|token| token.client == client).count() >= TOKENS_PER_CLIENT_MAX {
        let Some(place) = kept.iter().position(|token| token.client == client) else { break };
        drop_one(&mut kept, place);
    }
    while kept.len() >= TOKENS_PER_DOMAIN_MAX {
        let expired = kept.iter().position(|token| !token.is_live(now));
        let Some(place) = expired.or_else(|| oldest_of_most(&kept)) else { break };
        drop_one(&mut kept, place);
    }
    gone
}

fn oldest_of_most(kept: &[&PendingToken]) -> Option<usize> {
    let strangers = || kept.iter().filter(|token| token.client != ADMIN);
    let mut counts = BTreeMap::new();
    for token in strangers() {
        *counts.entry(token.client.as_str()).or_insert(0_usize) += 1;
    }
    let most = counts.values().max().copied()?;
    kept.iter()
        .position(|token| token.client != ADMIN && counts.get(token.client.as_str()) == Some(&most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn token(id: i64, client: &str, created: i64) -> PendingToken {
        let created_at = at(created);
        PendingToken {
            id,
            hash: ClaimHash::new([u8::try_from(id % 256).unwrap(); 32]),
            client: client.to_owned(),
            created_at,
            expires_at: created_at + CLAIM_WINDOW,
        }
    }

    fn claim(status: ClaimStatus, proof: Option<ProofMethod>) -> DomainClaim {
        let token_hash = proof.map(|_| ClaimHash::new([9; 32]));
        DomainClaim { status, token_hash, proof }
    }

    #[test]
    fn a_window_has_an_end() {
        let pending = [token(1, "a", 0)];
        let ask = |now| provable(None, &pending, ProofMethod::WellKnown, at(now));
        assert!(ask(72 * 3_600 - 1).is_ok());
        assert_eq!(ask(72 * 3_600), Err(ClaimRefusal::Expired));
        let none = provable(None, &[], ProofMethod::Dns, at(0));
        assert_eq!(none, Err(ClaimRefusal::NoClaim));
    }

    #[test]
    fn command_of_the_host_outranks_a_signature_and_nothing_else_does() {
        let pending = [token(1, "a", 0)];
        for owner in ProofMethod::ALL {
            let verified = claim(ClaimStatus::Verified, Some(owner));
            for method in ProofMethod::ALL {
                let outranks = method.shows_command_of_host() && !owner.shows_command_of_host();
                let found = provable(Some(&verified), &pending, method, at(0));
                assert_eq!(found.is_ok(), outranks, "{method:?} over {owner:?}");
            }
        }
        for status in [ClaimStatus::Pending, ClaimStatus::Revoked] {
            assert!(may_begin(Some(&claim(status, None))).is_ok());
        }
    }

    #[test]
    fn only_the_owners_token_opens() {
        let owner = ClaimToken::parse(&"07".repeat(32)).unwrap();
        let stranger = ClaimToken::parse(&"08".repeat(32)).unwrap();
        let mut verified = claim(ClaimStatus::Verified, Some(ProofMethod::Dns));
        verified.token_hash = Some(owner.hash());
        assert_eq!(check_token(Some(&verified), Some(&owner)), Ok(()));
        let refused = check_token(Some(&verified), Some(&stranger));
        assert_eq!(refused, Err(ClaimRefusal::InvalidToken));
        assert_eq!(check_token(Some(&verified), None), Err(ClaimRefusal::InvalidToken));
        verified.status = ClaimStatus::Revoked;
        assert_eq!(check_token(Some(&verified), Some(&owner)), Err(ClaimRefusal::NotVerified));
        assert_eq!(check_token(None, Some(&owner)), Err(ClaimRefusal::NotVerified));
    }

    #[test]
    fn only_the_very_host_is_the_domains() {
        let domain = Hostname::parse("api.example.com", super::super::Reach::Public).unwrap();
        assert!(check_host(&domain, "api.example.com").is_ok());
        for other in ["example.com", "x.api.example.com", "evilapi.example.com", ""] {
            assert_eq!(check_host(&domain, other), Err(ClaimRefusal::HostMismatch), "{other}");
        }
    }

    #[test]
    fn whoever_asks_often_displaces_their_own() {
        let mut pending = vec![token(1, "owner", 0), token(2, ADMIN, 1)];
        for id in 3..2_000 {
            let client = format!("flood {}", id % 50);
            let gone = displaced(&pending, &client, at(id));
            pending.retain(|token| !gone.contains(&token.id));
            pending.push(token(id, &client, id));
            assert!(pending.len() <= TOKENS_PER_DOMAIN_MAX);
        }
        assert!(pending.iter().any(|token| token.client == "owner"));
        assert!(pending.iter().any(|token| token.client == ADMIN));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn there_is_room_for_one_more(
            asked in proptest::collection::vec((0..40_u8, 0..400_000_i64), 0..400),
        ) {
            let mut pending: Vec<PendingToken> = Vec::new();
            for (id, (client, now)) in asked.into_iter().enumerate() {
                let (id, client) = (i64::try_from(id).unwrap(), client.to_string());
                let gone = displaced(&pending, &client, at(now));
                pending.retain(|token| !gone.contains(&token.id));
                pending.push(token(id, &client, now));
                let own = pending.iter().filter(|token| token.client == client).count();
                prop_assert!(pending.len() <= TOKENS_PER_DOMAIN_MAX);
                prop_assert!(own <= TOKENS_PER_CLIENT_MAX);
            }
        }
    }
}
