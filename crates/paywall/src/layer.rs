//! The tower layer: one flow for every paid route.

use crate::admission::Refusal;
use crate::amount::Amount;
use crate::answer::infallible;
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
        if self.paywall.is_stopped() {
            return Unavailable::ReadOnly.into_response();
        }
        let (parts, body) = request.into_parts();
        let shown = request::credential(&parts.headers);
        let shown = shown.map(|shown| self.paywall.check_shown(shown?));
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
        let facts = Facts::of(&parts, read.as_ref()).showing(&shown);
        let price = match self.price(&facts, read.as_ref()) {
            Ok(price) => price,
            Err(error) => return bad_request(error),
        };
        let request = Request::from_parts(parts, body);
        if price.is_zero() {
            return infallible(inner.call(request).await);
        }
        let outcome = match shown {
            Some(Ok(shown)) => {
                match self.paywall.verify_shown(&self.route, &facts, &price, &shown).await {
                    Ok(verdict) => self.redeem(verdict, inner, request).await,
                    Err(refusal) => Err(refusal),
                }
            }
            Some(Err(problem)) => Err(problem.into()),
            None => match self.purse(request.headers()) {
                Ok(Some(purse)) => self.prepaid(purse, &price, inner, request).await,
                Ok(None) => Err(Problem::PaymentRequired.into()),
                Err(response) => return *response,
            },
        };
        let problem = match outcome {
            Ok(response) => return response,
            Err(Refusal::Unavailable(unavailable)) => return unavailable.into_response(),
            Err(Refusal::Problem(problem)) => problem,
        };
        if problem != Problem::PaymentRequired {
            self.paywall.count_refused();
        }
        self.paywall.challenge(&self.route, &facts, &price, &problem).await
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
