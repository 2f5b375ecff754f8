//! Paying invoices: at most once each.

use super::invoices::payment_hash;
use super::{Lightning, LightningError, Notice, blocking};
use crate::store::{Attempt, Begun, Outgoing, State};
use ldk_node::NodeError;
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::lightning::routing::router::RouteParametersConfig;
use ldk_node::lightning_invoice::Bolt11Invoice;
use ldk_node::lightning_types::payment::PaymentHash;
use ldk_node::payment::PaymentStatus;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::{Instant, timeout_at};

/// What phoenixd takes for a payment, and clients of its API reckon with: 4 satoshis …
const DEFAULT_FEE_BASE_MSAT: u64 = 4_000;
/// … and 0.4 % of the amount.
const DEFAULT_FEE_PER_MILLE: u64 = 4;
/// A payment that takes longer is reported as under way; it goes on.
const WAIT_MAX: Duration = Duration::from_secs(300);
/// A channel carries only so many payments at once, so one that finds no route while others are
/// under way is tried again.
const CROWDED_TRIES: u32 = 20;
const CROWDED_PAUSE: Duration = Duration::from_millis(250);

/// An invoice to pay.
#[derive(Debug)]
pub(crate) struct PayRequest {
    pub(crate) invoice: Bolt11Invoice,
    /// What the recipient is to have.
    pub(crate) amount_msat: u64,
    /// The most that routing may cost; `None` for what phoenixd would take.
    pub(crate) fee_max_msat: Option<u64>,
}

/// How paying went.
#[derive(Debug)]
pub(crate) enum Paying {
    /// It was made or failed just now.
    Ended(Outgoing),
    /// Nothing was tried; the text says why.
    NotTried(&'static str),
    /// The invoice was paid before.
    AlreadyPaid,
    /// This attempt or another may still succeed.
    UnderWay,
}

impl PayRequest {
    fn fee_limit_msat(&self) -> u64 {
        self.fee_max_msat.unwrap_or_else(|| {
            let share = self.amount_msat.saturating_mul(DEFAULT_FEE_PER_MILLE).div_ceil(1_000);
            share.saturating_add(DEFAULT_FEE_BASE_MSAT)
        })
    }
}

/// Pays an invoice and waits for the outcome. What has begun goes on when nobody waits any more.
///
/// # Errors
///
/// The record cannot be read or written; the payment may be under way then.
pub(crate) async fn pay(
    lightning: &Arc<Lightning>,
    request: PayRequest,
) -> Result<Paying, LightningError> {
    let Ok(_turn) = lightning.paying.try_acquire() else {
        return Ok(Paying::NotTried("too many payments are under way"));
    };
    let mut notices = lightning.notices();
    let begun = blocking(lightning, move |lightning| lightning.begin_payment(&request));
    match begun.await? {
        Started::Sent(id) => wait_for_end(lightning, id, &mut notices).await,
        Started::Not(paying) => Ok(paying),
    }
}

enum Started {
    /// The attempt with this id is under way, or has failed at once.
    Sent(String),
    Not(Paying),
}

async fn wait_for_end(
    lightning: &Arc<Lightning>,
    id: String,
    notices: &mut broadcast::Receiver<Notice>,
) -> Result<Paying, LightningError> {
    let deadline = Instant::now() + WAIT_MAX;
    loop {
        let wanted = id.clone();
        let found = blocking(lightning, move |lightning| lightning.outgoing_by_id(&wanted));
        if let Some(payment) = found.await?.filter(|payment| payment.state != State::Pending) {
            return Ok(Paying::Ended(payment));
        }
        loop {
            match timeout_at(deadline, notices.recv()).await {
                Err(_) => return Ok(Paying::UnderWay),
                // A reader that lags behind looks for itself.
                Ok(Ok(Notice::Ended(_)) | Err(broadcast::error::RecvError::Lagged(_))) => break,
                Ok(Ok(Notice::Received(_) | Notice::Held(_))) => {}
                Ok(Err(broadcast::error::RecvError::Closed)) => return Ok(Paying::UnderWay),
            }
        }
    }
}

impl Lightning {
    fn begin_payment(&self, request: &PayRequest) -> Result<Started, LightningError> {
        let hash = payment_hash(&request.invoice);
        if self.store.incoming(hash)?.is_some() {
            return Ok(Started::Not(Paying::NotTried("the invoice is one of this node's own")));
        }
        if request.invoice.is_expired() {
            return Ok(Started::Not(Paying::NotTried("the invoice is expired")));
        }
        let invoice = request.invoice.to_string();
        let attempt = Attempt { hash, invoice, amount_msat: request.amount_msat };
        match self.store.begin(&attempt)? {
            Begun::AlreadyPaid => Ok(Started::Not(Paying::AlreadyPaid)),
            Begun::UnderWay => Ok(Started::Not(Paying::UnderWay)),
            Begun::New(id) => self.send(request, &attempt).map(|()| Started::Sent(id)),
        }
    }

