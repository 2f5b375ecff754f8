//! Payments in tokens: signed, written down, shown, and shown again until there is an answer.
//!
//! A signature is never made twice for one purchase while the first could still move money.

mod chain;
mod claim;
mod judge;
mod present;
mod resume;
mod settlement;
mod sign;
mod tempo;

pub(crate) use chain::Fate;

use crate::error::TransferFacts;
use crate::outcome::PaymentFacts;
use crate::store::{Signed, Transfer, TransferState};
use crate::{PaymentId, Rail};
use farebox_money::Msat;

impl Transfer {
    /// Names the payment.
    pub(crate) const fn payment(&self) -> PaymentId {
        match self.signed {
            Signed::Authorization { .. } => PaymentId::Authorization(self.key),
            Signed::Transaction { .. } => PaymentId::Transaction(self.key),
        }
    }

    pub(crate) fn rail(&self) -> Rail {
        if self.way.starts_with("x402") { Rail::X402 } else { Rail::Mpp }
    }

    pub(crate) fn scheme(&self) -> &'static str {
        match self.rail() {
            Rail::X402 => "x402",
            _ => farebox_wire::mpp::SCHEME,
        }
    }

    /// The payment for messages.
    pub(crate) fn facts(&self) -> Box<TransferFacts> {
        Box::new(TransferFacts {
            charge: self.charge.clone(),
            payment: self.payment(),
            is_settled: self.state != TransferState::Signed,
            valid_before: match self.signed {
                Signed::Authorization { valid_before } => Some(valid_before),
                Signed::Transaction { .. } => None,
            },
        })
    }

    /// The payment for whoever gets the answer.
    pub(crate) fn payment_facts(&self, resumed: bool) -> PaymentFacts {
        PaymentFacts {
            rail: self.rail(),
            scheme: self.scheme(),
            charge: self.charge.clone(),
            fee: Msat::ZERO,
            payment: self.payment(),
            transaction: self.transaction.clone(),
            resumed,
        }
    }
}
