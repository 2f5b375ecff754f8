//! A connected wallet that pays.

use super::Nwc;
use super::answers::{Balance, Info, Paid, Transaction};
use super::exchange::{NwcError, Reply};
use crate::http::harmless;
use crate::invoice::{Payable, network, per_mille};
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

/// What wallets keep back for fees: 10 satoshis …
const FEE_MIN: Msat = Msat::new(10_000);
/// … or 1 % of the amount, whichever is more.
const FEE_PER_MILLE: u64 = 10;

/// Parts of reasons for which a payment may have been made, or still be.
const UNCERTAIN: [&str; 5] = ["already", "progress", "pending", "flight", "time"];

#[async_trait]
impl Payer for Nwc {
    /// The fee limit does not bind: NIP-47 has none.
    async fn pay(&self, bolt11: &str, limits: PayLimits) -> Result<PayOutcome, WalletError> {
        paying::pay(self, bolt11, limits).await
    }

    async fn status(&self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        paying::status(self, hash).await
    }

    async fn balance(&self) -> Result<Msat, WalletError> {
        let balance: Balance = self.ask("get_balance", &json!({})).await?.result()?;
        Ok(balance.balance)
    }

    /// A wallet that names no network is on the main one.
    async fn info(&self) -> Result<WalletInfo, WalletError> {
        let info: Info = self.ask("get_info", &json!({})).await?.result()?;
        let chain = info.network.filter(|chain| !chain.is_empty());
        let network = network(chain.as_deref().unwrap_or("mainnet"))?;
        let node_id = NodeId::said(info.pubkey.as_deref());
        Ok(WalletInfo { network, capabilities: Capabilities { fee_limit: false }, node_id })
    }

    fn worst_fee(&self, amount: Msat) -> Msat {
        per_mille(amount, FEE_PER_MILLE).max(FEE_MIN)
    }
}

#[async_trait]
impl Sender for Nwc {
    fn sent(&self) -> &Sent {
        &self.sent
    }

    async fn send(&self, invoice: &Payable, limits: PayLimits) -> Said {
        let parameters = json!({ "invoice": invoice.bolt11 });
        match self.ask_once::<Paid>("pay_invoice", &parameters, limits.wait).await {
            Ok(Reply::Result(paid)) => {
                let fee = paid.fees_paid.unwrap_or_default();
                Said::Paid { preimage: paid.preimage, fee }
            }
            Ok(Reply::Error(error)) => refused(error),
            Ok(Reply::Unreadable(reason)) => Said::Unclear(reason),
            Err(unanswered) => unanswered.into(),
        }
    }

    async fn look_up(&self, hash: PaymentHash) -> Result<Option<PaymentStatus>, WalletError> {
        self.find(hash).await?.map_or(Ok(None), |found| found.payment(hash))
    }
}

impl Nwc {
    /// What the wallet knows of a payment hash.
    pub(super) async fn find(&self, hash: PaymentHash) -> Result<Option<Transaction>, WalletError> {
        let parameters = json!({ "payment_hash": hash.to_string() });
        match self.ask("lookup_invoice", &parameters).await? {
            Reply::Error(error) if error.code == "NOT_FOUND" => Ok(None),
            other => other.result().map(Some),
        }
    }
}

/// What an error in place of a payment means.
fn refused(error: NwcError) -> Said {
    let reason = harmless(&error.message);
    let lower = reason.to_ascii_lowercase();
    let is_uncertain = UNCERTAIN.iter().any(|part| lower.contains(part));
    let failed = |kind| Said::Failed { kind, reason: reason.clone() };
    match error.code.as_str() {
        "UNAUTHORIZED"
        | "RESTRICTED"
        | "RATE_LIMITED"
        | "NOT_IMPLEMENTED"
        | "UNSUPPORTED_ENCRYPTION" => Said::Refused(error.into()),
        "INSUFFICIENT_BALANCE" | "QUOTA_EXCEEDED" => failed(FailureKind::InsufficientBalance),
        "PAYMENT_FAILED" if !is_uncertain && lower.contains("expired") => {
            failed(FailureKind::Refused)
        }
        "PAYMENT_FAILED" if !is_uncertain => failed(FailureKind::NoRoute),
        _ => Said::Earlier { reason },
    }
}