    /// Hands a recorded attempt to the library, and records it as failed if that refuses it.
    fn send(&self, request: &PayRequest, attempt: &Attempt) -> Result<(), LightningError> {
        let hash = attempt.hash;
        match self.send_when_there_is_room(request, hash)? {
            Ok(_) => Ok(()),
            Err(NodeError::DuplicatePayment) => self.take_over_earlier(attempt),
            // It may have left before the library could write that down; its event will tell.
            Err(NodeError::PersistenceFailed) => Err(NodeError::PersistenceFailed.into()),
            Err(error) => {
                let reason = self.refusal(request, error);
                tracing::info!(%hash, reason, "a payment was not sent");
                Ok(self.store.failed(hash, reason)?)
            }
        }
    }

    fn send_when_there_is_room(
        &self,
        request: &PayRequest,
        hash: PaymentHash,
    ) -> Result<Result<PaymentId, NodeError>, LightningError> {
        let limits = RouteParametersConfig {
            max_total_routing_fee_msat: Some(request.fee_limit_msat()),
            ..RouteParametersConfig::default()
        };
        let payments = self.node.bolt11_payment();
        for _ in 0..CROWDED_TRIES {
            let sent = match request.invoice.amount_milli_satoshis() {
                Some(amount) if amount == request.amount_msat => {
                    payments.send(&request.invoice, Some(limits))
                }
                _ => {
                    payments.send_using_amount(&request.invoice, request.amount_msat, Some(limits))
                }
            };
            let others = || {
                self.store
                    .pending()
                    .map(|pending| pending.iter().any(|payment| payment.hash != hash))
            };
            // Nothing was sent then, so that it may be tried again.
            if sent == Err(NodeError::PaymentSendingFailed) && others()? {
                std::thread::sleep(CROWDED_PAUSE);
                continue;
            }
            return Ok(sent);
        }
        Ok(Err(NodeError::PaymentSendingFailed))
    }

    /// The library knows a payment of this hash that the record did not: from then on the record
    /// follows it.
    fn take_over_earlier(&self, attempt: &Attempt) -> Result<(), LightningError> {
        let hash = attempt.hash;
        let details = self.node.payment(&PaymentId(hash.0));
        if let Some(details) = details.filter(|made| made.status == PaymentStatus::Succeeded)
            && let Some(preimage) = super::events::kind_preimage(&details.kind)
        {
            let fee_msat = details.fee_paid_msat.unwrap_or(0);
            self.store.paid(attempt, preimage, fee_msat)?;
        }
        Ok(())
    }

    /// Why the library did not send, with the words that clients of phoenixd look for.
    fn refusal(&self, request: &PayRequest, error: NodeError) -> &'static str {
        let channels = self.node.list_channels();
        let usable = channels.iter().filter(|channel| channel.is_usable);
        let funds_msat: u64 = usable.map(|channel| channel.outbound_capacity_msat).sum();
        match error {
            _ if funds_msat < request.amount_msat => "not enough funds in the channels",
            NodeError::PaymentSendingFailed => {
                "the recipient was not reachable: no route within the fee limit"
            }
            NodeError::InvalidAmount | NodeError::InvalidInvoice => {
                "the amount is less than the invoice asks for"
            }
            _ => "the payment could not be sent",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldk_node::bitcoin::hashes::{Hash, sha256};
    use ldk_node::bitcoin::secp256k1::{Secp256k1, SecretKey};
    use ldk_node::lightning_invoice::{Currency, InvoiceBuilder};
    use ldk_node::lightning_types::payment::PaymentSecret;

    fn request(amount_msat: u64, fee_max_msat: Option<u64>) -> PayRequest {
        let key = SecretKey::from_slice(&[1; 32]).unwrap();
        let invoice = InvoiceBuilder::new(Currency::Regtest)
            .description(String::new())
            .payment_hash(sha256::Hash::hash(&[0]))
            .payment_secret(PaymentSecret([0; 32]))
            .current_timestamp()
            .min_final_cltv_expiry_delta(144)
            .build_signed(|message| Secp256k1::new().sign_ecdsa_recoverable(message, &key))
            .unwrap();
        PayRequest { invoice, amount_msat, fee_max_msat }
    }

    #[test]
    fn without_a_limit_the_fee_is_at_most_what_phoenixd_takes() {
        assert_eq!(request(0, None).fee_limit_msat(), 4_000);
        assert_eq!(request(1_000_000, None).fee_limit_msat(), 8_000);
        assert_eq!(request(1, None).fee_limit_msat(), 4_001);
        assert_eq!(request(1_000_000, Some(0)).fee_limit_msat(), 0);
    }
}
