//! One request and its answer, within limits.

use super::judged::Refused;
use super::url_rules::place;
use super::{GuardError, Limits};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use reqwest::Response;
use std::error::Error;

/// The request, which has been judged, is sent.
pub(super) async fn send(
    client: &reqwest::Client,
    request: reqwest::Request,
) -> Result<Response, GuardError> {
    let place = place(request.url());
    client.execute(request).await.map_err(|error| failure(place, &error))
}

/// # Errors
/// When the header lines are longer than the limit.
pub(super) fn check_headers(
    place: &str,
    headers: &HeaderMap,
    limits: &Limits,
) -> Result<(), GuardError> {
    let lens = headers.iter().map(|(name, value)| name.as_str().len().saturating_add(value.len()));
    let len = lens.fold(0_usize, usize::saturating_add);
    let limit = limits.headers_len_max;
    let too_long = GuardError::HeadersTooLong { place: place.to_owned(), limit };
    (len <= limit).then_some(()).ok_or(too_long)
}

/// The body up to the limit, and whether more was to come. A body that breaks off is taken for
/// what came of it.
pub(super) async fn read_body(response: &mut Response, len_max: usize) -> (Bytes, bool) {
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(None) => return (body.freeze(), false),
            Err(_) => return (body.freeze(), true),
            Ok(Some(chunk)) => {
                let room = len_max.saturating_sub(body.len());
                body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
                if chunk.len() > room {
                    return (body.freeze(), true);
                }
            }
        }
    }
}

/// Tells failures apart by what they are made of.
fn failure(place: String, error: &reqwest::Error) -> GuardError {
    match Refused::within(error) {
        Some(Refused::Host) => return GuardError::Host { place },
        Some(Refused::Address(address)) => {
            return GuardError::Address { place, address: *address };
        }
        Some(Refused::NotFound(reason)) => {
            return GuardError::Dns { place, reason: reason.to_string() };
        }
        None => {}
    }
    if error.is_timeout() {
        return GuardError::Timeout { place };
    }
    let reason = innermost(error);
    if is_tls(error) {
        return GuardError::Tls { place, reason };
    }
    if error.is_connect() {
        return GuardError::Connect { place, reason };
    }
    GuardError::Answer { place, reason }
}

/// An error of TLS comes wrapped in errors of I/O, whose sources leave out what they wrap.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut next = error.source();
    while let Some(source) = next {
        if source.is::<rustls::Error>() {
            return true;
        }
        let wrapped = source.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => source.source(),
        };
    }
    false
}

/// The innermost reason, which is the one that tells something.
fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
