//! What is checked of an invoice before any money moves.

use super::send::LOOK_MAX;
use super::{Payout, WithdrawalError};
use crate::basics::{now_s, unreadable};
use crate::{AccountError, Accounts};
use farebox_money::{Msat, Sats};
use farebox_wallet::{InvoiceStatus, WalletError, WalletInfo};
use farebox_wire::bolt11::Invoice;

/// What must be left of an invoice's time, in seconds.
pub(super) const LEFT_MIN_S: u64 = 30;

/// A withdrawal as it is asked for, with an invoice over just that amount.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) account: String,
    pub(super) invoice: Invoice,
    /// In lower case, without the prefix that links carry: one invoice has one text.
    pub(super) bolt11: String,
    pub(super) amount: Msat,
}

impl Asked {
    /// Reads the invoice and compares the amounts.
    pub(super) fn read(account: String, text: &str, amount: Sats) -> Result<Self, WithdrawalError> {
        let invoice = Invoice::decode(text)
            .map_err(|error| WithdrawalError::InvalidInvoice(error.to_string()))?;
        let over = invoice.amount.filter(|amount| !amount.is_zero());
        let over = over.ok_or(WithdrawalError::AmountMissing)?;
        if amount.to_msat() != Some(over) {
            return Err(WithdrawalError::AmountMismatch { invoice: over, asked: amount });
        }
        let lower = text.trim().to_ascii_lowercase();
        let bolt11 = lower.strip_prefix("lightning:").unwrap_or(&lower).to_owned();
        Ok(Self { account, invoice, bolt11, amount: over })
    }

    /// What needs nobody else's word.
    fn check(&self, payout: &Payout, now_s: u64) -> Result<(), WithdrawalError> {
        let rules = &payout.rules;
        let max = rules.amount_max;
        if max.to_msat().is_some_and(|max| self.amount > max) {
            return Err(WithdrawalError::InvalidAmount { max });
        }
        if self.invoice.expires_at < now_s.saturating_add(LEFT_MIN_S) {
            return Err(WithdrawalError::InvoiceExpired { left_min_s: LEFT_MIN_S });
        }
        let limit = rules.fee_limit(self.amount);
        match self.invoice.hinted_fee {
            Some(fee) if fee > limit => Err(WithdrawalError::RouteTooExpensive { fee, limit }),
            _ => Ok(()),
        }
    }

    /// What the wallet's word is needed for.
    fn check_wallet(&self, wallet: &WalletInfo) -> Result<(), WithdrawalError> {
        if wallet.node_id.is_some_and(|node| node.is_payee_of(&self.invoice)) {
            return Err(WithdrawalError::SelfPayment);
        }
        let (theirs, ours) = (self.invoice.network, wallet.network);
        if theirs != ours {
            return Err(WithdrawalError::WrongNetwork { theirs: theirs.name(), ours: ours.name() });
        }
        Ok(())
    }
}

impl Payout {
    /// What is set aside for the routing fee of an amount.
    pub(super) fn fee_reserve(&self, amount: Msat, limit_binds: bool) -> Msat {
        if limit_binds { self.rules.fee_limit(amount) } else { self.payer.worst_fee(amount) }
    }
}

/// What the wallets say that an invoice may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reserve {
    pub(super) fee: Msat,
    /// Whether the wallet keeps to a fee limit.
    pub(super) limit_binds: bool,
}

impl Accounts {
    /// Checks all that can be checked before money is set aside, and says how much that is.
    pub(super) async fn check(
        &self,
        payout: &Payout,
        asked: &Asked,
        is_new: bool,
    ) -> Result<Reserve, AccountError> {
        asked.check(payout, now_s())?;
        let info = answered(payout.payer.info()).await?;
        asked.check_wallet(&info)?;
        if is_new {
            let ours = answered(self.receiver.lookup(asked.invoice.payment_hash)).await?;
            if ours != InvoiceStatus::Unknown {
                return Err(WithdrawalError::SelfPayment.into());
            }
        }
        let limit_binds = info.capabilities.fee_limit;
        let fee = payout.fee_reserve(asked.amount, limit_binds);
        if fee > Msat::MAX {
            return Err(unreadable("a wallet's worst fee"));
        }
        Ok(Reserve { fee, limit_binds })
    }
}

/// A wallet's answer, if it comes in time.
async fn answered<T>(
    asking: impl Future<Output = Result<T, WalletError>>,
) -> Result<T, AccountError> {
    let reason = match tokio::time::timeout(LOOK_MAX, asking).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer in time".to_owned(),
    };
    tracing::error!(reason, "a withdrawal was refused because a wallet does not answer");
    Err(AccountError::LightningUnavailable)
}
