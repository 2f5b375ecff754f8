//! One wallet of a play network.

use crate::incoming::{self, Incoming, Page};
use crate::invoice::{self, Draft};
use crate::network::mint;
use crate::outgoing::{Outgoing, State};
use crate::payment::{self, Attempt, Outcome};
use crate::{PlayError, PlayNetwork, random};
use async_trait::async_trait;
use bitcoin::secp256k1::SecretKey;
use farebox_money::Msat;
use farebox_wallet::{
    Capabilities, CreatedInvoice, FailureKind, InvoiceStatus, NewInvoice, PayLimits, PayOutcome,
    Payer, PaymentStatus, Receiver, SettledCursor, Settlements, WalletError, WalletInfo,
};
use farebox_wire::bolt11::{Invoice, Network};
use farebox_wire::lightning::{PaymentHash, Preimage};
use std::time::Duration;

/// Settlements that one call reports at most.
const SETTLEMENTS_MAX: i64 = 1_000;

/// A wallet of a [`PlayNetwork`]: a node that is paid and pays, without fees. Cheap to clone.
#[derive(Clone)]
pub struct PlayWallet {
    pub(crate) network: PlayNetwork,
    pub(crate) wallet_id: i64,
    pub(crate) node_key: SecretKey,
}

impl PlayWallet {
    /// The node's public key, hexadecimal: the payee of its invoices.
    #[must_use]
    pub fn node_id(&self) -> String {
        self.node_key.public_key(&self.network.secp).to_string()
    }

    /// Mints play money into this wallet, once for each `id`; returns whether it was minted now.
    ///
    /// # Errors
    /// [`PlayError::Refused`] for nothing and for more than all bitcoin, [`PlayError::Store`]
    /// when the database cannot be written.
    pub async fn fund_once(&self, id: &str, amount: Msat) -> Result<bool, PlayError> {
        let (wallet_id, id) = (self.wallet_id, id.to_owned());
        let now_ms = self.network.clock.now_ms();
        self.network
            .database
            .write(move |connection| mint(connection, wallet_id, &id, amount, now_ms))
            .await
    }

    /// Signs an invoice and keeps it.
    pub(crate) async fn create_invoice(&self, draft: Draft) -> Result<Incoming, PlayError> {
        draft.check()?;
        let preimage = Preimage::new(random::bytes()?);
        let created_at_s = self.network.clock.now_ms() / 1_000;
        let bolt11 = invoice::sign(
            &self.network.secp,
            &self.node_key,
            &draft,
            &preimage,
            created_at_s.unsigned_abs(),
        )?;
        let invoice = Incoming::of(draft, self.wallet_id, preimage, bolt11, created_at_s);
        self.network
            .database
            .write(move |connection| {
                invoice.insert(connection)?;
                Ok(invoice)
            })
            .await
    }

    /// The invoice of this wallet that `hash` names.
    pub(crate) async fn incoming(&self, hash: PaymentHash) -> Result<Option<Incoming>, PlayError> {
        let wallet_id = self.wallet_id;
        let found =
            self.network.database.read(move |connection| Incoming::find(connection, hash)).await?;
        Ok(found.filter(|invoice| invoice.wallet_id == wallet_id))
    }

    /// The best attempt of this wallet to pay `hash`.
    pub(crate) async fn outgoing(&self, hash: PaymentHash) -> Result<Option<Outgoing>, PlayError> {
        let wallet_id = self.wallet_id;
        let query = move |connection: &_| Outgoing::best(connection, wallet_id, hash);
        Ok(self.network.database.read(query).await?)
    }

    /// The payment of this wallet with an id.
    pub(crate) async fn outgoing_by_id(&self, id: String) -> Result<Option<Outgoing>, PlayError> {
        let wallet_id = self.wallet_id;
        let query = move |connection: &_| Outgoing::by_id(connection, wallet_id, &id);
        Ok(self.network.database.read(query).await?)
    }

