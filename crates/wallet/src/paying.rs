//! One payment, the same way with every wallet: noted before it is sent, proven by its preimage,
//! failed only when the wallet's own record bears it out, and pending otherwise.

use crate::http::Unanswered;
use crate::invoice::{Payable, now_s, proof};
use crate::sent::Sent;
use crate::{FailureKind, PayLimits, PayOutcome, PaymentStatus, WalletError};
use async_trait::async_trait;
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;

/// What a wallet says when it is asked to pay.
pub(crate) enum Said {
    /// Paid, with what it says is the preimage.
    Paid { preimage: Option<String>, fee: Msat },
    /// This attempt failed.
    Failed { kind: FailureKind, reason: String },
    /// An earlier attempt was made, or is under way.
    Earlier { reason: String },
    /// Under way.
    Pending,
    /// The request as such was refused, and nothing was tried.
    Refused(WalletError),
    /// The request was not sent.
    NotSent(String),
    /// Something that says neither.
    Unclear(String),
}

/// A wallet as far as its backend differs from others.
#[async_trait]
pub(crate) trait Sender: Sync {
    /// What was sent and is not known to have ended.
    fn sent(&self) -> &Sent;

    /// Asks the wallet to pay. The caller bounds the time.
    async fn send(&self, invoice: &Payable, limits: PayLimits) -> Said;

    /// What the wallet knows of a payment; `None` when it has never heard of it.
    async fn look_up(&self, hash: PaymentHash) -> Result<Option<PaymentStatus>, WalletError>;
}

/// [`Payer::pay`](crate::Payer::pay) for a backend.
pub(crate) async fn pay(
    wallet: &impl Sender,
    bolt11: &str,
    limits: PayLimits,
) -> Result<PayOutcome, WalletError> {
    let invoice = Payable::decode(bolt11)?;
    match tokio::time::timeout(limits.wait, attempt(wallet, &invoice, limits)).await {
        Ok(outcome) => outcome,
        Err(_) => Ok(PayOutcome::Pending),
    }
}

/// [`Payer::status`](crate::Payer::status) for a backend.
pub(crate) async fn status(
    wallet: &impl Sender,
    hash: PaymentHash,
) -> Result<PaymentStatus, WalletError> {
    match known(wallet, hash).await? {
        // It may be that of an earlier attempt, while the one just sent is still on its way.
        Some(PaymentStatus::Failed { .. }) if wallet.sent().is_under_way(hash) => {
            Ok(PaymentStatus::Pending)
        }
        Some(status) => Ok(status),
        None if wallet.sent().is_under_way(hash) => Ok(PaymentStatus::Pending),
        None => Ok(PaymentStatus::NeverTried),
    }
}

async fn attempt(
    wallet: &impl Sender,
    invoice: &Payable,
    limits: PayLimits,
) -> Result<PayOutcome, WalletError> {
    let hash = invoice.hash;
    if invoice.is_expired(now_s()) {
        return expired(wallet, hash).await;
    }
    let earlier = wallet.sent().note(hash);
    match wallet.send(invoice, limits).await {
        Said::Paid { preimage, fee } => Ok(paid(wallet, hash, preimage.as_deref(), fee)),
        Said::Failed { kind, reason } => Ok(failure(wallet, hash, kind, reason, false).await),
        Said::Earlier { reason } => {
            Ok(failure(wallet, hash, FailureKind::Other, reason, true).await)
        }
        Said::Pending => Ok(PayOutcome::Pending),
        Said::Refused(error) => {
            wallet.sent().take_back(hash, earlier);
            Err(error)
        }
        Said::NotSent(reason) => {
            wallet.sent().take_back(hash, earlier);
            Err(WalletError::Unreachable(reason))
        }
        Said::Unclear(reason) => {
            tracing::warn!(%hash, reason, "the outcome of a payment is not known");
            Ok(PayOutcome::Pending)
        }
    }
}

/// What became of an invoice that is past its time: it may have been paid before, or still be on
/// its way, but is not sent any more. Not every wallet refuses it.
async fn expired(wallet: &impl Sender, hash: PaymentHash) -> Result<PayOutcome, WalletError> {
    let refused = |reason: String| PayOutcome::Failed { kind: FailureKind::Refused, reason };
    Ok(match status(wallet, hash).await? {
        PaymentStatus::Paid { preimage, fee } => PayOutcome::Paid { preimage, fee },
        PaymentStatus::Pending => PayOutcome::Pending,
        PaymentStatus::Failed { .. } | PaymentStatus::NeverTried => {
            refused("the invoice has expired".into())
        }
    })
}

fn paid(wallet: &impl Sender, hash: PaymentHash, text: Option<&str>, fee: Msat) -> PayOutcome {
    let Ok(preimage) = proof(text, hash) else {
        tracing::warn!(%hash, "the answer to a payment does not prove it");
        return PayOutcome::Pending;
    };
    wallet.sent().forget(hash);
    PayOutcome::Paid { preimage, fee }
}

/// What a failure means: that this attempt failed. An earlier one may have succeeded or be under
/// way, which wallets report as a failure of this one.
async fn failure(
    wallet: &impl Sender,
    hash: PaymentHash,
    kind: FailureKind,
    reason: String,
    is_about_another: bool,
) -> PayOutcome {
    match known(wallet, hash).await {
        Ok(Some(PaymentStatus::Paid { preimage, fee })) => PayOutcome::Paid { preimage, fee },
        Ok(Some(PaymentStatus::Failed { .. })) => {
            wallet.sent().forget(hash);
            PayOutcome::Failed { kind, reason }
        }
        Ok(None) if !is_about_another => {
            wallet.sent().forget(hash);
            PayOutcome::Failed { kind, reason }
        }
        Ok(Some(_) | None) | Err(_) => PayOutcome::Pending,
    }
}

/// Looks a payment up, and forgets that it was sent once it is paid.
async fn known(
    wallet: &impl Sender,
    hash: PaymentHash,
) -> Result<Option<PaymentStatus>, WalletError> {
    let status = wallet.look_up(hash).await?;
    if matches!(status, Some(PaymentStatus::Paid { .. })) {
        wallet.sent().forget(hash);
    }
    Ok(status)
}

impl From<Unanswered> for Said {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::NotSent(reason) => Self::NotSent(reason),
            Unanswered::Unknown(reason) => Self::Unclear(reason),
        }
    }
}

/// What a reason means, by the parts of it that `known` names.
pub(crate) fn kind_of(reason: &str, known: &[(&str, FailureKind)]) -> FailureKind {
    let found = known.iter().find(|(part, _)| reason.contains(part));
    found.map_or(FailureKind::Other, |(_, kind)| *kind)
}
