//! Whether a signed transfer pays for a request.

use super::EvmRail;
use super::transfer::{Shape, Transfer};
use crate::admission::Refusal;
use crate::amount::Amount;
use crate::collection::Verdict;
use crate::mpp::CLOCK_SLACK_S;
use crate::payment::{Payment, Rail};
use crate::paywall::Paywall;
use crate::problem::Problem;
use crate::redeem::store_failed;
use crate::redemption::REPEAT_WINDOW_S;
use crate::request::Facts;
use crate::route::{PaidRoute, Protocol};
use crate::unavailable::Unavailable;
use farebox_wire::evm::{AssetId, TransferAuthorization, U256};
use farebox_wire::l402::TokenKind;
use farebox_wire::mpp::Credential;
use farebox_wire::mpp::methods::evm::EvmCharge;
use farebox_wire::mpp::methods::evm_authorization::EvmPayload;
use farebox_wire::x402::{
    self, ExactEvmPayload, FacilitatorRequest, PaymentPayload, PaymentRequirements,
    accepted_matches,
};
use serde_json::Map;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// An authorization that is good for longer is refused: its record is kept as long.
const VALIDITY_MAX_S: u64 = 7 * 24 * 3_600;
/// Random enough, in characters, that nobody guesses it.
const NONCE_LEN_MIN: usize = 16;
/// The name in `extra` under which a challenge has a random text of its own.
pub(crate) const EXTRA_NONCE: &str = "challenge";

/// A signed transfer that was shown, and what it is shown for.
struct Signed<'a> {
    rail: &'a EvmRail,
    request: FacilitatorRequest,
    authorization: TransferAuthorization,
    shape: Shape,
    /// Tells this credential from others of the same authorization, which everybody can read on
    /// the chain once it is settled.
    secret: [u8; 32],
}

impl Signed<'_> {
    fn payment(&self) -> Payment {
        paid_with(self.rail, &self.authorization)
    }

    fn into_transfer(self) -> Transfer {
        Transfer {
            facilitator: Arc::clone(&self.rail.facilitator),
            request: self.request,
            chain: self.rail.chain(),
            payer: self.authorization.from,
            shape: self.shape,
        }
    }
}

impl Paywall {
    /// Verifies a payment of x402 for a request. Its signature says nothing of what it buys: it
    /// is tied to the first request that shows it.
    pub(crate) async fn verify_x402(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        price: &Amount,
        payment: &x402::Payment,
    ) -> Result<Verdict, Refusal> {
        if facts.is_head && route.kind == TokenKind::OneShot {
            return Err(Problem::HeadSpendsNothing.into());
        }
        if !route.is_offered_by(Protocol::X402) {
            return Err(Problem::NotOffered.into());
        }
        let (rail, requirements) = match self.offered(price, payment) {
            Ok(offered) => offered,
            // Its price may not be asked any more: what it bought is not sold again.
            Err(problem) => self.taken_before(payment).await?.ok_or(problem)?,
        };
        let payload = payment.exact_evm();
        let payload = payload.map_err(|error| Problem::MalformedPayment(error.to_string()))?;
        let shape = match payment {
            x402::Payment::V1(_) => Shape::X402V1,
            x402::Payment::V2(_) => Shape::X402V2,
        };
        let signed = Signed {
            rail,
            authorization: payload.authorization,
            request: FacilitatorRequest { payment: payment.clone(), requirements },
            shape,
            secret: secret_of(facts, payment),
        };
        self.verify_signed(route, facts, signed).await
    }

    /// Whether a payment is to one of this server's accounts.
    pub(crate) fn check_payee(&self, payment: &x402::Payment) -> Result<(), Problem> {
        let payload = payment.exact_evm();
        let payload = payload.map_err(|error| Problem::MalformedPayment(error.to_string()))?;
        let is_ours = self.rails().evm.iter().any(|rail| rail.pay_to == payload.authorization.to);
        if is_ours { Ok(()) } else { Err(Problem::NotOffered) }
    }

    /// What was offered that a payment answers.
    fn offered(
        &self,
        price: &Amount,
        payment: &x402::Payment,
    ) -> Result<(&EvmRail, PaymentRequirements), Problem> {
        let paid = payment.exact_evm().ok().map(|payload| payload.authorization);
        for rail in &self.rails().evm {
            for units in self.units_taken(rail, price) {
                let requirements = rail.requirements(units);
                // Version 1 takes more than was asked; version 2 says itself what it pays.
                let is_enough = matches!(payment, x402::Payment::V2(_))
                    || paid.is_some_and(|paid| paid.value >= units);
                if is_enough && answers(payment, &requirements) {
                    return Ok((rail, requirements));
                }
            }
        }
        Err(Problem::NotOffered)
    }

    /// What a payment of x402 answered that was reserved for its request before.
    async fn taken_before(
        &self,
        payment: &x402::Payment,
    ) -> Result<Option<(&EvmRail, PaymentRequirements)>, Refusal> {
        let Ok(ExactEvmPayload { authorization, .. }) = payment.exact_evm() else {
            return Ok(None);
        };
        for rail in self.rails().evm.iter().filter(|rail| rail.pay_to == authorization.to) {
            let requirements = rail.requirements(authorization.value);
            let key = paid_with(rail, &authorization).key;
            if answers(payment, &requirements) && self.is_verified(key).await? {
                return Ok(Some((rail, requirements)));
            }
        }
        Ok(None)
    }