    /// The invoices of this wallet, newest first.
    pub(crate) async fn list_incoming(&self, page: Page) -> Result<Vec<Incoming>, PlayError> {
        let wallet_id = self.wallet_id;
        let query = move |connection: &_| Incoming::list(connection, wallet_id, &page);
        Ok(self.network.database.read(query).await?)
    }

    /// The payments of this wallet, newest first.
    pub(crate) async fn list_outgoing(&self, page: Page) -> Result<Vec<Outgoing>, PlayError> {
        let wallet_id = self.wallet_id;
        let query = move |connection: &_| Outgoing::list(connection, wallet_id, &page);
        Ok(self.network.database.read(query).await?)
    }

    /// What can be spent.
    pub(crate) async fn spendable(&self) -> Result<Msat, PlayError> {
        let wallet_id = self.wallet_id;
        let read = self
            .network
            .database
            .read(move |connection| Ok(payment::spendable(connection, wallet_id)));
        read.await?
    }

    /// An attempt of this wallet to pay an invoice that was read from `bolt11`.
    pub(crate) fn attempt(&self, bolt11: &str, invoice: Invoice, amount: Msat) -> Attempt {
        Attempt {
            wallet_id: self.wallet_id,
            bolt11: canonical(bolt11),
            invoice,
            amount,
            now_ms: self.network.clock.now_ms(),
        }
    }

    /// Pays, as far as the faults let it; goes on to its end when the caller goes away.
    pub(crate) async fn carry_out(&self, attempt: Attempt) -> Result<Outcome, PlayError> {
        let network = self.network.clone();
        let payment = tokio::spawn(async move {
            let outcome = network.carry_out(attempt).await?;
            if let Outcome::Recorded(Outgoing { state: State::Paid(_), .. }) = &outcome {
                network.settled.send_replace(());
            }
            network.faults.delay_answer().await;
            Ok(outcome)
        });
        payment.await.map_err(|_| farebox_store::StoreError::Closed)?
    }

    async fn settled_after(&self, cursor: SettledCursor) -> Result<Settlements, PlayError> {
        let wallet_id = self.wallet_id;
        // No wallet comes to count beyond what a cursor of ours says.
        let after = i64::try_from(cursor.0).unwrap_or(i64::MAX);
        let query = move |connection: &_| {
            incoming::settled_after(connection, wallet_id, after, SETTLEMENTS_MAX)
        };
        let settled = self.network.database.read(query).await?;
        let next = settled.last().map_or(cursor, |(seq, _)| SettledCursor(seq.unsigned_abs()));
        let hashes = settled.into_iter().map(|(_, hash)| hash).collect();
        Ok(Settlements { hashes, next })
    }
}

impl PlayNetwork {
    async fn carry_out(&self, attempt: Attempt) -> Result<Outcome, PlayError> {
        if !self.faults.interrupts() {
            return self.database.write(move |connection| payment::pay(connection, &attempt)).await;
        }
        let recorded = attempt.clone();
        let begun =
            self.database.write(move |connection| payment::begin(connection, &recorded)).await?;
        let Outcome::Recorded(pending) = begun else {
            return Ok(begun);
        };
        let failure = self.faults.interrupt().await;
        let attempt = Attempt { now_ms: self.clock.now_ms(), ..attempt };
        self.database
            .write(move |connection| payment::finish(connection, &attempt, pending, failure))
            .await
            .map(Outcome::Recorded)
    }
}

