//! A node that receives whatever it made an invoice for, and pays or does not, as the payment hash
//! has it.

use async_trait::async_trait;
use farebox_money::Msat;
use farebox_wallet::{
    Capabilities, CreatedInvoice, FailureKind, InvoiceStatus, NewInvoice, PayLimits, PayOutcome,
    Payer, PaymentStatus, Receiver, SettledCursor, Settlements, WalletError, WalletInfo,
};
use farebox_wire::bolt11::{Invoice, Network};
use farebox_wire::lightning::{PaymentHash, Preimage};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

pub const FEE: Msat = Msat::new(1_234);

/// What becomes of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Paid,
    Failed,
    /// It says that it takes time; then it was paid.
    LatePaid,
    /// It says that it takes time; then it failed.
    LateFailed,
    /// It pays and does not answer.
    PaidInSilence,
}

impl Fate {
    pub fn of(hash: PaymentHash) -> Self {
        match hash.as_bytes()[0] {
            0..150 => Self::Paid,
            150..245 => Self::Failed,
            245..248 => Self::LatePaid,
            248..252 => Self::LateFailed,
            252.. => Self::PaidInSilence,
        }
    }

    pub const fn is_paid(self) -> bool {
        matches!(self, Self::Paid | Self::LatePaid | Self::PaidInSilence)
    }
}

#[derive(Default)]
pub struct Node {
    made: AtomicU64,
    received: Mutex<HashMap<PaymentHash, (Msat, Preimage)>>,
    /// Payments that it was asked for, with what left it.
    sent: Mutex<HashMap<PaymentHash, (Msat, Preimage)>>,
    preimages: Mutex<HashMap<PaymentHash, Preimage>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

impl Node {
    /// The payee of a payment tells its secret when it is paid.
    pub fn knows(&self, preimage: Preimage) {
        lock(&self.preimages).insert(preimage.hash(), preimage);
    }

    pub fn preimage_of(&self, hash: PaymentHash) -> Preimage {
        lock(&self.received)[&hash].1
    }

    pub fn has_paid(&self, hash: PaymentHash) -> bool {
        lock(&self.sent).get(&hash).is_some_and(|(amount, _)| !amount.is_zero())
    }

    pub fn paid_out_msat(&self) -> u64 {
        lock(&self.sent).values().map(|(amount, _)| amount.get()).sum()
    }

    pub fn received_msat(&self) -> u64 {
        lock(&self.received).values().map(|(amount, _)| amount.get()).sum()
    }
}

#[async_trait]
impl Receiver for Node {
    async fn create(&self, invoice: NewInvoice) -> Result<CreatedInvoice, WalletError> {
        let mut bytes = [1; 32];
        bytes[..8].copy_from_slice(&self.made.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        let preimage = Preimage::new(bytes);
        let payment_hash = preimage.hash();
        lock(&self.received).insert(payment_hash, (invoice.amount, preimage));
        let expires_at = super::invoices::now_s() + 600;
        Ok(CreatedInvoice { bolt11: "lnbcrt1".to_owned(), payment_hash, expires_at })
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        let amount = lock(&self.received).get(&hash).map(|(amount, _)| *amount);
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

#[async_trait]
impl Payer for Node {
    async fn pay(&self, bolt11: &str, _: PayLimits) -> Result<PayOutcome, WalletError> {
        let invoice = Invoice::decode(bolt11).unwrap();
        let (hash, amount) = (invoice.payment_hash, invoice.amount.unwrap());
        let preimage = lock(&self.preimages)[&hash];
        let fate = Fate::of(hash);
        let leaves = if fate.is_paid() { amount.checked_add(FEE).unwrap() } else { Msat::ZERO };
        let earlier = lock(&self.sent).insert(hash, (leaves, preimage));
        // A node pays a hash once; asked again, it only says what became of it.
        assert!(earlier.is_none() || earlier == Some((leaves, preimage)));
        tokio::task::yield_now().await;
        Ok(match fate {
            Fate::Paid => PayOutcome::Paid { preimage, fee: FEE },
            Fate::Failed => {
                PayOutcome::Failed { kind: FailureKind::NoRoute, reason: "no way".to_owned() }
            }
            Fate::LatePaid | Fate::LateFailed | Fate::PaidInSilence => PayOutcome::Pending,
        })
    }

    async fn status(&self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        let sent = lock(&self.sent).get(&hash).copied();
        Ok(match sent {
            None => PaymentStatus::NeverTried,
            Some((amount, _)) if amount.is_zero() => {
                PaymentStatus::Failed { reason: "no way".to_owned() }
            }
            Some((_, preimage)) => PaymentStatus::Paid { preimage, fee: FEE },
        })
    }

    async fn balance(&self) -> Result<Msat, WalletError> {
        Ok(Msat::MAX)
    }

    async fn info(&self) -> Result<WalletInfo, WalletError> {
        let capabilities = Capabilities { fee_limit: true };
        Ok(WalletInfo { network: Network::Regtest, capabilities, node_id: None })
    }

    fn worst_fee(&self, _: Msat) -> Msat {
        Msat::new(5_000)
    }
}
