//! The tower layer: one flow for every paid route.

use crate::admission::{Genuine, Refusal};
use crate::amount::Amount;
use crate::answer::infallible;
use crate::browser;
use crate::paywall::Paywall;
use crate::problem::Problem;
use crate::request::{self, BodyError, Facts};
use crate::route::{NotForSale, PaidRoute, PricedRequest};
use crate::unavailable::Unavailable;
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use farebox_wire::api_error::ErrorBody;
use farebox_wire::l402::TokenKind;
use http::{Request, StatusCode};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Puts a price on the services it wraps.
#[derive(Clone)]
pub struct ChargeLayer {
    paywall: Paywall,
    route: Arc<PaidRoute>,
}

impl ChargeLayer {
    pub(crate) fn new(paywall: Paywall, route: PaidRoute) -> Self {
        Self { paywall, route: Arc::new(route) }
    }
}

impl<S> Layer<S> for ChargeLayer {
    type Service = ChargeService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ChargeService { till: self.clone(), inner }
    }
}

/// A service with a price on it.
#[derive(Clone)]
pub struct ChargeService<S> {
    till: ChargeLayer,
    inner: S,
}

impl<S> Service<Request<Body>> for ChargeService<S>
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
        let inner = std::mem::replace(&mut self.inner, clone);
        let till = self.till.clone();
        Box::pin(async move { Ok(till.serve(inner, request).await) })
    }
}

impl ChargeLayer {
    async fn serve<S>(&self, mut inner: S, request: Request<Body>) -> Response
    where
        S: Service<Request<Body>, Response = Response, Error = Infallible> + Send + 'static,
        S::Future: Send,
    {
        let (parts, body) = request.into_parts();
        let wants_page = browser::wants_page(&parts);
        if self.paywall.is_stopped() {
            return browser::unavailable(wants_page, Unavailable::ReadOnly);
        }
        let shown = self.paywall.genuine(&parts.headers);
        // Nobody makes the server hold a body with a credential that was not issued here.
        let is_genuine = matches!(&shown, Some(Ok(_)));
        let binds_body = is_genuine && self.route.kind == TokenKind::OneShot;
        let tells_apart = request::has_small_body(&parts.headers);
        let (read, body) = if binds_body || tells_apart || self.route.is_priced_by_request() {
            match request::read_body(body, self.route.body_len_max).await {
                Ok(bytes) => (Some(bytes.clone()), Body::from(bytes)),
                Err(error) => return self.refuse_body(error),
            }
        } else {
            (None, body)
        };
        let mut facts = Facts::of(&parts, read.as_ref()).showing(&shown);
        let visitor = self.paywall.visitor(&self.route, &facts, &parts);
        facts.visitor = visitor.map(Box::new);
        let price = match self.price(&facts, read.as_ref()) {
            Ok(price) => price,
            Err(error) => return bad_request(error),
        };
        let request = Request::from_parts(parts, body);
        let outcome = match facts.visitor.as_ref().filter(|visitor| visitor.is_poll) {
            Some(visitor) => self.poll(visitor, &facts, &price).await,
            None if price.is_zero() => return infallible(inner.call(request).await),
            None => self.admit(shown, &mut facts, &price, inner, request).await,
        };
        let problem = match outcome {
            Ok(response) => return response,
            Err(Refusal::Unavailable(unavailable)) => {
                return browser::unavailable(wants_page, unavailable);
            }
            Err(Refusal::Problem(problem)) => problem,
        };
        if problem != Problem::PaymentRequired {
            self.paywall.count_refused();
        }
        self.paywall.challenge(&self.route, &facts, &price, &problem).await
    }

    /// Answers a request that is paid for: with the credential in its headers, else from a
    /// balance, else with a browser's cookie.
    async fn admit<S>(
        &self,
        shown: Option<Result<Genuine, Problem>>,
        facts: &mut Facts,
        price: &Amount,
        inner: S,
        request: Request<Body>,
    ) -> Result<Response, Refusal>
    where
        S: Service<Request<Body>, Response = Response, Error = Infallible> + Send + 'static,
        S::Future: Send,
    {
        match shown {
            Some(shown) => {
                let shown = shown?;
                let verdict = self.paywall.verify_shown(&self.route, facts, price, &shown).await?;
                self.redeem(verdict, inner, request).await
            }
            None => match self.purse(request.headers()) {
                Ok(Some(_)) if facts.is_head && self.route.kind == TokenKind::OneShot => {
                    Err(Problem::HeadSpendsNothing.into())
                }
                Ok(Some(purse)) => self.prepaid(purse, price, inner, request).await,
                Ok(None) => self.admit_visitor(facts, price, inner, request).await,
                Err(response) => Ok(*response),
            },
        }
    }

    pub(crate) fn paywall(&self) -> &Paywall {
        &self.paywall
    }

    pub(crate) fn route(&self) -> &PaidRoute {
        &self.route
    }

    fn price(&self, facts: &Facts, body: Option<&Bytes>) -> Result<Amount, NotForSale> {
        self.route.price_of(PricedRequest {
            path: &facts.path,
            query: facts.query.as_deref(),
            body: body.map(Bytes::as_ref).unwrap_or_default(),
        })
    }

    fn refuse_body(&self, error: BodyError) -> Response {
        let (status, code, message) = match error {
            BodyError::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "request_too_large",
                format!("The body is larger than {} bytes.", self.route.body_len_max),
            ),
            BodyError::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "request_timeout",
                "The request body did not arrive in time.".to_owned(),
            ),
            BodyError::Broken => (
                StatusCode::BAD_REQUEST,
                "unreadable_body",
                "The request body broke off.".to_owned(),
            ),
        };
        (status, Json(ErrorBody::new(code, message))).into_response()
    }
}

fn bad_request(error: NotForSale) -> Response {
    (StatusCode::BAD_REQUEST, Json(error.0)).into_response()
}
