//! From one offer to its answer.

use crate::BuyError;
use crate::PaymentId;
use crate::approval::Parked;
use crate::claim::Offered;
use crate::observer::Step;
use crate::offer::{Offer, TransferOffer};
use crate::outcome::Answer;
use crate::policy;
use crate::request::Outgoing;
use crate::rules::Denial;
use crate::run::Run;
use crate::sink::Sink;
use crate::spend::host_of;
use crate::store::{Claim, Signed, TransferClaim};

impl Offer {
    /// Whether the seller still takes the payment at `now`, in seconds since 1970.
    pub(crate) fn is_open(&self, now: u64) -> bool {
        match self {
            Self::Lightning(offer) => policy::is_payable(&offer.invoice, now),
            Self::Transfer(offer) => offer.terms.expires_at.is_none_or(|expires| now < expires),
        }
    }
}

/// What came of trying one offer.
pub(crate) enum Tried {
    Answered(Box<Answer>),
    /// The payment belongs to another purchase.
    Taken(PaymentId),
    /// The money rules forbid it.
    Denied(Denial),
    /// A human is asked.
    Waiting(Parked),
}

impl Run<'_> {
    /// Pays one offer and gets the answer, or says what stands in the way. Once anything was
    /// shown to anybody there is no way to another offer.
    pub(crate) async fn attempt(
        &self,
        offered: &Offered,
        sink: &mut dyn Sink,
    ) -> Result<Tried, BuyError> {
        let Offered { offer, sent } = offered;
        match offer {
            Offer::Lightning(offer) => {
                let payment_hash = offer.invoice.payment_hash;
                match self.claim(offer, sent).await? {
                    Claim::Made(purchase) => {
                        self.observer.step(&Step::IntentPersisted { payment_hash });
                        let paid = self.pay_new(*purchase).await?;
                        let answer = self.redeem(&paid, false, sink).await?;
                        Ok(Tried::Answered(Box::new(answer)))
                    }
                    Claim::Taken => Ok(Tried::Taken(PaymentId::Hash(payment_hash))),
                    Claim::Denied(denial) => Ok(Tried::Denied(denial)),
                    Claim::Waiting(parked) => Ok(Tried::Waiting(parked)),
                }
            }
            Offer::Transfer(offer) => self.attempt_transfer(offer, sent, sink).await,
        }
    }

    async fn attempt_transfer(
        &self,
        offer: &TransferOffer,
        sent: &Outgoing,
        sink: &mut dyn Sink,
    ) -> Result<Tried, BuyError> {
        let (claim, turn) = self.claim_transfer(offer, sent).await?;
        let mut transfer = match claim {
            TransferClaim::Made(transfer) => transfer,
            TransferClaim::Taken(payment) => return Ok(Tried::Taken(payment)),
            TransferClaim::Denied(denial) => return Ok(Tried::Denied(denial)),
            TransferClaim::Waiting(parked) => return Ok(Tried::Waiting(parked)),
        };
        self.observer.step(&Step::TransferSigned {
            charge: &transfer.charge,
            seller: &host_of(&transfer.url),
            payment: transfer.payment(),
        });
        if matches!(transfer.signed, Signed::Transaction { .. }) {
            self.broadcast_new(&mut transfer, turn).await?;
        }
        let answer = self.present(&mut transfer, false, sink).await?;
        Ok(Tried::Answered(Box::new(answer)))
    }
}
