//! LNbits as a wallet that pays.

use super::Lnbits;
use super::answers::{Complaint, Found, Payment, Wallet};
use super::http::refusal;
use crate::http::{Answer, harmless};
use crate::invoice::{Payable, per_mille};
use crate::paying::{self, Said, Sender, kind_of};
use crate::sent::Sent;
use crate::{
    Capabilities, FailureKind, PayLimits, PayOutcome, Payer, PaymentStatus, WalletError, WalletInfo,
};
use async_trait::async_trait;
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use reqwest::StatusCode;
use serde_json::json;

/// What LNbits lets a payment cost unless its operator says otherwise: 2 satoshis …
const FEE_MIN: Msat = Msat::new(2_000);
/// … or 1 % of the amount, whichever is more.
const FEE_PER_MILLE: u64 = 10;

/// Parts of LNbits' reasons, and what they mean.
const REASONS: [(&str, FailureKind); 5] = [
    ("Insufficient balance", FailureKind::InsufficientBalance),
    ("You must reserve", FailureKind::InsufficientBalance),
    ("route", FailureKind::NoRoute),
    ("expired", FailureKind::Refused),
    ("rejected", FailureKind::Refused),
];

#[async_trait]
impl Payer for Lnbits {
    /// The fee limit does not bind: LNbits has none.
    async fn pay(&self, bolt11: &str, limits: PayLimits) -> Result<PayOutcome, WalletError> {
        paying::pay(self, bolt11, limits).await
    }

    async fn status(&self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        paying::status(self, hash).await
    }

    /// A wallet that owes has nothing.
    async fn balance(&self) -> Result<Msat, WalletError> {
        let wallet: Wallet = self.read("/api/v1/wallet", &[]).await?;
        Ok(Msat::new(u64::try_from(wallet.balance).unwrap_or_default()))
    }

    /// The network is what its URL says.
    async fn info(&self) -> Result<WalletInfo, WalletError> {
        let _: Wallet = self.read("/api/v1/wallet", &[]).await?;
        let capabilities = Capabilities { fee_limit: false };
        Ok(WalletInfo { network: self.network, capabilities, node_id: None })
    }

    fn worst_fee(&self, amount: Msat) -> Msat {
        per_mille(amount, FEE_PER_MILLE).max(FEE_MIN)
    }
}

#[async_trait]
impl Sender for Lnbits {
    fn sent(&self) -> &Sent {
        &self.sent
    }

    async fn send(&self, invoice: &Payable, _limits: PayLimits) -> Said {
        let body = json!({ "out": true, "bolt11": invoice.bolt11 });
        match self.post(&body).await {
            Ok(answer) => said(&answer),
            Err(unanswered) => unanswered.into(),
        }
    }

    async fn look_up(&self, hash: PaymentHash) -> Result<Option<PaymentStatus>, WalletError> {
        self.find(hash).await?.map_or(Ok(None), |found| found.payment(hash))
    }
}

impl Lnbits {
    /// What this wallet knows of a payment hash.
    pub(super) async fn find(&self, hash: PaymentHash) -> Result<Option<Found>, WalletError> {
        let answer = self.get(&format!("/api/v1/payments/{hash}"), &[]).await?;
        if answer.status == StatusCode::NOT_FOUND && answer.text().contains("does not exist") {
            // A wrong key hears the same.
            let _: Wallet = self.read("/api/v1/wallet", &[]).await?;
            return Ok(None);
        }
        if answer.status.is_success() { answer.json().map(Some) } else { Err(refusal(&answer)) }
    }
}

/// What the answer to a payment means.
fn said(answer: &Answer) -> Said {
    if answer.status.is_success() {
        return answer.json().map_or_else(|error| Said::Unclear(error.to_string()), recorded);
    }
    match refusal(answer) {
        refused @ (WalletError::Unauthorized | WalletError::Refused(_)) => Said::Refused(refused),
        unclear => match serde_json::from_slice(&answer.body) {
            Ok(complaint) if answer.status.as_u16() == 520 => complained(complaint),
            _ => Said::Unclear(unclear.to_string()),
        },
    }
}

fn recorded(payment: Payment) -> Said {
    match payment.status.as_str() {
        "success" => {
            let fee = payment.fee();
            Said::Paid { preimage: payment.preimage, fee }
        }
        "failed" => {
            Said::Failed { kind: FailureKind::Other, reason: "LNbits has it as failed".into() }
        }
        _ => Said::Pending,
    }
}

fn complained(complaint: Complaint) -> Said {
    let reason = harmless(&complaint.detail);
    let is_about_another =
        ["already", "pending"].iter().any(|part| reason.to_ascii_lowercase().contains(part));
    if complaint.status != "failed" || is_about_another {
        return Said::Earlier { reason };
    }
    Said::Failed { kind: kind_of(&reason, &REASONS), reason }
}