    /// Verifies an authorization that answers an MPP challenge which was issued here for this
    /// request.
    pub(crate) async fn verify_mpp_evm(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        credential: &Credential,
    ) -> Result<Verdict, Refusal> {
        let challenge = &credential.challenge;
        let charge = EvmCharge::decode(&challenge.request);
        let charge = charge.map_err(|_| Problem::ForeignChallenge)?;
        let malformed = |error: String| Problem::MalformedPayment(error);
        let shown = EvmPayload::read(&credential.payload);
        let EvmPayload { authorization, signature } =
            shown.map_err(|error| malformed(error.to_string()))?;
        charge
            .check_authorization(&authorization, &challenge.id, &challenge.realm)
            .map_err(|error| malformed(error.to_string()))?;
        let id = AssetId { chain: charge.chain, address: charge.currency };
        let rails = self.rails().evm.iter();
        let rail =
            rails.filter(|rail| rail.token.id == id).find(|rail| rail.pay_to == authorization.to);
        let rail = rail.ok_or(Problem::NotOffered)?;
        let payload = ExactEvmPayload { authorization, signature };
        let signed = Signed {
            rail,
            request: as_x402(rail.requirements(charge.amount), &payload),
            authorization,
            shape: Shape::Mpp { challenge_id: challenge.id.clone() },
            secret: Sha256::digest(credential.payload.to_string()).into(),
        };
        let is_late = challenge.is_expired(self.now(), CLOCK_SLACK_S);
        let payment = signed.payment();
        if is_late && !self.is_verified(payment.key).await? {
            return Err(Problem::ExpiredChallenge.into());
        }
        self.verify_signed(route, facts, signed).await
    }

    async fn verify_signed(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        signed: Signed<'_>,
    ) -> Result<Verdict, Refusal> {
        let now = self.now();
        let payment = signed.payment();
        let valid_before = signed.authorization.valid_before;
        if valid_before > U256::from(now.saturating_add(VALIDITY_MAX_S)) {
            return Err(Problem::ValidTooLong.into());
        }
        if !self.is_verified(payment.key).await?
            && let Err(refusal) = self.ask_facilitator(&signed).await
            // Another request may have used the same payment while this one asked.
            && !self.is_verified(payment.key).await?
        {
            return Err(refusal);
        }
        let valid_before = u64::try_from(valid_before).unwrap_or(u64::MAX);
        let kept_for = match route.kind {
            TokenKind::OneShot => REPEAT_WINDOW_S,
            TokenKind::TimeBounded => route.token_lifetime_s,
        };
        let expires_at = match route.kind {
            TokenKind::OneShot => valid_before.max(now.saturating_add(kept_for)),
            TokenKind::TimeBounded => now.saturating_add(kept_for),
        };
        let usage = self.use_of(route, facts, route.kind, payment, expires_at);
        let usage = usage.tied_to(signed.secret);
        Ok(Verdict { usage, collection: Arc::new(signed.into_transfer()) })
    }

    async fn is_verified(&self, key: crate::payment::PaymentKey) -> Result<bool, Refusal> {
        self.redemptions().is_verified(key).await.map_err(store_failed)
    }

    async fn ask_facilitator(&self, signed: &Signed<'_>) -> Result<(), Refusal> {
        match signed.rail.facilitator.verify(&signed.request).await {
            Ok(answer) if answer.is_valid => Ok(()),
            Ok(answer) => Err(Problem::PaymentRefused {
                reason: answer.invalid_reason.unwrap_or_default(),
                message: answer.invalid_message.unwrap_or_default(),
            }
            .into()),
            Err(error) => {
                tracing::warn!(%error, "a signed transfer could not be verified");
                Err(Refusal::Unavailable(Unavailable::Facilitator))
            }
        }
    }
}

/// Whether a payment names what was offered. That of version 1 names neither token nor payee: its
/// signature does.
fn answers(payment: &x402::Payment, requirements: &PaymentRequirements) -> bool {
    match payment {
        x402::Payment::V1(payment) => requirements
            .to_v1("", "", "")
            .is_some_and(|v1| v1.scheme == payment.scheme && v1.network == payment.network),
        x402::Payment::V2(payment) => accepted_matches(&payment.accepted, requirements),
    }
}

/// The payment that an authorization is.
fn paid_with(rail: &EvmRail, authorization: &TransferAuthorization) -> Payment {
    let TransferAuthorization { from, nonce, value, .. } = authorization;
    let network = format!("eip155:{}", rail.chain().get());
    let asset = rail.token.id.address.to_checksum(None);
    let (from, nonce) = (from.to_checksum(None), nonce.to_string());
    let unique = [network.as_str(), asset.as_str(), from.as_str(), nonce.as_str()];
    Payment::of_asset(Rail::Evm, &unique, format!("{network}/{asset}"), value.to_string())
}

/// An authorization of MPP in the form that facilitators take.
fn as_x402(requirements: PaymentRequirements, payload: &ExactEvmPayload) -> FacilitatorRequest {
    let payment = x402::Payment::V2(Box::new(PaymentPayload {
        x402_version: x402::VersionTag,
        resource: None,
        accepted: requirements.clone(),
        payload: payload.to_object(),
        extensions: None,
        other: Map::new(),
    }));
    FacilitatorRequest { payment, requirements }
}

/// What of a payment is not written on the chain: the text that its challenge had for itself and
/// the client sends back, else the client's address.
fn secret_of(facts: &Facts, payment: &x402::Payment) -> [u8; 32] {
    let nonce = match payment {
        x402::Payment::V1(_) => None,
        x402::Payment::V2(payment) => payment.accepted.extra_text(EXTRA_NONCE),
    };
    let mut hasher = Sha256::new();
    match nonce.filter(|nonce| nonce.len() >= NONCE_LEN_MIN) {
        Some(nonce) => hasher.update(format!("challenge {nonce}")),
        None => hasher.update(format!("client {}", facts.client)),
    }
    hasher.update(serde_json::to_vec(payment.payload()).unwrap_or_default());
    hasher.finalize().into()
}
