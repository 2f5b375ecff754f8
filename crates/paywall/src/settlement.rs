//! Getting the money of a payment in. That it is begun is written down first, so that a crash in
//! between neither loses the money nor takes it twice.

use crate::admission::Refusal;
use crate::answer::KeptAnswer;
use crate::collection::{Collected, Verdict};
use crate::payment::Rail;
use crate::paywall::Paywall;
use crate::problem::Problem;
use crate::redeem::store_failed;
use crate::redemption::{End, Reservation};
use crate::unavailable::Unavailable;
use std::sync::Arc;
use std::time::Duration;

/// What has not been collected by then is asked for again at the next request.
const COLLECT_TIMEOUT: Duration = Duration::from_secs(120);

impl Paywall {
    /// Collects for a reservation; `kept` is its answer, if that is there already. Where the money
    /// arrived. Otherwise the reservation is over, or waits for the same credential.
    pub(crate) async fn collect_reserved(
        &self,
        verdict: &Verdict,
        kept: Option<&KeptAnswer>,
    ) -> Result<String, Refusal> {
        let key = verdict.usage.payment.key;
        let begun = self.redemptions().await_settlement(key, kept.cloned(), self.now()).await;
        if let Err(error) = begun {
            // Nothing is collected that is not written down: the payment is free again.
            let _ = self.end(key, End::Release).await;
            return Err(store_failed(error));
        }
        self.collect_begun(verdict).await
    }

    /// Collects for a payment whose settlement this process has begun or taken up.
    pub(crate) async fn collect_begun(&self, verdict: &Verdict) -> Result<String, Refusal> {
        let collection = Arc::clone(&verdict.collection);
        let mut collecting = tokio::spawn(async move { collection.collect().await });
        let collected = match tokio::time::timeout(COLLECT_TIMEOUT, &mut collecting).await {
            Ok(Ok(collected)) => collected,
            Ok(Err(error)) => {
                tracing::error!(%error, "whether a payment was collected is not known");
                Collected::Unknown(Unavailable::PaymentPending)
            }
            Err(_) => {
                collecting.abort();
                Collected::Unknown(Unavailable::PaymentPending)
            }
        };
        let (end, refusal) = match collected {
            Collected::Yes(settled_as) => return Ok(settled_as),
            Collected::No(problem) => (End::Release, Refusal::Problem(problem)),
            Collected::Unknown(why) => (End::Unknown, Refusal::Unavailable(why)),
        };
        self.end(verdict.usage.payment.key, end).await.map_err(store_failed)?;
        Err(refusal)
    }

    /// Collects and records the first use of a payment that is good for many requests. Where its
    /// money arrived, if it bought what it is used for.
    pub(crate) async fn open_subject(&self, verdict: &Verdict) -> Result<String, Refusal> {
        if verdict.usage.payment.rail == Rail::Lightning {
            return self.open_with_token(verdict).await;
        }
        let usage = &verdict.usage;
        let opened = self.redemptions().opened(usage.clone(), self.now()).await;
        if let Some(settled_as) = opened.map_err(store_failed)? {
            return Ok(settled_as);
        }
        let reserved = self.redemptions().reserve(usage.clone(), self.now()).await;
        let settled_as = match reserved.map_err(store_failed)? {
            Reservation::Reserved { settled_as: Some(settled_as) } => settled_as,
            Reservation::Reserved { settled_as: None } => {
                self.collect_reserved(verdict, None).await?
            }
            Reservation::Settling(_) => self.collect_begun(verdict).await?,
            Reservation::InProgress => {
                return Err(Refusal::Unavailable(Unavailable::InProgress));
            }
            Reservation::OfAnotherRequest => return Err(Problem::OfAnotherRequest.into()),
            Reservation::Answered(_) | Reservation::RunAgain { .. } | Reservation::Used => {
                // Another request may have opened it in this moment.
                let opened = self.redemptions().opened(usage.clone(), self.now()).await;
                return opened.map_err(store_failed)?.ok_or_else(|| Problem::Used.into());
            }
        };
        let end = End::Finish { answer: None, settled_as: settled_as.clone() };
        self.end(usage.payment.key, end).await.map_err(store_failed)?;
        self.count_admitted();
        Ok(settled_as)
    }

    /// The money of a token is here, and the token itself says when it expires.
    async fn open_with_token(&self, verdict: &Verdict) -> Result<String, Refusal> {
        let usage = &verdict.usage;
        let settled_as = usage.payment.reference.clone();
        let bought = (usage.payment.key, usage.request_digest);
        if self.knows_recorded(&bought) {
            return Ok(settled_as);
        }
        let record = self.redemptions().record(usage.clone(), settled_as.clone(), self.now());
        if !record.await.map_err(store_failed)? {
            return Err(Problem::Used.into());
        }
        self.note_recorded(bought);
        self.count_admitted();
        Ok(settled_as)
    }
}
