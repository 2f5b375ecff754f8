//! phoenixd as a wallet that pays.

use super::Phoenixd;
use super::answers::{Balance, Outgoing, Paid};
use crate::http::Answer;
use crate::invoice::{Payable, network, per_mille};
use crate::paying::{self, Said, Sender, kind_of};
use crate::sent::Sent;
use crate::{
    Capabilities, FailureKind, NodeId, PayLimits, PayOutcome, Payer, PaymentStatus, WalletError,
    WalletInfo,
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
    /// The fee limit binds only where the node says so: phoenixd has none. phoenixd's fee is
    /// reported in whole satoshis, rounded down, as it says it here; [`Payer::status`] has it
    /// exactly.
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
        let info = self.node_info().await?;
        let network = network(&info.chain)?;
        let capabilities = Capabilities { fee_limit: self.api.extensions.learn(&info) };
        let node_id = NodeId::said(info.node_id.as_deref());
        Ok(WalletInfo { network, capabilities, node_id })
    }

    fn worst_fee(&self, amount: Msat) -> Msat {
        match self.api.extensions.fee_limit() {
            Some(true) => Msat::ZERO,
            Some(false) | None => dearest(amount),
        }
    }
}

#[async_trait]
impl Sender for Phoenixd {
    fn sent(&self) -> &Sent {
        &self.sent
    }

    async fn send(&self, invoice: &Payable, limits: PayLimits) -> Said {
        let limit = match self.fee_limit(invoice.amount, limits.fee_max).await {
            Ok(limit) => limit,
            Err(error) => return Said::Refused(error),
        };
        let limit = limit.map(|limit| limit.get().to_string());
        let mut form = vec![("invoice", invoice.bolt11.as_str())];
        form.extend(limit.as_deref().map(|limit| ("maxFeeMsat", limit)));
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

impl Phoenixd {
    /// The fee limit to be sent, where the node takes one. A node that has taken one before and
    /// no longer does is not paid from beyond what its caller reckoned with.
    async fn fee_limit(&self, amount: Msat, fee_max: Msat) -> Result<Option<Msat>, WalletError> {
        if self.takes_fee_limit().await? {
            return Ok(Some(fee_max));
        }
        if self.api.extensions.promised() && dearest(amount) > fee_max {
            let text = "the node no longer takes a fee limit, and may charge more";
            return Err(WalletError::Refused(text.into()));
        }
        Ok(None)
    }
}

/// The most that a payment may cost on top where phoenixd has its own way.
fn dearest(amount: Msat) -> Msat {
    let fee = FEE_BASE.checked_add(per_mille(amount, FEE_PER_MILLE)).unwrap_or(Msat::MAX);
    fee.to_sats_ceil().to_msat().unwrap_or(Msat::MAX)
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
            let whole = paid.routing_fee_sat.unwrap_or_default().to_msat();
            let fee = paid.routing_fee_msat.or(whole).unwrap_or(Msat::MAX);
            Said::Paid { preimage, fee }
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
