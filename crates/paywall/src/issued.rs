//! A credential whose signatures and preimage hold. What is left to judge: whether its keys are
//! still in use, its caveats against the request and the time, and the node's word.

use crate::keys::KeyEpoch;
use crate::problem::Problem;
use farebox_wire::l402::{
    Credential, Grant, GrantError, Identifier, NarrowedGrant, RequestFacts, TokenKind,
};
use farebox_wire::lightning::PaymentHash;

/// What is known of it; [`Secret::verify`](crate::Secret) alone makes it. It holds nothing that
/// could be shown as a credential.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) payment_hash: PaymentHash,
    /// Of its macaroons, in their order.
    key_epochs: Vec<KeyEpoch>,
    grants: Result<Vec<NarrowedGrant>, GrantError>,
}

impl Issued {
    pub(crate) fn read(credential: &Credential, payment_hash: PaymentHash) -> Self {
        let preimage = credential.preimage.reveal_hex();
        let macaroons = credential.macaroons.iter();
        let identifiers = macaroons.clone().filter_map(|one| Identifier::decode(&one.identifier));
        let grants = macaroons.map(|one| Grant::read_narrowed(&one.caveats, &preimage)).collect();
        let key_epochs = identifiers.map(|identifier| KeyEpoch::of(&identifier)).collect();
        Self { payment_hash, key_epochs, grants }
    }

    /// What was sold, if every macaroon allows this request. What the first one says counts; the
    /// others can only narrow it.
    pub(crate) fn check(&self, request: RequestFacts<'_>) -> Result<&Grant, Problem> {
        let grants = self.grants.as_ref().map_err(|error| error.clone())?;
        grants.iter().try_for_each(|grant| grant.check(request))?;
        grants.first().map(|grant| &grant.issued).ok_or(Problem::NotIssuedHere)
    }

    /// Whether all of it is signed with keys that are taken at `now` (seconds since 1970).
    pub(crate) fn is_key_in_use(&self, now: u64) -> bool {
        self.key_epochs.iter().all(|epoch| epoch.is_in_use(now))
    }

    /// Whether it can be shown again and again.
    pub(crate) fn is_time_bounded(&self) -> bool {
        let Ok(grants) = &self.grants else { return false };
        grants.iter().all(|grant| grant.issued.kind == TokenKind::TimeBounded)
    }
}
