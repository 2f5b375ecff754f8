//! Making invoices.

use super::{Lightning, LightningError};
use crate::store::{NewInvoice, now_ms};
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::lightning_invoice::{
    Bolt11Invoice, Bolt11InvoiceDescription, Description, Sha256 as DescriptionHash,
};
use ldk_node::lightning_types::payment::PaymentHash;

/// What an invoice is to say.
#[derive(Debug)]
pub(crate) struct InvoiceRequest {
    /// `None` when the payer chooses.
    pub(crate) amount_msat: Option<u64>,
    pub(crate) description: InvoiceText,
    pub(crate) expiry_s: u32,
    pub(crate) external_id: Option<String>,
    /// Of a hold invoice: the hash whose preimage somebody else knows.
    pub(crate) hold: Option<PaymentHash>,
}

/// What an invoice is for.
#[derive(Debug)]
pub(crate) enum InvoiceText {
    Plain(String),
    Hash(DescriptionHash),
}

impl Lightning {
    /// Makes an invoice and records it.
    ///
    /// # Errors
    ///
    /// The description is too long, or the hash of a hold invoice was used before.
    pub(crate) fn create_invoice(
        &self,
        request: InvoiceRequest,
    ) -> Result<Bolt11Invoice, LightningError> {
        let (description, plain) = match request.description {
            InvoiceText::Plain(text) => {
                let description = Description::new(text.clone()).map_err(|_| {
                    LightningError::Refused("Request parameter description is too long".into())
                })?;
                (Bolt11InvoiceDescription::Direct(description), Some(text))
            }
            InvoiceText::Hash(hash) => (Bolt11InvoiceDescription::Hash(hash), None),
        };
        let invoice = match request.hold {
            None => self.ordinary(request.amount_msat, &description, request.expiry_s)?,
            Some(hash) => self.hold(hash, request.amount_msat, &description, request.expiry_s)?,
        };
        self.store.add_invoice(&NewInvoice {
            hash: payment_hash(&invoice),
            invoice: invoice.to_string(),
            description: plain,
            external_id: request.external_id,
            requested_msat: request.amount_msat,
            is_hold: request.hold.is_some(),
            expires_at_ms: now_ms().saturating_add(u64::from(request.expiry_s) * 1_000),
        })?;
        Ok(invoice)
    }

    fn ordinary(
        &self,
        amount_msat: Option<u64>,
        description: &Bolt11InvoiceDescription,
        expiry_s: u32,
    ) -> Result<Bolt11Invoice, LightningError> {
        let invoices = self.node.bolt11_payment();
        Ok(match amount_msat {
            Some(amount) => invoices.receive(amount, description, expiry_s)?,
            None => invoices.receive_variable_amount(description, expiry_s)?,
        })
    }

    /// The library keeps payments by their hash, in and out, and a second one would take the
    /// first one's place.
    fn hold(
        &self,
        hash: PaymentHash,
        amount_msat: Option<u64>,
        description: &Bolt11InvoiceDescription,
        expiry_s: u32,
    ) -> Result<Bolt11Invoice, LightningError> {
        let recorded = self.store.incoming(hash)?.is_some() || self.store.outgoing(hash)?.is_some();
        if recorded || self.node.payment(&PaymentId(hash.0)).is_some() {
            let text = "this paymentHash was used before; every hold invoice needs its own";
            return Err(LightningError::Refused(text.into()));
        }
        let invoices = self.node.bolt11_payment();
        Ok(match amount_msat {
            Some(amount) => invoices.receive_for_hash(amount, description, expiry_s, hash)?,
            None => invoices.receive_variable_amount_for_hash(description, expiry_s, hash)?,
        })
    }
}

/// The payment hash of an invoice, in the library's other type.
pub(crate) fn payment_hash(invoice: &Bolt11Invoice) -> PaymentHash {
    use ldk_node::bitcoin::hashes::Hash as _;
    PaymentHash(invoice.payment_hash().to_byte_array())
}
