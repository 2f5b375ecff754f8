//! What the pages of the paywall have in common: their head, and the headers that keep them safe.

use crate::unavailable::Unavailable;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("poll.js");
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='%230d5f4a'/%3E%3Crect x='7' y='12' width='18' height='14' rx='2' fill='%23f4ead0'/%3E%3Crect x='11' y='15' width='10' height='2.6' rx='1.3' fill='%230d5f4a'/%3E%3Ccircle cx='16' cy='8' r='4.4' fill='%23f2b63c'/%3E%3C/svg%3E";

/// A page to be sent.
pub(super) struct Styled<'a> {
    pub status: StatusCode,
    /// Of the browser's window.
    pub title: &'a str,
    /// Whether the script comes with it that watches for the payment.
    pub is_watched: bool,
    /// After how many seconds it is loaded again, where no script does it.
    pub refresh_s: Option<u64>,
    pub content: Markup,
}

impl Styled<'_> {
    pub(super) fn into_response(self) -> Response {
        let mut nonce = [0; 16];
        if getrandom::fill(&mut nonce).is_err() {
            return Unavailable::Misconfigured.into_response();
        }
        let nonce = STANDARD_NO_PAD.encode(nonce);
        let mut response = Response::new(Body::from(self.document(&nonce).into_string()));
        *response.status_mut() = self.status;
        add_headers(response.headers_mut(), &nonce);
        response
    }

    fn document(&self, nonce: &str) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="robots" content="noindex";
                    title { (self.title) }
                    link rel="icon" href=(ICON);
                    style nonce=(nonce) { (PreEscaped(STYLE)) }
                    @if let Some(refresh_s) = self.refresh_s {
                        @let refresh = html! { meta http-equiv="refresh" content=(refresh_s); };
                        @if self.is_watched { noscript { (refresh) } } @else { (refresh) }
                    }
                }
                body {
                    (self.content)
                    @if self.is_watched { script nonce=(nonce) { (PreEscaped(SCRIPT)) } }
                }
            }
        }
    }
}

fn add_headers(headers: &mut HeaderMap, nonce: &str) {
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; \
         connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Accept, Cookie, User-Agent"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
