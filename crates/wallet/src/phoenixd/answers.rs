//! What phoenixd answers, as far as it is read. Times are milliseconds since 1970.

use crate::history::invoiced;
use crate::invoice::proof;
use crate::{Direction, PaymentRecord, PaymentStatus, RecordState, WalletError};
use farebox_money::{Msat, Sats};
use farebox_wire::lightning::PaymentHash;
use serde::Deserialize;

/// `POST /payinvoice`: either a preimage or a reason.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Paid {
    pub(super) payment_preimage: Option<String>,
    /// Rounded down.
    pub(super) routing_fee_sat: Option<Sats>,
    /// From nodes that say it exactly.
    pub(super) routing_fee_msat: Option<Msat>,
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
    /// Paid to a hold invoice whose preimage the node does not give away yet.
    #[serde(default)]
    pub(super) is_held: bool,
    /// What was credited, after `fees`, rounded down.
    pub(super) received_sat: Sats,
    /// What phoenixd kept for opening a channel.
    #[serde(default)]
    pub(super) fees: Msat,
    pub(super) completed_at: Option<u64>,
    description: Option<String>,
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

/// A row of `GET /payments/outgoing`; those on the chain have no payment hash.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent {
    payment_hash: Option<PaymentHash>,
    is_paid: bool,
    /// With the fees.
    #[serde(default)]
    sent: Sats,
    #[serde(default)]
    fees: Msat,
    invoice: Option<String>,
    completed_at: Option<u64>,
    created_at: u64,
}

/// `GET /getbalance`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Balance {
    pub(super) balance_sat: Sats,
}

/// `GET /getinfo`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeInfo {
    #[serde(default)]
    pub(super) chain: String,
    pub(super) node_id: Option<String>,
    /// What it speaks beyond phoenixd's API.
    #[serde(default)]
    pub(super) extensions: Vec<String>,
}

impl Incoming {
    /// What the payer sent: what was credited and what phoenixd kept of it. Both are rounded
    /// down on the way here; payments are in whole satoshis.
    pub(super) fn sent(&self) -> Option<Msat> {
        let sum = self.received_sat.to_msat()?.checked_add(self.fees)?;
        sum.to_sats_ceil().to_msat()
    }

    /// The payment as the history shows it; `None` until it is made.
    pub(super) fn record(self) -> Option<PaymentRecord> {
        let amount = self.sent().filter(|_| self.is_paid)?;
        Some(PaymentRecord {
            direction: Direction::Received,
            payment_hash: self.payment_hash,
            amount,
            fee: self.fees,
            state: RecordState::Paid,
            at: self.completed_at.unwrap_or_default() / 1_000,
            description: self.description.unwrap_or_default(),
        })
    }
}

impl Sent {
    /// The payment as the history shows it; `None` for one on the chain.
    pub(super) fn record(self) -> Option<PaymentRecord> {
        let state = match (self.is_paid, self.completed_at) {
            (true, _) => RecordState::Paid,
            (false, None) => RecordState::Pending,
            (false, Some(_)) => RecordState::Failed,
        };
        let fee = if state == RecordState::Paid { self.fees } else { Msat::ZERO };
        let (asked, description) = invoiced(self.invoice.as_deref());
        let sent = self.sent.to_msat()?;
        Some(PaymentRecord {
            direction: Direction::Sent,
            payment_hash: self.payment_hash?,
            amount: asked.unwrap_or_else(|| sent.checked_sub(fee).unwrap_or_default()),
            fee,
            state,
            at: self.completed_at.unwrap_or(self.created_at) / 1_000,
            description,
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_wire::lightning::Preimage;

    const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    /// In the shape of phoenixd's documentation.
    fn incoming(received_sat: u64, fees_msat: u64) -> Incoming {
        let text = format!(
            r#"{{"type":"incoming_payment","subType":"lightning","paymentHash":"{ZEROS}",
            "preimage":"{ZEROS}","description":"a","invoice":"lntb1","isPaid":true,
            "isExpired":false,"requestedSat":100,"receivedSat":{received_sat},
            "fees":{fees_msat},"expiresAt":1750942676001,"completedAt":1750942477605,
            "createdAt":1750942426001}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_phoenixd_keeps_of_a_payment_was_paid_all_the_same() {
        let sat = |sats| Sats::new(sats).to_msat();
        assert_eq!(incoming(100, 0).sent(), sat(100));
        assert_eq!(incoming(105, 0).sent(), sat(105), "overpaid");
        assert_eq!(incoming(97, 2_500).sent(), sat(100), "97.5 shown as 97");
        assert_eq!(incoming(0, 100_000).sent(), sat(100), "all of it");
        assert_eq!(incoming(u64::MAX, 1).sent(), None);
        assert_eq!(incoming(1, u64::MAX).sent(), None);
    }

    #[test]
    fn a_payment_is_paid_only_with_its_preimage() {
        let preimage: Preimage = ZEROS.parse().unwrap();
        let outgoing = |shown: &str, hash: PaymentHash| -> Outgoing {
            let text = format!(
                r#"{{"type":"outgoing_payment","subType":"lightning",
                "paymentId":"dddfb160-f5dc-4930-b0d9-bc7a2ebf7b21","paymentHash":"{hash}",
                "preimage":"{shown}","isPaid":true,"sent":8,"fees":4016,"invoice":"lntb1",
                "completedAt":1738348627503,"createdAt":1738348626053}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let hash = preimage.hash();
        let fee = Msat::new(4_016);
        let paid = PaymentStatus::Paid { preimage, fee };
        assert_eq!(outgoing(ZEROS, hash).status(hash), Ok(paid));
        let ones = "1".repeat(64);
        assert!(outgoing(&ones, hash).status(hash).is_err(), "another preimage");
        let other = PaymentHash::new([1; 32]);
        assert!(outgoing(ZEROS, other).status(hash).is_err(), "another hash");
    }
}
