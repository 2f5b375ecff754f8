//! phoenixd as a wallet that pays.

use super::Phoenixd;
use super::answers::{Balance, NodeInfo, Outgoing, Paid, proof};
use super::http::{Answer, Unanswered};
use crate::{
    Capabilities, FailureKind, PayLimits, PayOutcome, Payer, PaymentStatus, WalletError, WalletInfo,
};
use async_trait::async_trait;
use farebox_money::Msat;
use farebox_wire::bolt11::{Invoice, Network};
use farebox_wire::lightning::PaymentHash;
use reqwest::StatusCode;

/// What phoenixd's only route costs: 4 satoshis …
const FEE_BASE: Msat = Msat::new(4_000);
/// … and 0.4 % of the amount.
const FEE_PER_MILLE: u64 = 4;

/// Parts of phoenixd's reasons, and what they mean.
const REASONS: [(&str, FailureKind); 6] = [
    ("not enough funds", FailureKind::InsufficientBalance),
    ("recipient was", FailureKind::NoRoute),
    ("attempts exhausted", FailureKind::NoRoute),
    ("fees", FailureKind::NoRoute),
    ("rejected", FailureKind::Refused),
    ("expired", FailureKind::Refused),
];

#[async_trait]
impl Payer for Phoenixd {
    /// The fee limit does not bind: phoenixd has none. The fee is reported in whole satoshis,
    /// rounded down, as phoenixd says it here; [`Payer::status`] has it exactly.
    async fn pay(&self, bolt11: &str, limits: PayLimits) -> Result<PayOutcome, WalletError> {
        let invoice =
            Invoice::decode(bolt11).map_err(|error| WalletError::Refused(error.to_string()))?;
        if invoice.amount.is_none() {
            return Err(WalletError::Refused("the invoice names no amount".into()));
        }
        let payment = self.send(bolt11, invoice.payment_hash);
        match tokio::time::timeout(limits.wait, payment).await {
            Ok(outcome) => outcome,
            Err(_) => Ok(PayOutcome::Pending),
        }
    }

    async fn status(&self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        match self.look_up(hash).await? {
            // It may be that of an earlier attempt, while the one just sent is still on its way.
            Some(PaymentStatus::Failed { .. }) if self.sent.is_under_way(hash) => {
                Ok(PaymentStatus::Pending)
            }
            Some(status) => Ok(status),
            None if self.sent.is_under_way(hash) => Ok(PaymentStatus::Pending),
            None => Ok(PaymentStatus::NeverTried),
        }
    }

    async fn balance(&self) -> Result<Msat, WalletError> {
        let balance: Option<Balance> = self.api.get("/getbalance", &[]).await?;
        balance
            .and_then(|balance| balance.balance_sat.to_msat())
            .ok_or_else(|| WalletError::Unreadable("no balance".into()))
    }

    async fn info(&self) -> Result<WalletInfo, WalletError> {
        let info: Option<NodeInfo> = self.api.get("/getinfo", &[]).await?;
        let chain = info.map(|info| info.chain).unwrap_or_default();
        let network = match chain.as_str() {
            "mainnet" => Network::Bitcoin,
            "testnet" | "testnet3" | "testnet4" => Network::Testnet,
            "signet" => Network::Signet,
            "regtest" => Network::Regtest,
            _ => return Err(WalletError::Unreadable(format!("the chain {chain:?}"))),
        };
        let capabilities = Capabilities { fee_limit: false };
        Ok(WalletInfo { network, capabilities })
    }

    fn worst_fee(&self, amount: Msat) -> Msat {
        // All bitcoin four times over fits.
        let share = (amount.min(Msat::MAX).get() * FEE_PER_MILLE).div_ceil(1_000);
        let fee = FEE_BASE.checked_add(Msat::new(share)).unwrap_or(Msat::MAX);
        fee.to_sats_ceil().to_msat().unwrap_or(Msat::MAX)
    }
}

