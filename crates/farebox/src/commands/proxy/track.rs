//! How far one request is, and what its answer has to say of the money.

use crate::output::harmless;
use bytes::Bytes;
use farebox_buyer::{Charge, Observer, PaymentId, PurchaseState, Step};
use farebox_money::Msat;
use http::{HeaderMap, StatusCode};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use url::Url;

/// A payment for this request, as far as it is known.
#[derive(Clone, Debug)]
pub(super) struct Paid {
    pub(super) charge: Charge,
    pub(super) fee: Msat,
    pub(super) payment: PaymentId,
    /// The transaction that moved a token.
    pub(super) transaction: Option<String>,
    /// Whether an earlier request had paid it already.
    pub(super) resumed: bool,
}

/// What is known after the last step.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Where the last request went.
    pub(super) url: Option<Url>,
    /// The headers of the seller's last 402.
    pub(super) challenge: Option<HeaderMap>,
    /// Its body, as far as it was read.
    pub(super) asked: Bytes,
    pub(super) paid: Option<Paid>,
    /// The head of the answer that is handed over.
    pub(super) head: Option<(StatusCode, HeaderMap)>,
    paying: bool,
    resumed: bool,
}

/// Watches one request.
#[derive(Debug, Default)]
pub(super) struct Track {
    known: Mutex<Known>,
    recorded: Notify,
}

impl Track {
    /// What is known now.
    pub(super) fn known(&self) -> Known {
        self.lock().clone()
    }

    /// Waits until no wallet is paying without its word being written down.
    pub(super) async fn not_paying(&self) {
        let is_paying = self.lock().paying;
        if is_paying {
            self.recorded.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Track {
    fn step(&self, step: &Step<'_>) {
        if let Step::Warning(text) = step {
            tracing::warn!("{}", harmless(text));
        }
        let mut known = self.lock();
        known.take(step);
        if matches!(step, Step::PaidRecorded { .. }) {
            self.recorded.notify_one();
        }
    }
}

impl Known {
    fn take(&mut self, step: &Step<'_>) {
        match *step {
            Step::Requesting { url, .. } => self.url = Some(url.clone()),
            Step::Answered { status: StatusCode::PAYMENT_REQUIRED, headers } => {
                self.challenge = Some(headers.clone());
            }
            Step::PriceRead { body } => self.asked = Bytes::copy_from_slice(body),
            Step::Paying { .. } => self.paying = true,
            Step::Resuming { state, amount, fee, payment_hash } => {
                self.resumed = true;
                if state != PurchaseState::Intended {
                    self.paid_over_lightning(amount, fee, PaymentId::Hash(payment_hash));
                }
            }
            Step::PaidRecorded { amount, fee, payment_hash, .. } => {
                self.paid_over_lightning(amount, fee, PaymentId::Hash(payment_hash));
            }
            Step::TransferResuming { charge, payment, .. } => {
                self.resumed = true;
                self.signed(charge, payment);
            }
            Step::TransferSigned { charge, payment, .. } => self.signed(charge, payment),
            Step::TransferSettled { transaction, .. } => {
                if let Some(paid) = &mut self.paid {
                    paid.transaction = transaction.map(str::to_owned);
                }
            }
            Step::Ended { .. } | Step::TransferEnded { .. } | Step::TransferDead { .. } => {
                self.paid = None;
                (self.paying, self.resumed) = (false, false);
            }
            Step::AnswerHead { status, headers, .. } => {
                self.head = Some((status, headers.clone()));
            }
            _ => {}
        }
    }

    fn paid_over_lightning(&mut self, amount: Msat, fee: Msat, payment: PaymentId) {
        self.paying = false;
        let charge = Charge::Lightning(amount);
        let resumed = self.resumed;
        self.paid = Some(Paid { charge, fee, payment, transaction: None, resumed });
    }

    fn signed(&mut self, charge: &Charge, payment: PaymentId) {
        let (charge, fee, resumed) = (charge.clone(), Msat::ZERO, self.resumed);
        self.paid = Some(Paid { charge, fee, payment, transaction: None, resumed });
    }
}
