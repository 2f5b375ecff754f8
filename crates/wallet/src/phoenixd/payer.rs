//! phoenixd as a wallet that pays.

use super::Phoenixd;
use super::answers::{Balance, NodeInfo, Outgoing, Paid};
use crate::http::Answer;
use crate::invoice::{Payable, network, per_mille};
use crate::paying::{self, Said, Sender, kind_of};
use crate::sent::Sent;
use crate::{
    Capabilities, FailureKind, PayLimits, PayOutcome, Payer, PaymentStatus, WalletError, WalletInfo,
};
use async_trait::async_trait;
use farebox_money::Msat;
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
        paying::pay(self, bolt11, limits).await
    }

    async fn status(&self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        paying::status(self, hash).await
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
        let network = network(&chain)?;
        let capabilities = Capabilities { fee_limit: false };
        Ok(WalletInfo { network, capabilities })
    }

    fn worst_fee(&self, amount: Msat) -> Msat {
        let share = per_mille(amount, FEE_PER_MILLE);
        let fee = FEE_BASE.checked_add(share).unwrap_or(Msat::MAX);
        fee.to_sats_ceil().to_msat().unwrap_or(Msat::MAX)
    }
}

#[async_trait]
impl Sender for Phoenixd {
    fn sent(&self) -> &Sent {
        &self.sent
    }

    async fn send(&self, invoice: &Payable, _limits: PayLimits) -> Said {
        let form = [("invoice", invoice.bolt11.as_str())];
        match self.api.post_once("/payinvoice", &form).await {
            Ok(answer) => match answer.status {
                StatusCode::OK => said(&answer),
                status if refuses(status) => Said::Refused(answer.refusal()),
                status => Said::Unclear(format!("HTTP {status}")),
            },
            Err(unanswered) => unanswered.into(),
        }
    }

    async fn look_up(&self, hash: PaymentHash) -> Result<Option<PaymentStatus>, WalletError> {
        let path = format!("/payments/outgoingbyhash/{hash}");
        let payment = self.api.get::<Outgoing>(&path, &[]).await?;
        payment.map(|payment| payment.status(hash)).transpose()
    }
}

/// What a 200 means: paid, failed, or neither for certain.
fn said(answer: &Answer) -> Said {
    let Ok(paid) = answer.json::<Paid>() else {
        return Said::Unclear("the answer to a payment cannot be read".into());
    };
    match (paid.payment_preimage, paid.reason) {
        (None, Some(reason)) if is_about_another(&reason) => Said::Earlier { reason },
        (None, Some(reason)) => Said::Failed { kind: kind_of(&reason, &REASONS), reason },
        (preimage, _) => {
            let fee = paid.routing_fee_sat.unwrap_or_default();
            Said::Paid { preimage, fee: fee.to_msat().unwrap_or(Msat::MAX) }
        }
    }
}

/// Whether a reason is that of an earlier attempt, which may have succeeded.
fn is_about_another(reason: &str) -> bool {
    ["already", "in progress"].iter().any(|part| reason.contains(part))
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
