//! A wallet that pays a payment hash at most once and says of it what the test tells it to.

use async_trait::async_trait;
use farebox_money::Msat;
use farebox_wallet::{
    Capabilities, CreatedInvoice, FailureKind, InvoiceStatus, NewInvoice, NodeId, PayLimits,
    PayOutcome, Payer, PaymentStatus, Receiver, SettledCursor, Settlements, WalletError,
    WalletInfo,
};
use farebox_wire::bolt11::{Invoice, Network};
use farebox_wire::lightning::{PaymentHash, Preimage};
use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// What the wallet does when it is asked to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It pays and says so.
    Pay,
    /// It begins to pay and never answers.
    Hang,
    /// It begins to pay and says that this takes time.
    Pend,
    /// It fails, and its record says so.
    Fail(FailureKind),
    /// It fails without leaving a record.
    FailUnrecorded,
    /// It pays, and says that it failed.
    PayAndSayFailed,
    /// It begins to pay, and calls it paid with another preimage.
    WrongPreimage,
    /// It cannot be reached.
    Unreachable,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    Pending,
    Paid,
    Failed,
}

#[derive(Default)]
pub struct Wallet {
    pub deeds: Mutex<VecDeque<Deed>>,
    pub records: Mutex<HashMap<PaymentHash, Record>>,
    preimages: Mutex<HashMap<PaymentHash, Preimage>>,
    /// Every transition to paid, which must come once for each hash.
    pub paid: Mutex<Vec<PaymentHash>>,
    /// What was asked to be paid, in order.
    pub asked: Mutex<Vec<String>>,
    pub fee_msat: AtomicU64,
    pub fee_max_seen: AtomicU64,
    pub has_no_fee_limit: AtomicBool,
    pub is_silent: AtomicBool,
    /// It answers, and from then on nothing.
    pub goes_silent_when_asked: AtomicBool,
    /// How long it takes to pay.
    pub pause_ms: AtomicU64,
    pub looks: AtomicUsize,
    pub node_id: Mutex<Option<NodeId>>,
    own: Mutex<HashMap<PaymentHash, Msat>>,
    topups: AtomicU64,
}

/// What paying costs at most with this wallet when it takes no fee limit.
pub const WORST_FEE: Msat = Msat::new(20_000);

impl Wallet {
    pub fn knows(&self, preimage: Preimage) {
        self.preimages.lock().unwrap().insert(preimage.hash(), preimage);
    }

    pub fn will(&self, deed: Deed) {
        self.deeds.lock().unwrap().push_back(deed);
    }

    /// An invoice that this wallet made for somebody.
    pub fn owns(&self, hash: PaymentHash, amount: Msat) {
        self.own.lock().unwrap().insert(hash, amount);
    }

    pub fn topup_preimage(number: u64) -> Preimage {
        let mut bytes = [1; 32];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Preimage::new(bytes)
    }

    pub fn record(&self, hash: PaymentHash, record: Record) {
        if record == Record::Paid {
            self.paid.lock().unwrap().push(hash);
        }
        self.records.lock().unwrap().insert(hash, record);
    }

    pub fn times_paid(&self, hash: PaymentHash) -> usize {
        self.paid.lock().unwrap().iter().filter(|paid| **paid == hash).count()
    }

    fn fee(&self) -> Msat {
        Msat::new(self.fee_msat.load(Ordering::SeqCst))
    }

    fn proof(&self, hash: PaymentHash) -> Preimage {
        self.preimages.lock().unwrap()[&hash]
    }

    fn begin(&self, hash: PaymentHash) -> Option<PayOutcome> {
        match self.records.lock().unwrap().get(&hash) {
            Some(Record::Paid) => {
                Some(PayOutcome::Paid { preimage: self.proof(hash), fee: self.fee() })
            }
            Some(Record::Pending) => Some(PayOutcome::Pending),
            Some(Record::Failed) | None => None,
        }
    }
}

