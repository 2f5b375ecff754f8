//! What is answered to a request beyond a limit.

use super::Upgrade;
use crate::problem::Problem;
use crate::request::Facts;
use axum::Json;
use axum::response::{IntoResponse, Response};
use farebox_limits::{Limits, Outcome, Refused};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS};
use http::{HeaderValue, StatusCode};

/// What a script of another site may read of an answer.
const EXPOSED: HeaderValue = HeaderValue::from_static("ratelimit, ratelimit-policy, retry-after");
const EXPOSED_OF_OFFER: HeaderValue = HeaderValue::from_static(
    "ratelimit, ratelimit-policy, retry-after, www-authenticate, payment-required",
);

/// 402 with an offer, where a payment helps; else 429.
pub(super) async fn beyond_free(
    upgrade: Option<&Upgrade>,
    limits: &Limits,
    facts: &Facts,
    refused: Refused,
    bad: Option<Problem>,
) -> Response {
    let Some(upgrade) = upgrade.filter(|upgrade| !upgrade.paywall.is_stopped()) else {
        return too_many(refused);
    };
    let (free, paid) = (limits.rules().free.limit, limits.rules().paid.limit);
    let retry_after_s = refused.retry_after_s;
    let problem = bad.unwrap_or(Problem::RateLimited { free, paid, retry_after_s });
    let Upgrade { paywall, route, price } = upgrade;
    // Who cannot be offered anything now can still wait.
    let Ok(mut offer) = paywall.try_challenge(route, facts, price, &problem).await else {
        return too_many(refused);
    };
    let headers = offer.headers_mut();
    Outcome::Refused(refused).add_headers(headers);
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_OF_OFFER);
    offer
}

/// 429: no payment helps.
pub(super) fn too_many(refused: Refused) -> Response {
    let body = Json(refused.body());
    let mut response = (StatusCode::TOO_MANY_REQUESTS, refused.headers(), body).into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    response
}

/// Says on an answer what is left.
pub(super) fn tell(mut response: Response, outcome: &Outcome) -> Response {
    let headers = response.headers_mut();
    outcome.add_headers(headers);
    headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    response
}
