//! Hold invoices: paid by somebody, kept by nobody until the preimage is shown.

use super::{Lightning, LightningError, Notice};
use crate::store::{HoldChange, Incoming};
use ldk_node::bitcoin::hashes::{Hash as _, sha256};
use ldk_node::lightning_types::payment::{PaymentHash, PaymentPreimage};

/// Why a hold invoice stays as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HoldError {
    /// There is no such hold invoice.
    #[error("there is no hold invoice with this payment hash")]
    Unknown,
    /// The payment has not come, or went back.
    #[error("no payment is held for this invoice")]
    NothingHeld,
    #[error("this hold invoice is settled")]
    Settled,
    #[error("this hold invoice is cancelled")]
    Cancelled,
}

impl Lightning {
    /// A payment of a hold invoice has arrived, or the library shows it again after a start.
    pub(super) fn arrived(
        &self,
        hash: PaymentHash,
        amount_msat: u64,
        deadline: Option<u32>,
    ) -> Result<Option<Notice>, LightningError> {
        self.store.hold(hash, amount_msat, deadline)?;
        let Some(invoice) = self.store.incoming(hash)?.filter(|invoice| invoice.is_hold) else {
            tracing::warn!(%hash, "a payment came for an invoice that is not recorded");
            self.node.bolt11_payment().fail_for_hash(hash)?;
            return Ok(None);
        };
        if invoice.is_cancelled {
            self.node.bolt11_payment().fail_for_hash(hash)?;
            return Ok(None);
        }
        if let Some(preimage) = invoice.preimage {
            self.node.bolt11_payment().claim_for_hash(hash, amount_msat, preimage)?;
        }
        tracing::info!(%hash, amount_msat, ?deadline, "held");
        Ok(Some(Notice::Held(hash)))
    }

    /// Claims what the hold invoice of a preimage holds. The claim is recorded first, and made
    /// again after a crash. [`Notice::Received`] follows. Asked again, it does no harm.
    ///
    /// # Errors
    ///
    /// Nothing is held, or it was cancelled.
    pub(crate) fn settle_hold(
        &self,
        preimage: PaymentPreimage,
    ) -> Result<Result<PaymentHash, HoldError>, LightningError> {
        let hash = PaymentHash(sha256::Hash::hash(&preimage.0).to_byte_array());
        let Some(invoice) = self.hold_invoice(hash)? else { return Ok(Err(HoldError::Unknown)) };
        if invoice.completed_at_ms.is_some() {
            return Ok(Ok(hash));
        }
        if invoice.is_cancelled {
            return Ok(Err(HoldError::Cancelled));
        }
        let Some(amount_msat) = invoice.held_msat.filter(|_| invoice.is_held(self.height())) else {
            return Ok(Err(HoldError::NothingHeld));
        };
        match self.store.intend_to_claim(hash, preimage)? {
            HoldChange::Refused => Ok(Err(HoldError::Cancelled)),
            HoldChange::Done => {
                self.node.bolt11_payment().claim_for_hash(hash, amount_msat, preimage)?;
                Ok(Ok(hash))
            }
        }
    }

    /// Sends back what a hold invoice holds, and lets nobody pay it any more. Asked again, it
    /// does no harm.
    ///
    /// # Errors
    ///
    /// It is settled, or there is none.
    pub(crate) fn cancel_hold(
        &self,
        hash: PaymentHash,
    ) -> Result<Result<(), HoldError>, LightningError> {
        if self.hold_invoice(hash)?.is_none() {
            return Ok(Err(HoldError::Unknown));
        }
        match self.store.cancel(hash)? {
            HoldChange::Refused => Ok(Err(HoldError::Settled)),
            HoldChange::Done => {
                self.node.bolt11_payment().fail_for_hash(hash)?;
                Ok(Ok(()))
            }
        }
    }

    fn hold_invoice(&self, hash: PaymentHash) -> Result<Option<Incoming>, LightningError> {
        Ok(self.store.incoming(hash)?.filter(|invoice| invoice.is_hold))
    }
}
