//! Core Lightning as a wallet that pays.

use super::Cln;
use super::answers::{Funds, NodeInfo, Paid, Payments};
use super::rpc::{Reply, RpcError};
use crate::http::harmless;
use crate::invoice::{Payable, network};
use crate::paying::{self, Said, Sender};
use crate::sent::Sent;
use crate::{
    Capabilities, FailureKind, NodeId, PayLimits, PayOutcome, Payer, PaymentStatus, WalletError,
    WalletInfo,
};
use async_trait::async_trait;
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use serde_json::json;
use std::time::Duration;

/// How much earlier than its caller the node stops looking for ways, so that its word comes in
/// time.
const MARGIN_S: u64 = 2;

/// The codes of `xpay` that are about another attempt than this one: in progress, the payment
/// hash used already, paid already.
const EARLIER: [i64; 3] = [200, 201, 219];

#[async_trait]
impl Payer for Cln {
    async fn pay(&self, bolt11: &str, limits: PayLimits) -> Result<PayOutcome, WalletError> {
        paying::pay(self, bolt11, limits).await
    }

    async fn status(&self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        paying::status(self, hash).await
    }

    /// What is ours in the channels that work.
    async fn balance(&self) -> Result<Msat, WalletError> {
        let funds: Funds = self.read("listfunds", &json!({})).await?;
        let working = funds.channels.iter().filter(|channel| channel.state == "CHANNELD_NORMAL");
        working
            .map(|channel| channel.our_amount_msat)
            .try_fold(Msat::ZERO, Msat::checked_add)
            .ok_or_else(|| WalletError::Unreadable("more than all bitcoin".into()))
    }

    async fn info(&self) -> Result<WalletInfo, WalletError> {
        let info: NodeInfo = self.read("getinfo", &json!({})).await?;
        let network = network(&info.network)?;
        let node_id = NodeId::said(info.id.as_deref());
        Ok(WalletInfo { network, capabilities: Capabilities { fee_limit: true }, node_id })
    }

    fn worst_fee(&self, _amount: Msat) -> Msat {
        Msat::ZERO
    }
}

#[async_trait]
impl Sender for Cln {
    fn sent(&self) -> &Sent {
        &self.sent
    }

    async fn send(&self, invoice: &Payable, limits: PayLimits) -> Said {
        let parameters = json!({
            "invstring": invoice.bolt11,
            "maxfee": limits.fee_max,
            "retry_for": limits.wait.as_secs().saturating_sub(MARGIN_S).clamp(1, u32::MAX.into()),
        });
        match self.call::<Paid>("xpay", &parameters, limits.wait).await {
            Ok(Reply::Result(paid)) => {
                let fee = paid.fee();
                Said::Paid { preimage: paid.payment_preimage, fee }
            }
            Ok(Reply::Error(error)) => failed(error),
            Ok(Reply::Other(WalletError::Unauthorized)) => Said::Refused(WalletError::Unauthorized),
            Ok(Reply::Other(error)) => Said::Unclear(error.to_string()),
            Err(unanswered) => unanswered.into(),
        }
    }

    async fn look_up(&self, hash: PaymentHash) -> Result<Option<PaymentStatus>, WalletError> {
        let parameters = json!({ "payment_hash": hash.to_string() });
        let reply = self.call::<Payments>("listpays", &parameters, Duration::ZERO).await?;
        reply.result()?.status(hash)
    }
}

/// What an error of `xpay` means.
fn failed(error: RpcError) -> Said {
    if error.is_refusal() {
        return Said::Refused(error.into());
    }
    let reason = harmless(&error.message);
    if EARLIER.contains(&error.code) {
        return Said::Earlier { reason };
    }
    let kind = match error.code {
        203 | 207 => FailureKind::Refused,
        205 | 206 | 210 => FailureKind::NoRoute,
        _ => FailureKind::Other,
    };
    Said::Failed { kind, reason }
}
