//! MPP credentials: whether their challenge was issued here, for this request, and what was paid.

use crate::admission::Refusal;
use crate::challenge::BOUND_TO;
use crate::collection::Verdict;
use crate::lightning::Settled;
use crate::payment::Payment;
use crate::paywall::Paywall;
use crate::problem::Problem;
use crate::request::{BODY_MARK, Facts};
use crate::route::PaidRoute;
use farebox_money::Sats;
use farebox_wire::l402::TokenKind;
use farebox_wire::lightning::PaymentHash;
use farebox_wire::mpp::methods::lightning::read_preimage;
use farebox_wire::mpp::methods::{CHARGE, evm, lightning, stripe, tempo};
use farebox_wire::mpp::{Challenge, Credential, Receipt, jcs};
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use std::sync::Arc;

const PAYMENT_RECEIPT: HeaderName = HeaderName::from_static("payment-receipt");
/// Clocks may differ by this much, in seconds.
pub(crate) const CLOCK_SLACK_S: u64 = 30;

/// What this server wrote into the request of a challenge over Lightning. The challenge is signed,
/// so that its invoice need not be read again: that would check one more signature.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    /// Satoshis.
    amount: String,
    /// What the challenge was issued for.
    external_id: Option<String>,
    method_details: AskedDetails,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AskedDetails {
    payment_hash: PaymentHash,
}

impl Paywall {
    /// Whether a challenge was issued here. Needs nothing of the request, so that a credential
    /// made of thin air costs nothing more.
    pub(crate) fn check_challenge(&self, challenge: &Challenge) -> Result<(), Problem> {
        let secrets = self.secret().challenge_secrets_in_use(self.now());
        let is_ours = secrets.iter().any(|secrets| secrets.verify(challenge).is_ok());
        if is_ours { Ok(()) } else { Err(Problem::ForeignChallenge) }
    }

    /// Verifies an MPP credential, whose challenge was issued here, for a request.
    pub(crate) async fn verify_mpp(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        credential: &Credential,
    ) -> Result<Verdict, Refusal> {
        let challenge = &credential.challenge;
        check_bound(route, facts, challenge)?;
        if facts.is_head && route.kind == TokenKind::OneShot {
            return Err(Problem::HeadSpendsNothing.into());
        }
        match (challenge.method.as_str(), challenge.intent.as_str()) {
            (lightning::METHOD, CHARGE) => {
                self.verify_mpp_lightning(route, facts, credential).await
            }
            (evm::METHOD, CHARGE) => self.verify_mpp_evm(route, facts, credential).await,
            (tempo::METHOD, CHARGE) => self.verify_tempo(route, facts, credential).await,
            (stripe::METHOD, CHARGE) => self.verify_stripe(route, facts, credential).await,
            _ => Err(Problem::ForeignChallenge.into()),
        }
    }

    /// The invoice could only be paid while the challenge was good, so that its preimage is good
    /// for as long as an L402 token would be: who paid at the last moment gets the answer.
    async fn verify_mpp_lightning(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        credential: &Credential,
    ) -> Result<Verdict, Refusal> {
        let challenge = &credential.challenge;
        let asked: Asked =
            jcs::decode(&challenge.request).map_err(|_| Problem::ForeignChallenge)?;
        let hash = asked.method_details.payment_hash;
        let amount = asked.amount.parse().ok().and_then(|sats| Sats::new(sats).to_msat());
        let amount = amount.ok_or(Problem::ForeignChallenge)?;
        let preimage = read_preimage(&credential.payload);
        let preimage = preimage.map_err(|error| Problem::MalformedPayment(error.to_string()))?;
        if preimage.hash() != hash {
            return Err(Problem::WrongPreimage.into());
        }
        self.pool().remove(hash);
        let expires_at = challenge.expires_at().ok_or(Problem::ForeignChallenge)?;
        let expires_at = expires_at.saturating_add(route.token_lifetime_s);
        if self.now() >= expires_at {
            return Err(Problem::ExpiredChallenge.into());
        }
        self.check_settled(hash, amount).await?;
        let payment = Payment::lightning(hash, amount);
        let usage = self.use_of(route, facts, route.kind, payment, expires_at);
        let challenge_id = challenge.id.clone();
        Ok(Verdict { usage, collection: Arc::new(Settled::Mpp { hash, challenge_id }) })
    }
}

/// A challenge is good for the route, the request and the body that it was issued for.
fn check_bound(route: &PaidRoute, facts: &Facts, challenge: &Challenge) -> Result<(), Problem> {
    if challenge.method == lightning::METHOD {
        return check_bound_text(route, facts, challenge);
    }
    let opaque = challenge.opaque_data().map_err(|_| Problem::ForeignChallenge)?;
    let bound_to = facts.bound_digest(route);
    if opaque.route() != Some(route.id) || opaque.get(BOUND_TO) != Some(&bound_to) {
        return Err(Problem::ChallengeOfAnotherRequest);
    }
    let shown = facts.content_digest();
    check_body(route, challenge.digest.as_deref(), shown.as_deref())
}

fn check_bound_text(
    route: &PaidRoute,
    facts: &Facts,
    challenge: &Challenge,
) -> Result<(), Problem> {
    let asked: Option<Asked> = jcs::decode(&challenge.request).ok();
    let bound_to = asked.and_then(|asked| asked.external_id);
    let bound_to = bound_to.ok_or(Problem::ForeignChallenge)?;
    let shown = facts.bound_text(route);
    let split = |text: &str| match text.split_once(BODY_MARK) {
        Some((request, body)) => (request.to_owned(), Some(body.to_owned())),
        None => (text.to_owned(), None),
    };
    let ((issued_for, issued_body), (shown, shown_body)) = (split(&bound_to), split(&shown));
    if issued_for != shown {
        return Err(Problem::ChallengeOfAnotherRequest);
    }
    check_body(route, issued_body.as_deref(), shown_body.as_deref())
}

/// A body too large to be read from anybody was not tied to the challenge, where the price is the
/// same for all; where it is made from the body, there was none.
fn check_body(
    route: &PaidRoute,
    issued_for: Option<&str>,
    shown: Option<&str>,
) -> Result<(), Problem> {
    let is_bound = match issued_for {
        Some(_) => shown == issued_for,
        None => shown.is_none() || !route.is_priced_by_request(),
    };
    if is_bound { Ok(()) } else { Err(Problem::ChallengeOfAnotherRequest) }
}

/// The receipt of a payment.
pub(crate) fn receipt(
    method: &str,
    settled_as: &str,
    challenge_id: &str,
    chain_id: Option<u64>,
    now: u64,
) -> Vec<(HeaderName, HeaderValue)> {
    let mut receipt = Receipt::new(method, settled_as, challenge_id, now);
    receipt.chain_id = chain_id;
    let value = receipt.render().ok().and_then(|value| HeaderValue::try_from(value).ok());
    value.into_iter().map(|value| (PAYMENT_RECEIPT, value)).collect()
}