#[async_trait]
impl Receiver for PlayWallet {
    async fn create(&self, invoice: NewInvoice) -> Result<CreatedInvoice, WalletError> {
        let draft = Draft {
            amount: Some(invoice.amount),
            description: invoice.description,
            expiry_s: invoice.expiry_s,
            external_id: None,
        };
        let created = self.create_invoice(draft).await?;
        Ok(CreatedInvoice {
            payment_hash: created.hash,
            expires_at: (created.expires_at_ms / 1_000).unsigned_abs(),
            bolt11: created.bolt11,
        })
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<InvoiceStatus, WalletError> {
        let now_ms = self.network.clock.now_ms();
        Ok(match self.incoming(hash).await? {
            None => InvoiceStatus::Unknown,
            Some(invoice) => match invoice.settled {
                Some(settled) => InvoiceStatus::Settled { amount: settled.received },
                None if invoice.expires_at_ms <= now_ms => InvoiceStatus::Expired,
                None => InvoiceStatus::Open,
            },
        })
    }

    async fn settled_since(
        &self,
        cursor: SettledCursor,
        wait: Duration,
    ) -> Result<Settlements, WalletError> {
        // Subscribed before the look, so that no settlement falls in between.
        let mut told = self.network.settled.subscribe();
        let now = self.settled_after(cursor).await?;
        if !now.hashes.is_empty() {
            return Ok(now);
        }
        let later = async {
            loop {
                // Fails only when the sender is gone, which `self` holds.
                let _ = told.changed().await;
                let settlements = self.settled_after(cursor).await?;
                if !settlements.hashes.is_empty() {
                    return Ok(settlements);
                }
            }
        };
        tokio::time::timeout(wait, later).await.unwrap_or(Ok(now))
    }
}

#[async_trait]
impl Payer for PlayWallet {
    async fn pay(&self, bolt11: &str, limits: PayLimits) -> Result<PayOutcome, WalletError> {
        let invoice =
            Invoice::decode(bolt11).map_err(|error| WalletError::Refused(error.to_string()))?;
        let amount = invoice
            .amount
            .ok_or_else(|| WalletError::Refused("the invoice names no amount".into()))?;
        let payment = self.carry_out(self.attempt(bolt11, invoice, amount));
        match tokio::time::timeout(limits.wait, payment).await {
            Ok(Ok(outcome)) => Ok(pay_outcome(outcome)),
            Ok(Err(error)) => {
                tracing::error!(%error, "the outcome of a play payment is not known");
                Ok(PayOutcome::Pending)
            }
            Err(_) => Ok(PayOutcome::Pending),
        }
    }

    async fn status(&self, hash: PaymentHash) -> Result<PaymentStatus, WalletError> {
        let state = self.outgoing(hash).await?.map(|payment| payment.state);
        Ok(match state {
            None => PaymentStatus::NeverTried,
            Some(State::Pending) => PaymentStatus::Pending,
            Some(State::Failed(reason)) => PaymentStatus::Failed { reason },
            Some(State::Paid(preimage)) => PaymentStatus::Paid { preimage, fee: Msat::ZERO },
        })
    }

    async fn balance(&self) -> Result<Msat, WalletError> {
        Ok(self.spendable().await?)
    }

    async fn info(&self) -> Result<WalletInfo, WalletError> {
        let capabilities = Capabilities { fee_limit: true };
        let node_id = self.node_id().parse().ok();
        Ok(WalletInfo { network: Network::Regtest, capabilities, node_id })
    }

    fn worst_fee(&self, _amount: Msat) -> Msat {
        Msat::ZERO
    }
}

/// An invoice as its payee wrote it: in lower case, without the prefix that links carry.
fn canonical(bolt11: &str) -> String {
    let text = bolt11.trim().to_lowercase();
    match text.strip_prefix("lightning:") {
        Some(bare) => bare.to_owned(),
        None => text,
    }
}

fn pay_outcome(outcome: Outcome) -> PayOutcome {
    match outcome {
        Outcome::Recorded(payment) | Outcome::AlreadyPaid(payment) => match payment.state {
            State::Pending => PayOutcome::Pending,
            State::Paid(preimage) => PayOutcome::Paid { preimage, fee: Msat::ZERO },
            State::Failed(reason) => PayOutcome::Failed { kind: FailureKind::Other, reason },
        },
        Outcome::AlreadyInProgress => PayOutcome::Pending,
        Outcome::Refused(refusal) => {
            PayOutcome::Failed { kind: refusal.kind(), reason: refusal.reason().into() }
        }
    }
}
