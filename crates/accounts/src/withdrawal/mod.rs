//! Withdrawals: an account has an invoice paid from its balance.
//!
//! The amount and what the routing fee may come to are set aside and on the disk before the
//! wallet is asked; the row says so before and after. A payment has four outcomes: paid is what
//! a preimage proves, failed is what the wallet's record bears out, and everything else stays
//! under way, with its money, until a look-up settles it. The payment hash names a withdrawal,
//! here and at the wallet: an invoice is paid once, however often it is sent in.

mod checks;
mod end;
mod error;
mod fees;
mod hold;
mod judge;
mod resolve;
mod rows;
mod rules;
mod send;
mod verify;

pub use error::WithdrawalError;
pub use rules::{Payout, WithdrawalRules};
pub(crate) use verify::verify;

use crate::basics::{available, user};
use crate::{AccountError, Accounts, Token};
use checks::Asked;
use farebox_money::{Msat, Sats};
use farebox_store::Transaction;
use farebox_wire::lightning::{PaymentHash, Preimage};
use rows::{Row, State};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A withdrawal as its account sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Names it.
    pub id: String,
    /// Names the payment.
    pub payment_hash: PaymentHash,
    /// What the payee gets.
    pub amount: Msat,
    /// What became of it.
    pub outcome: WithdrawalOutcome,
    /// What the account has now.
    pub balance: Msat,
    /// Whether it was begun by an earlier request.
    pub is_repeat: bool,
}

/// What became of a withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WithdrawalOutcome {
    /// May be paid at any time; its money is set aside.
    Pending,
    /// Paid.
    Paid {
        /// The proof.
        preimage: Preimage,
        /// What the network took for it.
        network_fee: Msat,
        /// What the account paid of that.
        account_fee: Msat,
    },
    /// Not paid, and the money is back in the balance.
    Failed {
        /// Why, as a short code: `no_route`, `refused`, `wallet_short`, `unreachable`,
        /// `interrupted`, `expired` or `other`.
        reason: String,
    },
}

impl Accounts {
    /// Lets accounts withdraw, paid by the wallet of `payout`.
    #[must_use]
    pub fn with_withdrawals(mut self, payout: Payout) -> Self {
        // Its name may be a URL with a password, and rows name it.
        let named = [self.key.as_bytes().as_slice(), payout.wallet.as_bytes()].concat();
        let digest: [u8; 32] = Sha256::digest(named).into();
        let wallet = hex::encode(digest.split_at(8).0);
        self.payout = Some(Arc::new(Payout { wallet, ..payout }));
        self
    }

    /// Has `invoice` paid from the balance of the token's account. It goes on when the caller
    /// goes away. A repeat answers what became of the first; one that failed is tried again.
    ///
    /// # Errors
    /// [`AccountError`]; nothing was set aside then.
    pub async fn collect(
        &self,
        token: &Token,
        invoice: &str,
        amount: Sats,
    ) -> Result<Withdrawal, AccountError> {
        self.check_open()?;
        let account = self.authenticate_owner(token).await?;
        let payout = self.payout.clone().ok_or(WithdrawalError::NotConfigured)?;
        let asked = Asked::read(account, invoice, amount)?;
        let hash = asked.invoice.payment_hash;
        let known = self.store.read(move |transaction| rows::find(transaction, hash)).await?;
        let is_new = match judge::repeat(known.as_ref(), &asked.account, &asked.bolt11)? {
            judge::Repeat::Answer => return self.view(asked.account, hash, true).await,
            judge::Repeat::TryAgain => false,
            judge::Repeat::New => true,
        };
        let reserve = self.check(&payout, &asked, is_new).await?;
        let Some(row) = self.hold(&payout, &asked, reserve).await? else {
            return self.view(asked.account, hash, true).await;
        };
        crate::crash_point("collect_after_hold");
        let sending = tokio::spawn(self.clone().send(payout, row));
        if let Err(error) = sending.await {
            tracing::error!(%error, payment_hash = %hash, "a withdrawal was cut off; it is looked up");
        }
        self.view(asked.account, hash, false).await
    }

    /// What became of a withdrawal of `account`.
    ///
    /// # Errors
    /// [`WithdrawalError::NotFound`] when there is none, or when it is another account's.
    pub async fn withdrawal(
        &self,
        account: String,
        hash: PaymentHash,
    ) -> Result<Withdrawal, AccountError> {
        self.view(account, hash, true).await
    }

    async fn view(
        &self,
        account: String,
        hash: PaymentHash,
        is_repeat: bool,
    ) -> Result<Withdrawal, AccountError> {
        let (key, owner) = (user(&account), account);
        let read = move |transaction: &Transaction<'_>| {
            Ok((rows::find(transaction, hash)?, available(transaction, &key)?))
        };
        let (row, balance) = self.store.read(read).await?;
        let row = row.filter(|row| row.account == owner).ok_or(WithdrawalError::NotFound)?;
        Ok(Withdrawal {
            id: row.id.clone(),
            payment_hash: hash,
            amount: row.amount,
            outcome: outcome(row),
            balance,
            is_repeat,
        })
    }
}

fn outcome(row: Row) -> WithdrawalOutcome {
    match (row.state, row.preimage) {
        (State::Paid, Some(preimage)) => WithdrawalOutcome::Paid {
            preimage,
            network_fee: row.fee_user.checked_add(row.fee_operator).unwrap_or(Msat::MAX),
            account_fee: row.fee_user,
        },
        (State::Failed, _) => {
            WithdrawalOutcome::Failed { reason: row.failure.unwrap_or_else(|| "other".into()) }
        }
        _ => WithdrawalOutcome::Pending,
    }
}
