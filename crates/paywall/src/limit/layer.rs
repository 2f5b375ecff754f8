//! The tower layer: counted, then let through or refused.

use super::answer::{beyond_free, tell, too_many};
use super::upgrade::Shown;
use super::{Inner, RateLimit};
use crate::answer::infallible;
use crate::redeem::with_receipt;
use crate::request::{self, Facts};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use farebox_limits::{Outcome, Policy, Subject, Taken};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// A service whose requests are counted.
#[derive(Clone)]
pub struct RateLimitService<S> {
    limit: RateLimit,
    inner: S,
}

impl<S> Layer<S> for RateLimit {
    type Service = RateLimitService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimitService { limit: self.clone(), inner }
    }
}

impl<S> Service<Request<Body>> for RateLimitService<S>
where
    S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The clone stays behind for the next call; the service that was made ready is used.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let limit = Arc::clone(&self.limit.0);
        if request.method() == Method::OPTIONS || (limit.is_exempt)(request.uri().path()) {
            return Box::pin(inner.call(request));
        }
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let admitted = match limit.admit(&parts).await {
                Ok(admitted) => admitted,
                Err(response) => return Ok(*response),
            };
            let response = infallible(inner.call(Request::from_parts(parts, body)).await);
            Ok(with_receipt(tell(response, &admitted.outcome), admitted.receipt))
        })
    }
}

/// A request that is within its limit.
struct Admitted {
    outcome: Outcome,
    receipt: Vec<(HeaderName, HeaderValue)>,
}

impl Inner {
    /// Counts a request, or says what is answered in its place.
    async fn admit(&self, parts: &Parts) -> Result<Admitted, Box<Response>> {
        let client = Subject::Client(request::client(parts));
        let shown = match &self.upgrade {
            Some(upgrade) => upgrade.shown(&self.limits, parts).await,
            None => Shown::Nothing,
        };
        if let Shown::Paid { payment, receipt } = shown {
            return self.admit_paid(client, payment, receipt).await;
        }
        let outcome = self.limits.count(self.limits.rules().free, client).await;
        let Outcome::Refused(refused) = outcome else {
            return Ok(Admitted { outcome, receipt: Vec::new() });
        };
        let bad = match shown {
            Shown::Unknown(unavailable) => {
                let mut response = tell(unavailable.into_response(), &outcome);
                unavailable.add_headers(response.headers_mut());
                return Err(Box::new(response));
            }
            Shown::TooMany(refused) => return Err(Box::new(too_many(refused))),
            Shown::Bad(problem) => Some(problem),
            Shown::Nothing | Shown::Paid { .. } => None,
        };
        let facts = Facts::of(parts, None).server_wide();
        let upgrade = self.upgrade.as_ref();
        Err(Box::new(beyond_free(upgrade, &self.limits, &facts, refused, bad).await))
    }

    /// Counts a paid request against the limit of its address and that of its payment.
    async fn admit_paid(
        &self,
        client: Subject,
        payment: [u8; 32],
        receipt: Vec<(HeaderName, HeaderValue)>,
    ) -> Result<Admitted, Box<Response>> {
        let rules = self.limits.rules();
        let of_client = self.count(rules.paid, client).await?;
        let of_payment = self.count(rules.token, Subject::Payment(payment)).await?;
        let fewest = match of_payment.remaining < of_client.remaining {
            true => of_payment,
            false => of_client,
        };
        Ok(Admitted { outcome: Outcome::Taken(fewest), receipt })
    }

    async fn count(&self, policy: Policy, subject: Subject) -> Result<Taken, Box<Response>> {
        match self.limits.count(policy, subject).await {
            Outcome::Taken(taken) => Ok(taken),
            Outcome::Refused(refused) => Err(Box::new(too_many(refused))),
        }
    }
}
