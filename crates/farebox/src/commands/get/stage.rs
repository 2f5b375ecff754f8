//! How far a get is with the money.

use crate::commands::problem::{Paid, Problem};
use farebox_buyer::{PaymentId, PurchaseState, Step, TransferState};
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use std::fmt;

/// What is true of the money after the last step: what whoever interrupts a get must know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing was paid.
    #[default]
    Unpaid,
    /// The wallet was asked to pay, and only it knows.
    Paying { amount: Msat, payment_hash: PaymentHash },
    /// Paid, and the answer is not there yet.
    Paid(Paid),
    /// Paid, and the answer is written.
    Delivered(Paid),
    /// A payment in tokens is signed; whoever has seen it may take the money.
    Signed { payment: PaymentId },
    /// The tokens have moved, and the answer is not there yet.
    Settled { payment: PaymentId },
    /// Paid in tokens, and the answer is written.
    TransferDelivered { payment: PaymentId },
}

impl Stage {
    /// The stage once `step` was taken.
    pub(super) const fn after(self, step: &Step<'_>) -> Self {
        match *step {
            Step::Resuming { state: PurchaseState::Intended, amount, payment_hash, .. }
            | Step::Paying { amount, payment_hash, .. } => Self::Paying { amount, payment_hash },
            Step::Resuming { amount, fee, payment_hash, .. }
            | Step::PaidRecorded { amount, fee, payment_hash, .. } => {
                Self::Paid(Paid { amount, fee, payment_hash })
            }
            Step::TransferResuming { state: TransferState::Signed, payment, .. }
            | Step::TransferSigned { payment, .. }
            | Step::TransferSending { payment, .. } => Self::Signed { payment },
            Step::TransferResuming { payment, .. } | Step::TransferSettled { payment, .. } => {
                Self::Settled { payment }
            }
            Step::Ended { .. } | Step::TransferEnded { .. } | Step::TransferDead { .. } => {
                Self::Unpaid
            }
            Step::Delivered => match self {
                Self::Paid(paid) => Self::Delivered(paid),
                Self::Signed { payment } | Self::Settled { payment } => {
                    Self::TransferDelivered { payment }
                }
                stage => stage,
            },
            _ => self,
        }
    }

    /// What to say of a get that was interrupted here.
    pub(super) fn interrupted(self, exit_code: u8) -> Problem {
        let (message, paid) = match self {
            Self::Unpaid => ("interrupted; nothing was paid".to_owned(), None),
            Self::Paying { amount, payment_hash } => {
                let text = format!(
                    "interrupted while paying {amount} (payment hash {payment_hash}); run the \
                     same command again to finish it"
                );
                (text, None)
            }
            Self::Paid(paid) => {
                let text = format!(
                    "interrupted after paying {paid}; run the same command again to get the answer"
                );
                (text, Some(paid))
            }
            Self::Signed { payment } => {
                let text = format!(
                    "interrupted after signing a payment ({payment}); run the same command again: \
                     it shows the same payment and signs no other"
                );
                (text, None)
            }
            Self::Settled { payment } => {
                let text = format!(
                    "interrupted after paying ({payment}); run the same command again to get the \
                     answer"
                );
                (text, None)
            }
            Self::TransferDelivered { payment } => {
                (format!("interrupted at the very end, after paying ({payment})"), None)
            }
            Self::Delivered(paid) => {
                (format!("interrupted at the very end, after paying {paid}"), Some(paid))
            }
        };
        Problem::interrupted(message, paid, exit_code)
    }
}

impl fmt::Display for Paid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (payment hash {})", self.amount, self.payment_hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: PaymentHash = PaymentHash::new([7; 32]);
    const AMOUNT: Msat = Msat::new(5_000);

    fn after(steps: &[Step<'_>]) -> Stage {
        steps.iter().fold(Stage::default(), |stage, step| stage.after(step))
    }

    #[test]
    fn what_is_said_of_the_money_is_what_is_known() {
        let paid = Paid { amount: AMOUNT, fee: Msat::new(1_000), payment_hash: HASH };
        let paying = Stage::Paying { amount: AMOUNT, payment_hash: HASH };
        let pay = Step::Paying { amount: AMOUNT, seller: "", payment_hash: HASH };
        let recorded =
            Step::PaidRecorded { amount: AMOUNT, fee: paid.fee, seller: "", payment_hash: HASH };
        let resuming =
            |state| Step::Resuming { state, amount: AMOUNT, fee: paid.fee, payment_hash: HASH };
        let unrecorded = Step::PaidUnrecorded { payment_hash: HASH };
        let ended = Step::Ended { payment_hash: HASH };
        let intent = Step::IntentPersisted { payment_hash: HASH };
        for (steps, expected) in [
            (vec![], Stage::Unpaid),
            (vec![intent.clone()], Stage::Unpaid),
            (vec![intent, pay.clone(), unrecorded.clone()], paying),
            (vec![pay.clone(), unrecorded, recorded.clone()], Stage::Paid(paid)),
            (vec![recorded, Step::Written { bytes: 1 }, Step::Delivered], Stage::Delivered(paid)),
            (vec![resuming(PurchaseState::Intended)], paying),
            (vec![resuming(PurchaseState::Paid)], Stage::Paid(paid)),
            (vec![resuming(PurchaseState::Paid), ended.clone()], Stage::Unpaid),
            (vec![resuming(PurchaseState::Intended), pay, ended], Stage::Unpaid),
        ] {
            assert_eq!(after(&steps), expected, "{steps:?}");
        }
    }
}