#[async_trait]
impl Payer for Wallet {
    async fn pay(&self, bolt11: &str, limits: PayLimits) -> Result<PayOutcome, WalletError> {
        let hash = Invoice::decode(bolt11).unwrap().payment_hash;
        self.asked.lock().unwrap().push(bolt11.to_owned());
        self.fee_max_seen.store(limits.fee_max.get(), Ordering::SeqCst);
        if self.goes_silent_when_asked.load(Ordering::SeqCst) {
            self.is_silent.store(true, Ordering::SeqCst);
        }
        tokio::time::sleep(Duration::from_millis(self.pause_ms.load(Ordering::SeqCst))).await;
        if let Some(known) = self.begin(hash) {
            return Ok(known);
        }
        let deed = self.deeds.lock().unwrap().pop_front().unwrap_or(Deed::Pay);
        let failed = |kind| PayOutcome::Failed { kind, reason: "as the test wants".into() };
        match deed {
            Deed::Pay => {
                self.record(hash, Record::Paid);
                Ok(PayOutcome::Paid { preimage: self.proof(hash), fee: self.fee() })
            }
            Deed::Hang => {
                self.record(hash, Record::Pending);
                std::future::pending().await
            }
            Deed::Pend => {
                self.record(hash, Record::Pending);
                Ok(PayOutcome::Pending)
            }
            Deed::Fail(kind) => {
                self.record(hash, Record::Failed);
                Ok(failed(kind))
            }
            Deed::FailUnrecorded => Ok(failed(FailureKind::Other)),
            Deed::PayAndSayFailed => {
                self.record(hash, Record::Paid);
                Ok(failed(FailureKind::Other))
            }
            Deed::WrongPreimage => {
                self.record(hash, Record::Pending);
                Ok(PayOutcome::Paid { preimage: Preimage::new([0; 32]), fee: Msat::ZERO })
            }
            Deed::Unreachable => Err(WalletError::Unreachable("switched off".into())),
        }
    }

    async fn status(&self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        if self.is_silent.load(Ordering::SeqCst) {
            return Err(WalletError::Unreachable("switched off".into()));
        }
        Ok(match self.records.lock().unwrap().get(&hash) {
            None => PaymentStatus::NeverTried,
            Some(Record::Pending) => PaymentStatus::Pending,
            Some(Record::Failed) => PaymentStatus::Failed { reason: "no".into() },
            Some(Record::Paid) => {
                PaymentStatus::Paid { preimage: self.proof(hash), fee: self.fee() }
            }
        })
    }

    async fn balance(&self) -> Result<Msat, WalletError> {
        Ok(Msat::MAX)
    }

    async fn info(&self) -> Result<WalletInfo, WalletError> {
        if self.is_silent.load(Ordering::SeqCst) {
            return Err(WalletError::Unreachable("switched off".into()));
        }
        let fee_limit = !self.has_no_fee_limit.load(Ordering::SeqCst);
        let node_id = *self.node_id.lock().unwrap();
        let capabilities = Capabilities { fee_limit };
        Ok(WalletInfo { network: Network::Regtest, capabilities, node_id })
    }

    fn worst_fee(&self, _: Msat) -> Msat {
        WORST_FEE
    }
}

#[async_trait]
impl Receiver for Wallet {
    async fn create(&self, invoice: NewInvoice) -> Result<CreatedInvoice, WalletError> {
        let number = self.topups.fetch_add(1, Ordering::SeqCst) + 1;
        let payment_hash = Self::topup_preimage(number).hash();
        self.owns(payment_hash, invoice.amount);
        let expires_at = crate::invoices::now_s() + 600;
        Ok(CreatedInvoice { bolt11: "lnbcrt".into(), payment_hash, expires_at })
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        let amount = self.own.lock().unwrap().get(&hash).copied();
        Ok(amount.map_or(InvoiceStatus::Unknown, |amount| InvoiceStatus::Settled { amount }))
    }

    async fn settled_since(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Settlements, WalletError> {
        tokio::time::sleep(wait).await;
        Ok(Settlements { hashes: Vec::new(), next: cursor })
    }
}
