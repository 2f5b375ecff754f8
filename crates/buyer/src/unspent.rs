//! What is to be had of a seller that did not answer what was bought.

use crate::redeem::RETRY_FIRST;
use crate::run::is_refusal;
use crate::store::Purchase;
use crate::transport::Exchange;
use farebox_wire::l402::TokenKind;
use http::StatusCode;
use http::header::RETRY_AFTER;
use std::time::Duration;

/// What a payment is still good for after its request was answered with an error.
pub(crate) enum Left {
    /// Its token, which buys more than one request.
    Token,
    /// One other request.
    Credit,
}

/// What is left, when the request itself was wrong: the same one would be answered the same way
/// again. `None` when it is worth trying again, or when nothing is known to be left.
pub(crate) fn what_is_left(purchase: &Purchase, exchange: &Exchange) -> Option<Left> {
    let status = exchange.status();
    let passing = [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::CONFLICT,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    let is_final = status.is_client_error() || status.is_redirection();
    if !is_final || is_refusal(status) || passing.contains(&status) {
        return None;
    }
    let grant = purchase.grant().filter(|grant| grant.body_sha256.is_none())?;
    match grant.kind {
        TokenKind::TimeBounded => Some(Left::Token),
        TokenKind::OneShot => is_unspent(exchange).then_some(Left::Credit),
    }
}

/// Whether the seller says that the request used nothing up.
pub(crate) fn is_unspent(exchange: &Exchange) -> bool {
    let state = exchange.response.headers().get("x-payment-state");
    state.is_some_and(|state| state.as_bytes().starts_with(b"unspent"))
}

/// How long a seller that is not ready yet wants to be left alone.
pub(crate) fn retry_after(peeked: &Exchange) -> Option<Duration> {
    let not_ready = [
        StatusCode::CONFLICT,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    let header = peeked.response.headers().get(RETRY_AFTER);
    let header = header.filter(|_| not_ready.contains(&peeked.status()))?;
    let seconds = header.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).max(RETRY_FIRST))
}
