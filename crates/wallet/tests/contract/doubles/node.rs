//! What all doubles share: a play wallet, and a memory for what such a wallet forgets.

use crate::script::Script;
use farebox_money::Msat;
use farebox_play::PlayWallet;
use farebox_wallet::{
    CreatedInvoice, FailureKind, NewInvoice, PayLimits, PayOutcome, Payer, PaymentStatus, Receiver,
    SettledCursor,
};
use farebox_wire::bolt11::Invoice;
use farebox_wire::lightning::{PaymentHash, Preimage};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PATIENT: PayLimits = PayLimits { fee_max: Msat::ZERO, wait: Duration::from_secs(24 * 3_600) };

/// What came of a payment.
pub enum Payment {
    Paid(Preimage),
    /// Paid before.
    AlreadyPaid,
    /// Begun before and not ended.
    InTransition,
    Failed(FailureKind, String),
}

/// A node with a play wallet.
#[derive(Clone)]
pub struct Node {
    pub wallet: PlayWallet,
    pub script: Script,
    made: Arc<Mutex<Vec<CreatedInvoice>>>,
    failed: Arc<Mutex<HashMap<PaymentHash, FailureKind>>>,
}

impl Node {
    pub fn new(wallet: PlayWallet, script: Script) -> Self {
        Self { wallet, script, made: Arc::default(), failed: Arc::default() }
    }

    /// Makes an invoice, over another amount where the script says so.
    pub async fn invoice(&self, msat: u64, description: &str, expiry_s: u32) -> CreatedInvoice {
        let lie = if self.script.lies_about_amounts() { 1_000 } else { 0 };
        let amount = Msat::new(msat + lie);
        let invoice = NewInvoice { amount, description: description.into(), expiry_s };
        let created = self.wallet.create(invoice).await.unwrap();
        self.made.lock().unwrap().push(created.clone());
        created
    }

    /// All invoices, oldest first.
    pub fn invoices(&self) -> Vec<CreatedInvoice> {
        self.made.lock().unwrap().clone()
    }

    /// Pays as nodes do: an invoice that was paid or is being paid is not paid again.
    pub async fn pay(&self, bolt11: &str) -> Payment {
        let hash = Invoice::decode(bolt11).unwrap().payment_hash;
        match self.wallet.status(hash).await.unwrap() {
            PaymentStatus::Paid { .. } => return Payment::AlreadyPaid,
            PaymentStatus::Pending => return Payment::InTransition,
            PaymentStatus::Failed { .. } | PaymentStatus::NeverTried => {}
        }
        match self.wallet.pay(bolt11, PATIENT).await.unwrap() {
            PayOutcome::Paid { preimage, .. } => Payment::Paid(self.shown(preimage)),
            PayOutcome::Failed { kind, reason } => {
                self.failed.lock().unwrap().insert(hash, kind);
                Payment::Failed(kind, reason)
            }
            PayOutcome::Pending => Payment::InTransition,
        }
    }

    /// What became of a payment, failures before the network included.
    pub async fn status(&self, hash: PaymentHash) -> PaymentStatus {
        match self.wallet.status(hash).await.unwrap() {
            PaymentStatus::Paid { preimage, fee } => {
                PaymentStatus::Paid { preimage: self.shown(preimage), fee }
            }
            PaymentStatus::NeverTried if self.failed.lock().unwrap().contains_key(&hash) => {
                PaymentStatus::Failed { reason: "failed".into() }
            }
            status => status,
        }
    }

    /// The settlements after the first `index`, with their numbers.
    pub async fn settled(&self, index: u64, wait: Duration) -> Vec<(u64, PaymentHash)> {
        let settled = self.wallet.settled_since(SettledCursor(index), wait).await.unwrap();
        (index + 1..).zip(settled.hashes).collect()
    }

    pub async fn balance_msat(&self) -> u64 {
        self.wallet.balance().await.unwrap().get()
    }

    fn shown(&self, preimage: Preimage) -> Preimage {
        if self.script.lies_about_preimages() { Preimage::new([0; 32]) } else { preimage }
    }
}