impl Phoenixd {
    /// Sends a payment and reads what came of it.
    async fn send(&self, bolt11: &str, hash: PaymentHash) -> Result<PayOutcome, WalletError> {
        let earlier = self.sent.note(hash);
        let form = [("invoice", bare(bolt11))];
        match self.api.post_once("/payinvoice", &form).await {
            Ok(answer) => match answer.status {
                StatusCode::OK => Ok(self.outcome(&answer, hash).await),
                status if refuses(status) => {
                    self.sent.take_back(hash, earlier);
                    Err(answer.refusal())
                }
                status => {
                    tracing::warn!(%hash, %status, "the outcome of a payment is not known");
                    Ok(PayOutcome::Pending)
                }
            },
            Err(Unanswered::NotSent(reason)) => {
                self.sent.take_back(hash, earlier);
                Err(WalletError::Unreachable(reason))
            }
            Err(Unanswered::Unknown(reason)) => {
                tracing::warn!(%hash, reason, "the outcome of a payment is not known");
                Ok(PayOutcome::Pending)
            }
        }
    }

    /// What a 200 means: paid with proof, failed, or neither for certain.
    async fn outcome(&self, answer: &Answer, hash: PaymentHash) -> PayOutcome {
        let Ok(paid) = answer.json::<Paid>() else {
            tracing::warn!(%hash, "the answer to a payment cannot be read");
            return PayOutcome::Pending;
        };
        if let (None, Some(reason)) = (&paid.payment_preimage, paid.reason) {
            return self.failure(hash, reason).await;
        }
        let Ok(preimage) = proof(paid.payment_preimage.as_deref(), hash) else {
            tracing::warn!(%hash, "the answer to a payment does not prove it");
            return PayOutcome::Pending;
        };
        self.sent.forget(hash);
        let fee = paid.routing_fee_sat.unwrap_or_default();
        PayOutcome::Paid { preimage, fee: fee.to_msat().unwrap_or(Msat::MAX) }
    }

    /// What a failure means: that this attempt failed. An earlier one may have succeeded or be
    /// under way, which phoenixd reports as a failure of this one.
    async fn failure(&self, hash: PaymentHash, reason: String) -> PayOutcome {
        let is_about_another = ["already", "in progress"].iter().any(|part| reason.contains(part));
        match self.look_up(hash).await {
            Ok(Some(PaymentStatus::Paid { preimage, fee })) => PayOutcome::Paid { preimage, fee },
            Ok(Some(PaymentStatus::Failed { .. })) => {
                self.sent.forget(hash);
                failed(reason)
            }
            Ok(None) if !is_about_another => {
                self.sent.forget(hash);
                failed(reason)
            }
            Ok(Some(_) | None) | Err(_) => PayOutcome::Pending,
        }
    }

    /// What phoenixd knows of a payment; `None` when it has never heard of it.
    async fn look_up(&self, hash: PaymentHash) -> Result<Option<PaymentStatus>, WalletError> {
        let path = format!("/payments/outgoingbyhash/{hash}");
        let Some(payment) = self.api.get::<Outgoing>(&path, &[]).await? else {
            return Ok(None);
        };
        let status = payment.status(hash)?;
        if matches!(status, PaymentStatus::Paid { .. }) {
            self.sent.forget(hash);
        }
        Ok(Some(status))
    }
}

/// Whether a status says that phoenixd did not even try.
const fn refuses(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
    )
}

fn failed(reason: String) -> PayOutcome {
    let known = REASONS.iter().find(|(part, _)| reason.contains(part));
    PayOutcome::Failed { kind: known.map_or(FailureKind::Other, |(_, kind)| *kind), reason }
}

/// An invoice without the prefix that links carry, which phoenixd does not read.
fn bare(bolt11: &str) -> &str {
    let text = bolt11.trim();
    match text.split_at_checked("lightning:".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("lightning:") => rest,
        _ => text,
    }
}
