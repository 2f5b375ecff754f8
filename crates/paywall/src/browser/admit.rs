//! A browser's request that may be paid for.

use super::{Visitor, keep_private, poll_answer};
use crate::admission::Refusal;
use crate::amount::Amount;
use crate::layer::ChargeLayer;
use crate::problem::Problem;
use crate::request::Facts;
use axum::body::Body;
use axum::response::Response;
use http::Request;
use std::convert::Infallible;
use tower::Service;

impl ChargeLayer {
    /// Answers a request with what one of its cookies paid for.
    pub(crate) async fn admit_visitor<S>(
        &self,
        facts: &mut Facts,
        price: &Amount,
        inner: S,
        request: Request<Body>,
    ) -> Result<Response, Refusal>
    where
        S: Service<Request<Body>, Response = Response, Error = Infallible> + Send + 'static,
        S::Future: Send,
    {
        let Some(visitor) = &facts.visitor else { return Err(Problem::PaymentRequired.into()) };
        let paid = self.paywall().paid_by_visitor(self.route(), facts, price, visitor).await?;
        let Some((held, verdict)) = paid else { return Err(Problem::PaymentRequired.into()) };
        // What a browser sends has none; one that was not announced was not paid for.
        let request = request.map(|_| Body::empty());
        match self.redeem(verdict, inner, request).await {
            Ok(response) => Ok(keep_private(response)),
            Err(Refusal::Problem(_)) => {
                // Bought, had, and over: it is for sale once more.
                let visitor = facts.visitor.take().map(|visitor| visitor.without(&held));
                facts.visitor = visitor.map(Box::new);
                Err(Problem::PaymentRequired.into())
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Tells a page whether it is paid. It says so exactly when the page, loaded again, would be
    /// what was bought; and it runs nothing, so that large answers are made only once.
    pub(crate) async fn poll(
        &self,
        visitor: &Visitor,
        facts: &Facts,
        price: &Amount,
    ) -> Result<Response, Refusal> {
        if price.is_zero() {
            return Ok(poll_answer(true, true));
        }
        let paid = self.paywall().paid_by_visitor(self.route(), facts, price, visitor).await?;
        Ok(poll_answer(paid.is_some(), !visitor.held().is_empty()))
    }
}
