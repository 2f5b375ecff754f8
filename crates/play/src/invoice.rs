//! Real, signed BOLT 11 invoices in the regtest currency.

use crate::{PlayError, random};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey, SignOnly};
use farebox_money::Msat;
use farebox_wire::lightning::Preimage;
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use std::time::Duration;

/// As phoenixd has it.
pub(crate) const DESCRIPTION_LEN_MAX: usize = 128;
/// The most that an invoice can say (BOLT 11 has no limit, its payers do): a year.
pub(crate) const EXPIRY_S_MAX: u32 = 365 * 24 * 3_600;
/// Blocks that a payee wants between the payment and the end of its time-lock.
const FINAL_CLTV_BLOCKS: u64 = 144;

/// What an invoice is to say.
pub(crate) struct Draft {
    /// `None` lets the payer choose.
    pub(crate) amount: Option<Msat>,
    pub(crate) description: String,
    pub(crate) expiry_s: u32,
    pub(crate) external_id: Option<String>,
}

impl Draft {
    /// Says why no invoice can be made of it.
    pub(crate) fn check(&self) -> Result<(), PlayError> {
        let refuse = |reason: String| Err(PlayError::Refused(reason));
        if self.description.chars().count() > DESCRIPTION_LEN_MAX {
            return refuse(format!(
                "the description is longer than {DESCRIPTION_LEN_MAX} characters"
            ));
        }
        if self.expiry_s > EXPIRY_S_MAX {
            return refuse(format!("the expiry is longer than {EXPIRY_S_MAX} seconds, a year"));
        }
        match self.amount {
            Some(amount) if amount.is_zero() || amount > Msat::MAX => {
                refuse("the amount is not between nothing and all bitcoin".into())
            }
            _ => Ok(()),
        }
    }
}

/// Builds and signs an invoice that `preimage` settles.
pub(crate) fn sign(
    secp: &Secp256k1<SignOnly>,
    node_key: &SecretKey,
    draft: &Draft,
    preimage: &Preimage,
    created_at_s: u64,
) -> Result<String, PlayError> {
    let builder = InvoiceBuilder::new(Currency::Regtest)
        .description(draft.description.clone())
        .payment_hash(sha256::Hash::from_byte_array(*preimage.hash().as_bytes()))
        .payment_secret(PaymentSecret(random::bytes()?))
        .duration_since_epoch(Duration::from_secs(created_at_s))
        .min_final_cltv_expiry_delta(FINAL_CLTV_BLOCKS)
        .expiry_time(Duration::from_secs(draft.expiry_s.into()))
        .basic_mpp();
    let builder = match draft.amount {
        Some(amount) => builder.amount_milli_satoshis(amount.get()),
        None => builder,
    };
    builder
        .build_signed(|message| secp.sign_ecdsa_recoverable(message, node_key))
        .map(|invoice| invoice.to_string())
        .map_err(|error| PlayError::Refused(format!("no invoice can be made: {error}")))
}
