//! From a verdict to an answer: the payment is reserved, its money collected, the handler run,
//! in the order that the rail and the route ask for.

use crate::admission::Refusal;
use crate::answer::{self, KeptAnswer, Outcome, infallible};
use crate::collection::Verdict;
use crate::layer::ChargeLayer;
use crate::payment::{PaymentId, Rail};
use crate::problem::Problem;
use crate::redemption::{End, Reservation};
use crate::unavailable::Unavailable;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use farebox_store::StoreError;
use farebox_wire::l402::TokenKind;
use http::{HeaderName, HeaderValue, Request, header};
use std::convert::Infallible;
use tower::Service;

/// What became of the payment, for the payer.
const PAYMENT_STATE: HeaderName = HeaderName::from_static("x-payment-state");
const UNSPENT: &str = "unspent; the same Authorization is good for another request to this route";
const UNSPENT_SAME: &str = "unspent; the same payment is good for this very request again";
const NOT_CHARGED: &str =
    "not charged; the same payment is good for this very request until it expires";

impl ChargeLayer {
    /// Answers a request whose credential is good.
    pub(crate) async fn redeem<S>(
        &self,
        verdict: Verdict,
        mut inner: S,
        mut request: Request<Body>,
    ) -> Result<Response, Refusal>
    where
        S: Service<Request<Body>, Response = Response, Error = Infallible> + Send + 'static,
        S::Future: Send,
    {
        request.extensions_mut().insert(PaymentId::of(verdict.usage.payment.key));
        let till = self.clone();
        // A task of its own from the first write to the last: a client that goes away must not
        // leave its payment reserved, and finds the answer when it comes back.
        let task = if verdict.usage.kind == TokenKind::TimeBounded {
            let opened = verdict.clone();
            let opening = async move { till.paywall().open_subject(&opened).await };
            let settled_as = joined(tokio::spawn(opening).await)?;
            let response = infallible(inner.call(request).await);
            return Ok(self.with_receipt(response, &verdict, &settled_as));
        } else {
            tokio::spawn(async move { till.redeem_once(verdict, inner, request).await })
        };
        joined(task.await)
    }

    async fn redeem_once<S>(
        &self,
        verdict: Verdict,
        inner: S,
        request: Request<Body>,
    ) -> Result<Response, Refusal>
    where
        S: Service<Request<Body>, Response = Response, Error = Infallible> + Send + 'static,
        S::Future: Send,
    {
        let paywall = self.paywall();
        let reserved = paywall.redemptions().reserve(verdict.usage.clone(), paywall.now()).await;
        match reserved.map_err(store_failed)? {
            Reservation::Reserved { settled_as } => {
                paywall.count_admitted();
                self.run_reserved(verdict, settled_as, inner, request).await
            }
            Reservation::Settling(kept) => self.settle(verdict, kept, inner, request).await,
            Reservation::RunAgain { settled_as } => {
                paywall.count_replayed();
                let settled_as = settled_as.unwrap_or_default();
                Ok(self.run_again(&verdict, &settled_as, inner, request).await)
            }
            Reservation::Answered(kept) => {
                paywall.count_replayed();
                kept.into_response().map_err(store_failed)
            }
            Reservation::InProgress => Err(Refusal::Unavailable(Unavailable::InProgress)),
            Reservation::Used => Err(Problem::Used.into()),
            Reservation::OfAnotherRequest => Err(Problem::OfAnotherRequest.into()),
        }
    }

    /// Makes an answer once more that is not kept. Only those that succeed are counted.
    async fn run_again<S>(
        &self,
        verdict: &Verdict,
        settled_as: &str,
        inner: S,
        request: Request<Body>,
    ) -> Response
    where
        S: Service<Request<Body>, Response = Response, Error = Infallible> + Send + 'static,
        S::Future: Send,
    {
        match answer::run(inner, request, true).await {
            Outcome::Answered(_, response) | Outcome::Streams(response) => {
                self.with_receipt(response, verdict, settled_as)
            }
            Outcome::Failed(response) => {
                let key = verdict.usage.payment.key;
                if let Err(error) = self.paywall().redemptions().return_attempt(key).await {
                    return unrecorded(&error).into_response();
                }
                response
            }
        }
    }

    async fn run_reserved<S>(
        &self,
        verdict: Verdict,
        settled_as: Option<String>,
        inner: S,
        request: Request<Body>,
    ) -> Result<Response, Refusal>
    where
        S: Service<Request<Body>, Response = Response, Error = Infallible> + Send + 'static,
        S::Future: Send,
    {
        let route = self.route();
        let comes_first = route.is_streaming
            || route.is_collected_first
            || verdict.collection.is_collected_first();
        let (request, settled_as) = match settled_as {
            None if comes_first => match self.prepared(&verdict, request).await {
                Ok(request) => (request, Some(self.collect_first(&verdict).await?)),
                Err(response) => return Ok(self.give_back(&verdict, false, *response).await),
            },
            settled_as => (request, settled_as),
        };
        let outcome = answer::run(inner, request, self.route().is_streaming).await;
        let (kept, response) = match outcome {
            Outcome::Answered(kept, response) => (kept, response),
            Outcome::Streams(response) => (None, response),
            Outcome::Failed(response) => {
                return Ok(self.give_back(&verdict, settled_as.is_some(), response).await);
            }
        };
        let settled_as = match settled_as {
            Some(settled_as) => settled_as,
            None => self.paywall().collect_reserved(&verdict, kept.as_ref()).await?,
        };
        let receipt = verdict.collection.receipt(&settled_as, self.paywall().now());
        let answer = kept.map(|kept| kept.with_receipt(&receipt));
        match self.end(&verdict, End::Finish { answer, settled_as }).await {
            Ok(()) => Ok(with_receipt(response, receipt)),
            Err(error) => Ok(unrecorded(&error).into_response()),
        }
    }

