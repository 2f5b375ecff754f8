//! What processes that died have left reserved, settled by the word of wallet and chain.

use crate::buyer::{Buyer, Wallet};
use crate::policy;
use crate::store::{Purchase, Transfer, TransferState, now_s};
use crate::transfer::Fate;
use farebox_store::StoreError;
use farebox_wallet::PaymentStatus;
use farebox_wire::bolt11::Invoice;
use std::time::Duration;

/// A wallet that does not answer sooner keeps nobody waiting.
const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(5);

/// What became of the payments that nobody was at any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// The wallet has paid them.
    pub paid: u32,
    /// They were not and will not be paid: what was reserved is free again.
    pub released: u32,
    /// They may yet be paid, or the wallet could not say: they stay reserved.
    pub unknown: u32,
    /// Another process is at them.
    pub busy: u32,
}

impl Reconciled {
    /// Whether anything counts otherwise than before.
    #[must_use]
    pub const fn changed_anything(&self) -> bool {
        self.paid > 0 || self.released > 0
    }
}

/// What one look came to.
enum Look {
    Paid,
    Released,
    Unknown,
}

impl Buyer {
    /// Asks wallet and chains about the payments that are reserved and that no process is at, the oldest
    /// first, `most` of them. Nothing is paid and nothing is sent to a seller.
    ///
    /// # Errors
    /// When the records cannot be read or written.
    pub async fn reconcile(&self, most: usize) -> Result<Reconciled, StoreError> {
        let mut done = Reconciled::default();
        for (fingerprint, _) in self.store.intended().await?.into_iter().take(most) {
            let Ok(Some(_lock)) = self.locks.try_acquire(&fingerprint.to_string()) else {
                done.busy += 1;
                continue;
            };
            // Whoever had the lock may have finished it.
            let Some(purchase) = self.store.unfinished(fingerprint).await? else { continue };
            match self.look(&purchase).await? {
                Some(Look::Paid) => done.paid += 1,
                Some(Look::Released) => done.released += 1,
                Some(Look::Unknown) => done.unknown += 1,
                None => {}
            }
        }
        self.reconcile_transfers(most, &mut done).await?;
        Ok(done)
    }

    /// The same for what was signed, by the word of the chains whose nodes are configured.
    async fn reconcile_transfers(
        &self,
        most: usize,
        done: &mut Reconciled,
    ) -> Result<(), StoreError> {
        for fingerprint in self.store.signed_transfers().await?.into_iter().take(most) {
            let Ok(Some(_lock)) = self.locks.try_acquire(&fingerprint.to_string()) else {
                done.busy += 1;
                continue;
            };
            let transfer = self.store.unfinished_transfer(fingerprint).await?;
            let is_signed = |own: &Transfer| own.state == TransferState::Signed;
            let Some(transfer) = transfer.filter(is_signed) else { continue };
            let asked = tokio::time::timeout(LOOK_UP_TIMEOUT, self.fate(&transfer)).await;
            match asked {
                Ok(Fate::Moved) => {
                    let note = "settled, by the chain's word";
                    self.store.record_settled(&transfer, None, note).await?;
                    done.paid += 1;
                }
                Ok(Fate::Dead(why)) => {
                    self.store.record_dead(&transfer, &why).await?;
                    done.released += 1;
                }
                Ok(Fate::Open | Fate::Unknown(_)) | Err(_) => done.unknown += 1,
            }
        }
        Ok(())
    }

    async fn look(&self, purchase: &Purchase) -> Result<Option<Look>, StoreError> {
        if purchase.payment.is_some() {
            return Ok(None);
        }
        // Only the wallet that was asked to pay knows.
        let asked = |wallet: &&Wallet| wallet.name == purchase.wallet;
        let Some(wallet) = self.wallet.as_ref().filter(asked) else {
            return Ok(Some(Look::Unknown));
        };
        let status = wallet.payer.status(purchase.payment_hash);
        let Ok(Ok(status)) = tokio::time::timeout(LOOK_UP_TIMEOUT, status).await else {
            return Ok(Some(Look::Unknown));
        };
        Ok(Some(match status {
            PaymentStatus::Paid { preimage, fee } if preimage.hash() == purchase.payment_hash => {
                self.store.record_paid(purchase, preimage, fee).await?;
                Look::Paid
            }
            PaymentStatus::Failed { reason } => {
                self.store.record_failed(purchase, &reason).await?;
                Look::Released
            }
            PaymentStatus::NeverTried if is_dead(purchase) => {
                let note = "its invoice expired before it was paid";
                self.store.record_expired(purchase, note).await?;
                Look::Released
            }
            // A request that was on its way when its process died may still reach the wallet.
            PaymentStatus::NeverTried | PaymentStatus::Pending | PaymentStatus::Paid { .. } => {
                Look::Unknown
            }
        }))
    }
}

fn is_dead(purchase: &Purchase) -> bool {
    Invoice::decode(&purchase.invoice).is_ok_and(|invoice| policy::is_dead(&invoice, now_s()))
}
