//! Which of a seller's offers is paid.

use crate::BuyError;
use crate::offer::{LightningOffer, Offer, Offers, TransferOffer, Wish};
use crate::outcome::Mode;
use crate::policy::{self, Limits};
use crate::request::Outgoing;
use crate::rules::{Decision, TEMPO, TEMPO_TEST};
use crate::run::Run;
use crate::spend::Spend;
use crate::store::now_s;
use farebox_wire::mpp::ACCEPT_PAYMENT;
use farebox_wire::mpp::accept::{AcceptPayment, PaymentRange};
use farebox_wire::mpp::methods::{CHARGE, evm, lightning, tempo};
use http::{HeaderName, HeaderValue};

impl Run<'_> {
    /// The request, with what this buyer can pay with where it may come to that.
    pub(crate) fn outgoing(&self, mode: Mode) -> Outgoing {
        let mut outgoing = self.request.to_outgoing();
        let name = HeaderName::try_from(ACCEPT_PAYMENT);
        if let (false, Ok(name), Some(value)) = (mode == Mode::NoPay, name, self.accepts())
            && !outgoing.headers.contains_key(&name)
        {
            outgoing.headers.insert(name, value);
        }
        outgoing
    }

    fn accepts(&self) -> Option<HeaderValue> {
        let mut methods = Vec::new();
        if self.buyer.wallet.is_some() {
            methods.push(lightning::METHOD);
        }
        if let Some(wallet) = &self.buyer.evm {
            methods.push(evm::METHOD);
            if [TEMPO, TEMPO_TEST].iter().any(|chain| wallet.node(*chain).is_some()) {
                methods.push(tempo::METHOD);
            }
        }
        let ranges: Vec<_> =
            methods.into_iter().map(|method| PaymentRange::new(method, CHARGE)).collect();
        let is_any = !ranges.is_empty();
        is_any.then(|| HeaderValue::try_from(AcceptPayment::new(ranges).to_string()).ok())?
    }

    /// The offers in the order in which they are to be tried.
    pub(crate) async fn in_order(&self, offers: Offers) -> Result<Vec<Offer>, BuyError> {
        let lightning = match &self.buyer.wallet {
            Some(wallet) if offers.differ_in_network() => {
                Some(wallet.payer.info().await.map_err(BuyError::Wallet)?.network)
            }
            _ => None,
        };
        let wish = Wish {
            only: self.limits.only,
            first: self.limits.prefer,
            lightning,
            has_lightning: self.buyer.wallet.is_some(),
            chains: self.buyer.evm.as_ref().map(|evm| evm.chains.clone()),
            rate: if offers.0.len() > 1 { self.buyer.rate().await.ok().flatten() } else { None },
        };
        Ok(offers.in_order(&wish, now_s()))
    }

    /// The first that may be paid, by limits, wallets and policy. Where none may, the first of
    /// all: trying it says what is wrong.
    pub(crate) async fn choose(&self, offers: Offers, sent: &Outgoing) -> Result<Offer, BuyError> {
        let mut offers = self.in_order(offers).await?;
        let mut chosen = 0;
        if offers.len() > 1 {
            for (index, offer) in offers.iter().enumerate() {
                if self.may_pay(offer, sent).await? {
                    chosen = index;
                    break;
                }
            }
        }
        if offers.is_empty() {
            let place = sent.origin();
            return Err(match self.limits.only {
                Some(rail) => BuyError::NotOffered { place, rail },
                None => BuyError::NoUsableChallenge { place, offered: Vec::new() },
            });
        }
        Ok(offers.swap_remove(chosen))
    }

    /// Whether an offer would be paid, as far as it can be told without a human or the hook.
    async fn may_pay(&self, offer: &Offer, sent: &Outgoing) -> Result<bool, BuyError> {
        let spend = match offer {
            Offer::Lightning(offer) => self.may_pay_invoice(offer, sent).await,
            Offer::Transfer(offer) => self.may_pay_transfer(offer, sent).await,
        };
        let Some(spend) = spend else { return Ok(false) };
        let authority = self.authority(spend).await?;
        let decision = self.buyer.store.preview(authority).await?;
        Ok(!matches!(decision, Decision::Deny(_)))
    }

    async fn may_pay_invoice(&self, offer: &LightningOffer, sent: &Outgoing) -> Option<Spend> {
        let wallet = self.buyer.wallet.as_ref()?;
        let amount = offer.check(self.limits, now_s()).ok()?;
        let spend = self.spend_of(offer, sent, amount);
        let limits = Limits { fee_max: spend.fee_max, ..*self.limits };
        let info = wallet.payer.info().await.ok()?;
        let worst_fee = wallet.payer.worst_fee(amount);
        policy::check_wallet(&offer.invoice, amount, &info, worst_fee, &limits).ok()?;
        Some(spend)
    }

    async fn may_pay_transfer(&self, offer: &TransferOffer, sent: &Outgoing) -> Option<Spend> {
        self.buyer.evm.as_ref()?;
        let charge = self.check_transfer(offer).await.ok()?;
        Some(self.transfer_spend(offer, sent, charge, String::new()))
    }
}
