//! What a 402 offers by MPP: one challenge for each method.

use super::{EvmOffer, LightningOffer, Offers};
use crate::paywall::Paywall;
use crate::rails::Site;
use crate::request::Facts;
use crate::route::{PaidRoute, Protocol};
use crate::unavailable::Unavailable;
use farebox_wire::l402::TokenKind;
use farebox_wire::mpp::accept::AcceptPayment;
use farebox_wire::mpp::methods::evm::{self, CredentialType, EvmCharge};
use farebox_wire::mpp::methods::lightning::{self, LightningCharge};
use farebox_wire::mpp::methods::{CHARGE, stripe, tempo};
use farebox_wire::mpp::{Challenge, ChallengeTerms, CredentialHeader, Opaque};

/// The name under which a challenge says what it was issued for.
pub(crate) const BOUND_TO: &str = "b";
/// How long a challenge can be answered, in seconds, where no invoice or transfer says it.
const CHALLENGE_LIFETIME_S: u64 = 300;
const DESCRIPTION_LEN_MAX: usize = 200;

/// A challenge that is not signed yet.
struct Draft {
    method: &'static str,
    request: String,
    expires_at: u64,
}

impl Paywall {
    /// The challenges of MPP, those that the client likes best first. None where the server does
    /// not know under which name it is reached.
    pub(super) fn payment_challenges(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        offers: &Offers<'_>,
    ) -> Result<Vec<Challenge>, Unavailable> {
        let site = self.rails().site.as_ref();
        let Some(site) = site.filter(|_| route.is_offered_by(Protocol::Mpp)) else {
            return Ok(Vec::new());
        };
        let drafts = self.drafts(route, facts, offers);
        let accepted = facts.accept_payment.as_deref();
        let accepted = accepted.and_then(|header| AcceptPayment::parse(header).ok());
        let liked = accepted.map(|ranges| {
            ranges.rank(&drafts, |draft| (draft.method, CHARGE)).into_iter().collect::<Vec<_>>()
        });
        // Who takes none of them is told what there is.
        let drafts = match liked {
            Some(liked) if !liked.is_empty() => liked,
            _ => drafts.iter().collect(),
        };
        drafts.into_iter().map(|draft| self.issue(site, route, facts, draft)).collect()
    }

    fn drafts(&self, route: &PaidRoute, facts: &Facts, offers: &Offers<'_>) -> Vec<Draft> {
        let now = self.now();
        let bound_to = facts.bound_text(route);
        let lightning = offers.lightning.as_ref();
        let lightning = lightning.and_then(|offer| lightning_draft(offer, bound_to));
        let evm = offers.evm.iter().filter_map(|offer| evm_draft(offer, now));
        let others = offers.tempo.iter().map(|charge| (tempo::METHOD, charge.encode().ok()));
        let stripe = offers.stripe.iter().map(|charge| (stripe::METHOD, charge.encode().ok()));
        let expires_at = now.saturating_add(CHALLENGE_LIFETIME_S);
        let others = others
            .chain(stripe)
            .filter_map(|(method, request)| Some(Draft { method, request: request?, expires_at }));
        lightning.into_iter().chain(evm).chain(others).collect()
    }

    fn issue(
        &self,
        site: &Site,
        route: &PaidRoute,
        facts: &Facts,
        draft: &Draft,
    ) -> Result<Challenge, Unavailable> {
        // An invoice is unique, and some clients for Lightning send neither of these back.
        let (opaque, digest) = match draft.method {
            lightning::METHOD => (Opaque::default(), None),
            _ => {
                let mut nonce = [0; 16];
                getrandom::fill(&mut nonce).map_err(|_| Unavailable::Misconfigured)?;
                let opaque = Opaque::new(nonce, route.id);
                let opaque = opaque.with(BOUND_TO, &facts.bound_digest(route));
                // What is good for many requests is good for many bodies.
                let is_one_shot = route.kind == TokenKind::OneShot;
                (opaque, facts.content_digest().filter(|_| is_one_shot))
            }
        };
        let description = route.description.chars().filter(char::is_ascii);
        let terms = ChallengeTerms {
            realm: site.realm.clone(),
            method: draft.method.to_owned(),
            intent: CHARGE.to_owned(),
            request: draft.request.clone(),
            expires_at: draft.expires_at,
            description: Some(description.take(DESCRIPTION_LEN_MAX).collect()),
            digest,
            opaque,
            header: CredentialHeader::Authorization,
        };
        let secrets = self.secret().challenge_secrets(self.now());
        secrets.issue(&terms).map_err(|error| {
            tracing::error!(%error, route = route.id, "no MPP challenge could be made");
            Unavailable::Misconfigured
        })
    }
}

/// What the challenge is issued for stands in its request, which every client sends back. Some
/// networks have no name in the protocol.
fn lightning_draft(offer: &LightningOffer, bound_to: String) -> Option<Draft> {
    let charge = offer.charge.as_deref()?.clone();
    let request = LightningCharge { external_id: Some(bound_to), ..charge }.encode().ok()?;
    Some(Draft { method: lightning::METHOD, request, expires_at: offer.invoice.expires_at })
}

fn evm_draft(offer: &EvmOffer<'_>, now: u64) -> Option<Draft> {
    let rail = offer.rail;
    let charge = EvmCharge {
        amount: offer.units,
        currency: rail.token.id.address,
        recipient: rail.pay_to,
        chain: rail.chain(),
        credential_types: vec![CredentialType::Authorization],
        decimals: Some(rail.decimals),
        description: None,
        external_id: None,
    };
    let expires_at = now.saturating_add(rail.timeout_s);
    Some(Draft { method: evm::METHOD, request: charge.encode().ok()?, expires_at })
}
