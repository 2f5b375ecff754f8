//! People with a browser: a 402 that is a page, and a cookie in the place of the preimage, which
//! stays in the phone that paid.
//!
//! The cookie holds a token with the caveat `proof=node`, good without its preimage as soon as
//! the node has the payment. That is safe because nobody else has such a token: its invoice was
//! made for this one browser (see [`Purpose::is_private`](crate::pool::Purpose)), and the token
//! is accepted from nothing but the cookie of a `GET`.

mod admit;
mod cookies;
mod held;
mod lookups;
mod notice;
mod page;
mod qr;
mod styled;

use crate::admission::check_price;
use crate::amount::Amount;
use crate::paywall::Paywall;
use crate::pool::OpenInvoice;
use crate::request::Facts;
use crate::route::PaidRoute;
use crate::unavailable::Unavailable;
use axum::Json;
use axum::response::{IntoResponse, Response};
use cookies::{CookieScope, Jar};
use farebox_wire::l402::TokenKind;
use farebox_wire::lightning::PaymentHash;
pub(crate) use held::Held;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
pub(crate) use lookups::Lookups;
pub(crate) use page::{Invoice, Page, page};
use serde_json::json;
use std::fmt;

/// A page asks with it whether its invoice is paid; nothing is sold to such a request.
const POLL: HeaderName = HeaderName::from_static("x-farebox-poll");
const HTML: &str = "text/html";
/// Invoices of one request that a page without a script asks for one after the other.
const UNWATCHED_INVOICES_MAX: usize = 3;
/// For so long they are counted, in seconds.
const UNWATCHED_S: u64 = 3_600;

/// A `GET` as a browser may send it.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// Whether a page is asked for.
    pub wants_page: bool,
    /// Whether a page only asks whether it is paid.
    pub is_poll: bool,
    /// Under which name the browser knows the server, where it says one.
    pub host: Option<String>,
    /// Tokens for this very request, the newest first.
    held: Vec<Held>,
    /// Cookies that are of no use any more.
    useless: Vec<String>,
    /// What the names of its cookies begin with.
    prefix: String,
    scope: CookieScope,
}

impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Visitor(its tokens hidden)")
    }
}

/// Whether a page is asked for, by a person who looks at it.
pub(crate) fn wants_page(parts: &Parts) -> bool {
    let has = |name, what: &str| {
        let mut values = parts.headers.get_all(name).iter();
        values.any(|value| String::from_utf8_lossy(value.as_bytes()).contains(what))
    };
    parts.method == Method::GET && has(header::ACCEPT, HTML) && has(header::USER_AGENT, "Mozilla")
}

impl Paywall {
    /// Who sends a request, where that may be a browser. Requests with a body are none of theirs.
    pub(crate) fn visitor(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        parts: &Parts,
    ) -> Option<Visitor> {
        if parts.method != Method::GET || announces_body(&parts.headers) {
            return None;
        }
        let scope = CookieScope::of(self.rails().site.as_ref(), &facts.path)?;
        let digest = match route.kind {
            TokenKind::OneShot => facts.digest(),
            TokenKind::TimeBounded => facts.subject_digest(),
        };
        let prefix = cookies::prefix(digest);
        let jar = Jar::read(&parts.headers);
        let (held, mut useless) = self.held(&jar, &prefix, facts);
        useless.extend(self.crowding_out(&jar, &held));
        Some(Visitor {
            wants_page: wants_page(parts),
            is_poll: parts.headers.contains_key(POLL),
            host: parts.headers.get(header::HOST).and_then(readable_host),
            held,
            useless,
            prefix,
            scope,
        })
    }

    /// The first of its tokens whose invoice can still be paid, and is enough.
    pub(crate) fn open_invoice(
        &self,
        route: &PaidRoute,
        price: &Amount,
        visitor: &Visitor,
    ) -> Option<(Held, OpenInvoice)> {
        let now = self.now();
        visitor.held.iter().find_map(|held| {
            check_price(route, &held.grant, price, now).ok()?;
            let invoice = self.pool().find_private(held.payment_hash, now)?;
            Some((held.clone(), invoice))
        })
    }
}

impl Visitor {
    /// The tokens for this very request, the newest first.
    pub(crate) fn held(&self) -> &[Held] {
        &self.held
    }

    /// The same when one of its tokens turned out to buy nothing.
    pub(crate) fn without(mut self, used: &Held) -> Self {
        self.held.retain(|held| held.name != used.name);
        self.useless.push(used.name.clone());
        self
    }

    /// Whether a page without a script goes on asking by itself. An abandoned one must not ask
    /// for invoices for ever.
    pub(crate) fn is_watched(&self, route: &PaidRoute, now: u64) -> bool {
        let lifetime_s = route.token_lifetime_s.saturating_sub(UNWATCHED_S);
        let recent = |held: &&Held| held.grant.expires_at.saturating_sub(lifetime_s) > now;
        self.held.iter().filter(recent).count() < UNWATCHED_INVOICES_MAX
    }

    /// The `Set-Cookie` values of an answer, with a token that is new.
    pub(crate) fn set_cookies(&self, fresh: Option<(&Held, &str)>, now: u64) -> Vec<String> {
        let fresh = fresh.map(|(held, token)| {
            let lifetime_s = held.grant.expires_at.saturating_sub(now);
            self.scope.set(&held.name, token, lifetime_s)
        });
        let dropped = self.useless.iter().map(|name| self.scope.drop(name));
        fresh.into_iter().chain(dropped).collect()
    }

    /// The name of the cookie for a token.
    pub(crate) fn cookie_name(&self, hash: PaymentHash) -> String {
        cookies::name(&self.prefix, hash)
    }
}

/// What a page is told that asks whether it is paid. `is_known` is whether the browser has sent
/// a token: without one no payment can be noticed.
pub(crate) fn poll_answer(is_paid: bool, is_known: bool) -> Response {
    let mut response = if is_paid {
        StatusCode::NO_CONTENT.into_response()
    } else {
        // Not 402: browsers report each of those as an error of the page.
        let body = Json(json!({ "paid": false, "known": is_known }));
        (StatusCode::ACCEPTED, body).into_response()
    };
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}

/// What is said when nothing can be sold or shown: a page, or JSON.
pub(crate) fn unavailable(wants_page: bool, unavailable: Unavailable) -> Response {
    if wants_page { notice::page(unavailable) } else { unavailable.into_response() }
}

/// An answer that was bought with a cookie. Shared caches take a request with a cookie for one
/// like any other, and would give its answer to those who have not paid.
pub(crate) fn keep_private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.append(header::VARY, HeaderValue::from_static("Cookie"));
    response
}

fn announces_body(headers: &HeaderMap) -> bool {
    let len = headers.get(header::CONTENT_LENGTH);
    len.is_some_and(|len| len != "0") || headers.contains_key(header::TRANSFER_ENCODING)
}

/// A host and port that are fit to be shown.
fn readable_host(host: &HeaderValue) -> Option<String> {
    let host = host.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let is_host = !host.is_empty() && host.len() <= 253 && host.bytes().all(is_plain);
    is_host.then(|| host.to_owned())
}
