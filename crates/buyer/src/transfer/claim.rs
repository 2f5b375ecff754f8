//! From an offer to a payment that is signed and on the disk.

use crate::BuyError;
use crate::evm_wallet::EvmWallet;
use crate::lock::Held;
use crate::observer::Step;
use crate::offer::{TransferOffer, Way};
use crate::policy::Refusal;
use crate::request::Outgoing;
use crate::run::Run;
use crate::spend::{Charge, Spend, host_of};
use crate::store::{TransferClaim, TransferIntent, now_s};
use crate::transfer::sign::{self, SignedOffer};
use crate::transfer::tempo::with_fee;
use farebox_money::MicroUsd;
use farebox_wire::evm::B256;
use farebox_wire::mpp::Challenge;
use farebox_wire::mpp::methods::evm_authorization::NonceForm;

/// A challenge that ends sooner is not answered any more.
const EXPIRY_MARGIN_S: u64 = 5;

impl Run<'_> {
    /// Whether an offer may be paid, the money rules of the policy aside; what it costs.
    pub(crate) async fn check_transfer(&self, offer: &TransferOffer) -> Result<Charge, Refusal> {
        let token = offer.terms.token;
        let charge = offer.charge().ok_or(Refusal::TooLarge)?;
        let Charge::Token { worth, .. } = &charge else { return Err(Refusal::TooLarge) };
        if offer.terms.known.is_none() {
            return Err(Refusal::UnknownToken { token });
        }
        let worth = worth.ok_or(Refusal::TooLarge)?;
        let is_over = |expires_at| expires_at <= now_s().saturating_add(EXPIRY_MARGIN_S);
        if offer.terms.expires_at.is_some_and(is_over) {
            return Err(Refusal::ChallengeExpired);
        }
        let is_transaction = matches!(offer.way, Way::MppTempo(_));
        if !is_transaction && offer.terms.domain.is_none() {
            return Err(Refusal::NoSignedTransfers { token });
        }
        if let Some(evm) = &self.buyer.evm {
            if !evm.allows(token.chain) {
                return Err(Refusal::OtherChain { chain: token.chain });
            }
            if is_transaction && evm.node(token.chain).is_none() {
                return Err(Refusal::NoNode { chain: token.chain });
            }
        }
        self.check_dollars(worth).await?;
        Ok(charge)
    }

    async fn check_dollars(&self, price: MicroUsd) -> Result<(), Refusal> {
        if let Some(limit) = self.limits.cost_max_usd {
            let is_over = price > limit;
            return if is_over { Err(Refusal::TooManyDollars { price, limit }) } else { Ok(()) };
        }
        let rate = self.buyer.rate().await.ok().flatten().ok_or(Refusal::NoRate)?;
        let amount = rate.to_msat_ceil(price).ok_or(Refusal::TooLarge)?;
        let limit = self.limits.cost_max;
        if amount > limit {
            return Err(Refusal::TooExpensive { amount, limit });
        }
        Ok(())
    }

    /// What paying an offer would be. `payment` names it, where it is signed already.
    pub(crate) fn transfer_spend(
        &self,
        offer: &TransferOffer,
        sent: &Outgoing,
        charge: Charge,
        key: String,
    ) -> Spend {
        let mut spend = Spend::new(offer.way.rail(), sent, charge, key);
        spend.payee = Some(offer.terms.pay_to.to_string());
        spend
    }

    /// Signs an offer and writes it down, before anybody sees it. What is returned beside the
    /// outcome is to be held until a transaction is on its way.
    pub(crate) async fn claim_transfer(
        &self,
        offer: &TransferOffer,
        sent: &Outgoing,
    ) -> Result<(TransferClaim, Option<Held>), BuyError> {
        let charge = self.check_transfer(offer).await?;
        let payee = offer.terms.pay_to.to_string();
        self.observer.step(&Step::TransferAsked { charge: &charge, payee: &payee });
        let Some(evm) = &self.buyer.evm else {
            return Err(BuyError::NoKey { place: sent.origin(), charge });
        };
        if let Way::MppTempo(challenge) = &offer.way {
            return self.claim_transaction(offer, challenge, sent, evm, charge).await;
        }
        // The policy's hook is asked before anything is signed.
        let nonce = random_word()?;
        let spend = self.transfer_spend(offer, sent, charge, hex::encode(nonce));
        let mut authority = self.authority_to_pay(spend).await?;
        let made = sign::sign(offer, &evm.key, nonce, nonce_form(evm, sent), now_s());
        let made = made.map_err(|error| BuyError::BadOffer(error.to_string()))?;
        authority.spend.payment_key = hex::encode(made.key);
        let intent = self.transfer_intent(offer, sent, evm, made);
        Ok((self.buyer.store.claim_transfer(intent, authority).await?, None))
    }

    /// A transaction takes the account's next count, so that one is made at a time.
    async fn claim_transaction(
        &self,
        offer: &TransferOffer,
        challenge: &Challenge,
        sent: &Outgoing,
        evm: &EvmWallet,
        charge: Charge,
    ) -> Result<(TransferClaim, Option<Held>), BuyError> {
        let name = format!("account-{}-{}", offer.terms.token.chain, evm.address());
        let waiting = || self.observer.step(&Step::LockWaiting);
        let turn = self.buyer.locks.acquire(&name, waiting).await.map_err(BuyError::Lock)?;
        let (made, fee) = self.sign_transaction(evm, offer, challenge).await?;
        let charge = with_fee(charge, fee).ok_or(Refusal::TooLarge)?;
        let spend = self.transfer_spend(offer, sent, charge, hex::encode(made.key));
        let authority = self.authority_to_pay(spend).await?;
        let intent = self.transfer_intent(offer, sent, evm, made);
        Ok((self.buyer.store.claim_transfer(intent, authority).await?, Some(turn)))
    }

    fn transfer_intent(
        &self,
        offer: &TransferOffer,
        sent: &Outgoing,
        evm: &EvmWallet,
        made: SignedOffer,
    ) -> TransferIntent {
        let challenge_id = match &offer.way {
            Way::MppEvm(challenge) | Way::MppTempo(challenge) => Some(challenge.id.clone()),
            Way::X402V1(_) | Way::X402V2 { .. } => None,
        };
        TransferIntent {
            fingerprint: self.request.fingerprint(),
            method: sent.method.clone(),
            url: sent.url.clone(),
            key: made.key,
            way: offer.way.name(),
            header: made.header,
            token: offer.terms.token,
            payer: evm.address(),
            challenge_id,
            signed: made.signed,
        }
    }
}

/// The form of MPP's nonce that a host reads.
fn nonce_form(evm: &EvmWallet, sent: &Outgoing) -> NonceForm {
    if evm.legacy_nonce_hosts.contains(&host_of(&sent.url)) {
        NonceForm::Concatenation
    } else {
        NonceForm::JsonArray
    }
}

fn random_word() -> Result<B256, BuyError> {
    let mut word = [0; 32];
    getrandom::fill(&mut word).map_err(BuyError::Random)?;
    Ok(word.into())
}