    /// Collects before the handler runs, and writes down that it is here.
    async fn collect_first(&self, verdict: &Verdict) -> Result<String, Refusal> {
        let collected = self.paywall().collect_reserved(verdict, None).await;
        let settled_as = self.collected_or_abandoned(verdict, collected).await?;
        self.resume(verdict, settled_as).await
    }

    /// The money is here and the handler has not run.
    async fn resume(&self, verdict: &Verdict, settled_as: String) -> Result<String, Refusal> {
        let paywall = self.paywall();
        let (key, now) = (verdict.usage.payment.key, paywall.now());
        match paywall.redemptions().resume(key, settled_as.clone(), now).await {
            Ok(true) => Ok(settled_as),
            Ok(false) => Err(Refusal::Unavailable(Unavailable::InProgress)),
            Err(error) => {
                // Its money is asked for again at the next request, and found to be here.
                let _ = self.end(verdict, End::Unknown).await;
                Err(store_failed(error))
            }
        }
    }

    /// A request came again whose money was not known to be here.
    async fn settle<S>(
        &self,
        verdict: Verdict,
        kept: Option<KeptAnswer>,
        inner: S,
        request: Request<Body>,
    ) -> Result<Response, Refusal>
    where
        S: Service<Request<Body>, Response = Response, Error = Infallible> + Send + 'static,
        S::Future: Send,
    {
        let paywall = self.paywall();
        let collected = paywall.collect_begun(&verdict).await;
        let settled_as = self.collected_or_abandoned(&verdict, collected).await?;
        let Some(kept) = kept else {
            let settled_as = self.resume(&verdict, settled_as).await?;
            return self.run_reserved(verdict, Some(settled_as), inner, request).await;
        };
        let receipt = verdict.collection.receipt(&settled_as, paywall.now());
        let kept = kept.with_receipt(&receipt);
        let end = End::Finish { answer: Some(kept.clone()), settled_as };
        self.end(&verdict, end).await.map_err(store_failed)?;
        paywall.count_replayed();
        kept.into_response().map_err(store_failed)
    }

    /// The handler failed: the payer keeps the money, or its worth.
    async fn give_back(
        &self,
        verdict: &Verdict,
        is_collected: bool,
        mut response: Response,
    ) -> Response {
        if let Err(error) = self.end(verdict, End::Release).await {
            return unrecorded(&error).into_response();
        }
        self.paywall().count_released();
        let state = match verdict.usage.payment.rail {
            Rail::Lightning => UNSPENT,
            _ if is_collected => UNSPENT_SAME,
            _ => NOT_CHARGED,
        };
        response.headers_mut().insert(PAYMENT_STATE, HeaderValue::from_static(state));
        response
    }

    async fn end(&self, verdict: &Verdict, end: End) -> Result<(), StoreError> {
        self.paywall().end(verdict.usage.payment.key, end).await
    }

    fn with_receipt(&self, response: Response, verdict: &Verdict, settled_as: &str) -> Response {
        if !response.status().is_success() {
            return response;
        }
        with_receipt(response, verdict.collection.receipt(settled_as, self.paywall().now()))
    }
}

pub(crate) fn with_receipt(
    mut response: Response,
    receipt: Vec<(HeaderName, HeaderValue)>,
) -> Response {
    if receipt.is_empty() {
        return response;
    }
    let headers = response.headers_mut();
    let known = headers.get_all(header::CACHE_CONTROL).iter();
    let private = answer::private(known.filter_map(|value| value.to_str().ok()));
    if let Ok(private) = HeaderValue::try_from(private) {
        headers.insert(header::CACHE_CONTROL, private);
    }
    headers.extend(receipt);
    response
}

pub(crate) fn joined<T>(
    result: Result<Result<T, Refusal>, tokio::task::JoinError>,
) -> Result<T, Refusal> {
    result.unwrap_or_else(|error| {
        tracing::error!(%error, "a paid request was not recorded");
        Err(Refusal::Unavailable(Unavailable::Store))
    })
}

pub(crate) fn store_failed(error: StoreError) -> Refusal {
    Refusal::Unavailable(unrecorded(&error))
}

/// A full disk takes no money for a while, on every path in the same words.
fn unrecorded(error: &StoreError) -> Unavailable {
    tracing::error!(%error, "a payment's use could not be recorded");
    if error.is_full() { Unavailable::ReadOnly } else { Unavailable::Store }
}
