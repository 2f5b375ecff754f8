//! LND as a wallet that pays.

use super::Lnd;
use super::answers::{ChannelBalance, NodeInfo, Payment};
use super::rpc::{Reply, RpcError};
use crate::http::{READ_WAIT, Unanswered};
use crate::invoice::{Payable, network};
use crate::paying::{self, Said, Sender};
use crate::sent::Sent;
use crate::{
    Capabilities, FailureKind, NodeId, PayLimits, PayOutcome, Payer, PaymentStatus, WalletError,
    WalletInfo,
};
use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;
use farebox_money::Msat;
use farebox_wire::lightning::PaymentHash;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

/// How much earlier than its caller LND stops looking for ways, so that its word comes in time.
const MARGIN_S: u64 = 2;

#[async_trait]
impl Payer for Lnd {
    /// A fee limit of nothing lets LND take routes without a fee only.
    async fn pay(&self, bolt11: &str, limits: PayLimits) -> Result<PayOutcome, WalletError> {
        paying::pay(self, bolt11, limits).await
    }

    async fn status(&self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        paying::status(self, hash).await
    }

    async fn balance(&self) -> Result<Msat, WalletError> {
        let balance: ChannelBalance = self.read("/v1/balance/channels", &[]).await?;
        Ok(Msat::new(balance.local_balance.msat))
    }

    async fn info(&self) -> Result<WalletInfo, WalletError> {
        let info: NodeInfo = self.read("/v1/getinfo", &[]).await?;
        let chain = info.chains.first().map(|chain| chain.network.as_str());
        let network = network(chain.unwrap_or_default())?;
        let node_id = NodeId::said(info.identity_pubkey.as_deref());
        Ok(WalletInfo { network, capabilities: Capabilities { fee_limit: true }, node_id })
    }

    fn worst_fee(&self, _amount: Msat) -> Msat {
        Msat::ZERO
    }
}

#[async_trait]
impl Sender for Lnd {
    fn sent(&self) -> &Sent {
        &self.sent
    }

    async fn send(&self, invoice: &Payable, limits: PayLimits) -> Said {
        let body = json!({
            "payment_request": invoice.bolt11,
            "timeout_seconds": seconds(limits.wait),
            "fee_limit_msat": limits.fee_max.get().to_string(),
            "no_inflight_updates": true,
        });
        let request = self.http.post_json("/v2/router/send", &body);
        match self.first::<Payment>(request, limits.wait).await {
            Ok(Reply::Result(payment)) => said(payment),
            Ok(Reply::Error(error)) => refused(error),
            Ok(Reply::Other(WalletError::Unauthorized)) => Said::Refused(WalletError::Unauthorized),
            Ok(Reply::Other(error)) => Said::Unclear(error.to_string()),
            Err(unanswered) => unanswered.into(),
        }
    }

    async fn look_up(&self, hash: PaymentHash) -> Result<Option<PaymentStatus>, WalletError> {
        let name = BASE64_URL_SAFE.encode(hash.as_bytes());
        let path = format!("/v2/router/track/{name}");
        // With updates: a payment under way is silent without them.
        let query = [("no_inflight_updates", "false")];
        let request = self.http.request(Method::GET, &path, &query);
        let first: Result<Reply<Payment>, Unanswered> = self.first(request, READ_WAIT).await;
        match first? {
            Reply::Result(payment) => payment.status(hash).map(Some),
            Reply::Error(error) if error.is_not_found() => Ok(None),
            Reply::Error(error) => Err(error.into()),
            Reply::Other(error) => Err(error),
        }
    }
}

fn said(payment: Payment) -> Said {
    match payment.status.as_str() {
        "SUCCEEDED" => {
            let fee = Msat::new(payment.fee_msat);
            Said::Paid { preimage: Some(payment.payment_preimage), fee }
        }
        "FAILED" => {
            let (kind, reason) = payment.failure();
            Said::Failed { kind, reason }
        }
        _ => Said::Pending,
    }
}

/// What an error in place of a payment means.
fn refused(error: RpcError) -> Said {
    if error.is_already_exists() {
        return Said::Earlier { reason: crate::http::harmless(&error.message) };
    }
    if error.is_unauthorized() {
        return Said::Refused(WalletError::Unauthorized);
    }
    let reason = crate::http::harmless(&error.message);
    if error.is_unclear() {
        return Said::Unclear(reason);
    }
    let kind = if reason.contains("expired") { FailureKind::Refused } else { FailureKind::Other };
    Said::Failed { kind, reason }
}

/// How long LND may look for ways: whole seconds, at least one.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_sub(MARGIN_S).clamp(1, i32::MAX.unsigned_abs().into())
}
