//! What an earlier run has signed and not finished.

use super::chain::{DEATH_MARGIN_S, Fate};
use crate::BuyError;
use crate::observer::Step;
use crate::outcome::Answer;
use crate::run::Run;
use crate::sink::Sink;
use crate::store::{Signed, Transfer, TransferState, now_s};

impl Run<'_> {
    /// Brings an earlier payment to its answer, or ends it and returns `None`. With `again`, its
    /// user gives it up.
    pub(crate) async fn resume_transfer(
        &self,
        mut transfer: Transfer,
        again: bool,
        sink: &mut dyn Sink,
    ) -> Result<Option<Answer>, BuyError> {
        self.observer.step(&Step::TransferResuming {
            state: transfer.state,
            charge: &transfer.charge,
            payment: transfer.payment(),
        });
        if self.is_over(&mut transfer, again).await? {
            return Ok(None);
        }
        if matches!(transfer.signed, Signed::Transaction { .. })
            && transfer.state == TransferState::Signed
        {
            self.resume_transaction(&mut transfer).await?;
            if transfer.state == TransferState::Dead {
                return Ok(None);
            }
        }
        match self.present(&mut transfer, true, sink).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error @ BuyError::TransferRefused { .. }) => {
                self.give_up_expired(&transfer, error).await.map(|()| None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether an earlier payment is over before it is shown again: dead by the chain's word, or
    /// given up by its user.
    async fn is_over(&self, transfer: &mut Transfer, again: bool) -> Result<bool, BuyError> {
        let store = &self.buyer.store;
        if transfer.state == TransferState::Signed && (again || is_expired(transfer)) {
            match self.buyer.fate(transfer).await {
                Fate::Dead(why) => {
                    store.record_dead(transfer, &why).await?;
                    self.observer.step(&Step::TransferDead { payment: transfer.payment() });
                    return Ok(true);
                }
                Fate::Moved => {
                    self.settled(transfer, None, "settled, by the chain's word").await?;
                }
                Fate::Open | Fate::Unknown(_) => {}
            }
        }
        if again {
            let note = "given up on its user's word; it may have been paid";
            store.abandon_transfer(transfer, note).await?;
        }
        Ok(again)
    }

    /// Without a node, a payment that its seller refuses past its end is given up, and counts as
    /// spent. One that may have been used is not: that is for its user to say.
    async fn give_up_expired(
        &self,
        transfer: &Transfer,
        refusal: BuyError,
    ) -> Result<(), BuyError> {
        if transfer.state != TransferState::Signed || !is_expired(transfer) {
            return Err(refusal);
        }
        if self.buyer.has_node(transfer) {
            let Fate::Unknown(reason) = self.buyer.fate(transfer).await else {
                return Err(refusal);
            };
            return Err(BuyError::TransferUnknown { facts: transfer.facts(), reason });
        }
        let note = "expired and refused by its seller; counted as spent, since no node was asked";
        self.buyer.store.abandon_transfer(transfer, note).await?;
        self.observer.step(&Step::Warning(
            "an earlier payment for this request has expired and the seller refuses it; without a \
             node of its chain it counts as spent, and another one is signed",
        ));
        Ok(())
    }
}

/// Whether an authorization is past its end by so much that no contract takes it any more.
pub(super) fn is_expired(transfer: &Transfer) -> bool {
    match transfer.signed {
        Signed::Authorization { valid_before } => {
            now_s() >= valid_before.saturating_add(DEATH_MARGIN_S)
        }
        Signed::Transaction { .. } => false,
    }
}
