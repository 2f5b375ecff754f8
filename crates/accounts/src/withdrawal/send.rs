//! The steps between: the row says that the wallet is asked, the wallet is asked, and its answer
//! is judged.

use super::Payout;
use super::judge::{self, Failure, Said, Verdict};
use super::rows::{self, Row, State};
use crate::{AccountError, Accounts};
use farebox_store::{Transaction, lease};
use farebox_wallet::{PayLimits, PayOutcome, PaymentStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a look-up may take.
pub(super) const LOOK_MAX: Duration = Duration::from_secs(20);

impl Accounts {
    /// Has the wallet pay a withdrawal that is held, or that is to be sent again, and writes what
    /// came of it.
    pub(super) async fn send(self, payout: Arc<Payout>, row: Row) {
        let begun = Instant::now();
        let hash = row.hash;
        let row = match self.begin_send(&payout, row).await {
            Ok(Some(row)) => row,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, payment_hash = %hash, "a withdrawal was not sent");
                return;
            }
        };
        crate::crash_point("collect_after_sending");
        // Somebody else may think this process dead by now and have taken it up.
        if begun.elapsed() > payout.rules.start_max() {
            return self.conclude_unsent(row).await;
        }
        crate::crash_point("collect_before_pay");
        let said = pay(&payout, &row).await;
        crate::crash_point("collect_after_pay");
        let verdict = judge_pay(&payout, &row, said).await;
        crate::crash_point("collect_before_done");
        self.conclude(row, verdict).await;
        crate::crash_point("collect_after_done");
    }

    /// It was to be sent and was not. That is written only if nobody else has sent it since.
    async fn conclude_unsent(&self, row: Row) {
        tracing::warn!(payment_hash = %row.hash, "a withdrawal was not sent in time");
        let verdict = match row.sends {
            1 => Verdict::Failed(Failure::Interrupted),
            _ => Verdict::Unknown(None),
        };
        self.conclude(row, verdict).await;
    }

    async fn begin_send(&self, payout: &Payout, row: Row) -> Result<Option<Row>, AccountError> {
        let (owner, wallet) = (self.instance.id().to_owned(), payout.wallet.clone());
        let lease_ms = payout.rules.lease_ms();
        let begin = move |transaction: &Transaction<'_>| {
            let next = lease::now_ms(transaction)?.saturating_add(lease_ms);
            let began = rows::begin_send(transaction, &row, &owner, &wallet, next)?;
            let sent = Row {
                state: State::Sending,
                sends: row.sends + 1,
                checks: 0,
                owner,
                wallet,
                ..row
            };
            Ok::<_, AccountError>(began.then_some(sent))
        };
        self.store.write(begin).await
    }
}

async fn pay(payout: &Payout, row: &Row) -> Said {
    let limits = PayLimits { fee_max: row.fee().total(), wait: payout.rules.pay_wait };
    let paying = payout.payer.pay(&row.bolt11, limits);
    let said = tokio::time::timeout(payout.rules.give_up(), paying).await.ok();
    match &said {
        Some(Ok(PayOutcome::Failed { kind, reason })) => {
            tracing::warn!(payment_hash = %row.hash, ?kind, reason, "a withdrawal failed");
        }
        Some(Err(error)) => {
            tracing::warn!(payment_hash = %row.hash, %error, "a withdrawal was not sent");
        }
        _ => {}
    }
    said
}

async fn judge_pay(payout: &Payout, row: &Row, said: Said) -> Verdict {
    let looked_up = match said {
        Some(Ok(PayOutcome::Failed { .. })) => look_up(payout, row).await,
        _ => None,
    };
    judge::after_pay(row.hash, said, looked_up, row.sends == 1)
}

/// What the wallet knows of a withdrawal; `None` when it does not say.
pub(super) async fn look_up(payout: &Payout, row: &Row) -> Option<PaymentStatus> {
    match tokio::time::timeout(LOOK_MAX, payout.payer.status(row.hash)).await {
        Ok(Ok(status)) => Some(status),
        Ok(Err(error)) => {
            tracing::warn!(%error, payment_hash = %row.hash, "a withdrawal was not looked up");
            None
        }
        Err(_) => {
            tracing::warn!(payment_hash = %row.hash, "the wallet does not look a withdrawal up");
            None
        }
    }
}
