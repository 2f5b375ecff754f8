//! From an offer to an intent that is on the disk.

use crate::observer::Step;
use crate::offer::{LightningOffer, Offer};
use crate::request::Outgoing;
use crate::run::Run;
use crate::spend::{Charge, Spend};
use crate::store::{Claim, Intent, now_s};
use crate::{BuyError, Limits, demo, policy};
use farebox_money::Msat;
use farebox_wire::bolt11::Invoice;
use http::header::AUTHORIZATION;

/// An offer and the request that it was made for.
pub(crate) struct Offered {
    pub(crate) offer: Offer,
    pub(crate) sent: Outgoing,
}

impl Run<'_> {
    /// Decides on the decoded invoice alone, and writes the intent down.
    pub(crate) async fn claim(
        &self,
        offer: &LightningOffer,
        sent: &Outgoing,
    ) -> Result<Claim, BuyError> {
        let amount = self.check_offer(offer, sent)?;
        let Some(wallet) = &self.buyer.wallet else {
            let demo = demo::is_at_hand(&self.buyer.client, &sent.url).await;
            return Err(BuyError::NoWallet { place: sent.origin(), amount, demo });
        };
        let spend = self.spend_of(offer, sent, amount);
        let fee_max = spend.fee_max;
        let info = wallet.payer.info().await.map_err(BuyError::Wallet)?;
        let limits = Limits { fee_max, ..*self.limits };
        let worst_fee = wallet.payer.worst_fee(amount);
        policy::check_wallet(&offer.invoice, amount, &info, worst_fee, &limits)?;
        let authority = self.authority_to_pay(spend).await?;
        let intent = Intent {
            fingerprint: self.request.fingerprint(),
            method: sent.method.clone(),
            url: sent.url.clone(),
            payment_hash: offer.invoice.payment_hash,
            invoice: offer.invoice_text.clone(),
            amount,
            fee_max,
            scheme: offer.scheme,
            token: offer.token.clone(),
            wallet: wallet.name.clone(),
        };
        Ok(self.buyer.store.claim(intent, authority).await?)
    }

    /// The amount of an offer that is within the limits; tells of all that is odd about it.
    fn check_offer(&self, offer: &LightningOffer, sent: &Outgoing) -> Result<Msat, BuyError> {
        let invoice = &offer.invoice;
        self.observer
            .step(&Step::Challenged { amount: invoice.amount, payment_hash: invoice.payment_hash });
        for contradiction in &offer.contradictions {
            self.observer.step(&Step::Warning(contradiction));
        }
        if sent.headers.contains_key(AUTHORIZATION) && offer.takes_authorization() {
            let text = "the proof of payment takes the place of the Authorization header";
            self.observer.step(&Step::Warning(text));
        }
        Ok(offer.check(self.limits, now_s())?)
    }

    /// What paying an offer would be, with a fee that limits and policy both allow.
    pub(crate) fn spend_of(&self, offer: &LightningOffer, sent: &Outgoing, amount: Msat) -> Spend {
        let Invoice { payment_hash, payee, .. } = &offer.invoice;
        let charge = Charge::Lightning(amount);
        let mut spend = Spend::new(offer.scheme.rail(), sent, charge, payment_hash.to_string());
        spend.payee = Some(payee.clone());
        spend.fee_max = self.buyer.policy.fee_ceiling(&spend, now_s()).min(self.limits.fee_max);
        spend
    }
}
