//! What phoenixd answers, as far as it is read. Times are milliseconds since 1970.

use crate::{PaymentStatus, WalletError};
use farebox_money::{Msat, Sats};
use farebox_wire::lightning::{PaymentHash, Preimage};
use serde::Deserialize;

/// `POST /payinvoice`: either a preimage or a reason.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Paid {
    pub(super) payment_preimage: Option<String>,
    /// Rounded down.
    pub(super) routing_fee_sat: Option<Sats>,
    pub(super) reason: Option<String>,
}

/// `POST /createinvoice`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Created {
    pub(super) serialized: String,
}

/// `GET /payments/incoming…`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Incoming {
    pub(super) payment_hash: PaymentHash,
    pub(super) is_paid: bool,
    #[serde(default)]
    pub(super) is_expired: bool,
    /// What was credited, after `fees`, rounded down.
    pub(super) received_sat: Sats,
    /// What phoenixd kept for opening a channel.
    #[serde(default)]
    pub(super) fees: Msat,
    pub(super) completed_at: Option<u64>,
}

/// `GET /payments/outgoingbyhash/{paymentHash}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outgoing {
    payment_hash: PaymentHash,
    is_paid: bool,
    preimage: Option<String>,
    #[serde(default)]
    fees: Msat,
    completed_at: Option<u64>,
}

/// `GET /getbalance`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Balance {
    pub(super) balance_sat: Sats,
}

/// `GET /getinfo`
#[derive(Deserialize)]
pub(super) struct NodeInfo {
    pub(super) chain: String,
}

impl Incoming {
    /// What the payer sent: what was credited and what phoenixd kept of it. Both are rounded
    /// down on the way here; payments are in whole satoshis.
    pub(super) fn sent(&self) -> Option<Msat> {
        let sum = self.received_sat.to_msat()?.checked_add(self.fees)?;
        sum.to_sats_ceil().to_msat()
    }
}

impl Outgoing {
    /// What became of the payment of `hash`; only the preimage proves that it was made.
    pub(super) fn status(self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        if self.payment_hash != hash {
            let text = "the answer is about another payment";
            return Err(WalletError::Unreadable(text.into()));
        }
        if self.is_paid {
            let preimage = proof(self.preimage.as_deref(), hash)?;
            let fee = self.fees;
            return Ok(PaymentStatus::Paid { preimage, fee });
        }
        if self.completed_at.is_none() {
            return Ok(PaymentStatus::Pending);
        }
        let reason = "phoenixd has it as failed".into();
        Ok(PaymentStatus::Failed { reason })
    }
}

/// The preimage in an answer, when it proves the payment of `hash`.
pub(super) fn proof(text: Option<&str>, hash: PaymentHash) -> Result<Preimage, WalletError> {
    text.and_then(|text| text.parse().ok())
        .filter(|preimage: &Preimage| preimage.hash() == hash)
        .ok_or_else(|| {
            let text = "the preimage of a paid invoice does not fit its payment hash";
            WalletError::Unreadable(text.into())
        })
}
