//! What all doubles share: a play wallet, and a memory for what such a wallet forgets.

use crate::script::{NO_LIMIT, Script};
use farebox_money::Msat;
use farebox_play::PlayWallet;
use farebox_wallet::{
    CreatedInvoice, Direction, FailureKind, HISTORY_LEN_MAX, History, InvoiceStatus, NewInvoice,
    PayLimits, PayOutcome, Payer, PaymentRecord, PaymentStatus, Receiver, SettledCursor,
};
use farebox_wire::bolt11::Invoice;
use farebox_wire::lightning::{PaymentHash, Preimage};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
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
    /// Failed, and to be said in what looks like a success.
    FailedInSuccess,
}

/// A node with a play wallet.
#[derive(Clone)]
pub struct Node {
    pub wallet: PlayWallet,
    pub script: Script,
    made: Arc<Mutex<Vec<CreatedInvoice>>>,
    failed: Arc<Mutex<HashMap<PaymentHash, FailureKind>>>,
    /// The invoices that it was asked to pay.
    asked: Arc<Mutex<HashMap<PaymentHash, String>>>,
}

impl Node {
    pub fn new(wallet: PlayWallet, script: Script) -> Self {
        Self { wallet, script, made: Arc::default(), failed: Arc::default(), asked: Arc::default() }
    }

    /// Makes an invoice, over another amount where the script says so.
    pub async fn invoice(&self, msat: u64, description: &str, expiry_s: u32) -> CreatedInvoice {
        let lie = if self.script.plan().wrong_amount { 1_000 } else { 0 };
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

    /// Pays as nodes do: an invoice that was paid or is being paid is not paid again. Where the
    /// caller may limit the fee, a higher one is not paid.
    pub async fn pay(&self, bolt11: &str, fee_limit_msat: Option<u64>) -> Payment {
        let hash = Invoice::decode(bolt11).unwrap().payment_hash;
        self.asked.lock().unwrap().insert(hash, bolt11.to_owned());
        let plan = self.script.plan();
        let limit = fee_limit_msat.unwrap_or(NO_LIMIT);
        self.script.fee_limit_msat.store(limit, Ordering::SeqCst);
        if plan.already_paid {
            return Payment::AlreadyPaid;
        }
        if plan.fails_in_success {
            self.failed.lock().unwrap().insert(hash, FailureKind::NoRoute);
            return Payment::FailedInSuccess;
        }
        match self.wallet.status(hash).await.unwrap() {
            PaymentStatus::Paid { .. } => return Payment::AlreadyPaid,
            PaymentStatus::Pending => return Payment::InTransition,
            PaymentStatus::Failed { .. } | PaymentStatus::NeverTried => {}
        }
        if limit < plan.fee_msat {
            self.failed.lock().unwrap().insert(hash, FailureKind::NoRoute);
            return Payment::Failed(FailureKind::NoRoute, "no route within the fee limit".into());
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
            PaymentStatus::Paid { preimage, .. } => {
                let fee = Msat::new(self.fee_msat());
                PaymentStatus::Paid { preimage: self.shown(preimage), fee }
            }
            PaymentStatus::NeverTried if self.failed.lock().unwrap().contains_key(&hash) => {
                PaymentStatus::Failed { reason: "failed".into() }
            }
            status => status,
        }
    }

    /// What became of an invoice; less may have arrived than it was over.
    pub async fn look_up(&self, hash: PaymentHash) -> InvoiceStatus {
        match self.wallet.lookup(hash).await.unwrap() {
            InvoiceStatus::Settled { amount } if self.script.plan().settles_short => {
                InvoiceStatus::Settled { amount: Msat::new(amount.get() - 1_000) }
            }
            status => status,
        }
    }

    /// The latest payments in one direction, newest first.
    pub async fn records(&self, direction: Direction) -> Vec<PaymentRecord> {
        let records = self.wallet.history(HISTORY_LEN_MAX).await.unwrap();
        records.into_iter().filter(|record| record.direction == direction).collect()
    }

    /// The invoice that it was asked to pay.
    pub fn bolt11(&self, hash: PaymentHash) -> Option<String> {
        self.asked.lock().unwrap().get(&hash).cloned()
    }

    /// The node's name.
    pub fn id(&self) -> String {
        self.wallet.node_id()
    }

    /// What a payment costs on top.
    pub fn fee_msat(&self) -> u64 {
        self.script.plan().fee_msat
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
        if self.script.plan().wrong_preimage { Preimage::new([0; 32]) } else { preimage }
    }
}
