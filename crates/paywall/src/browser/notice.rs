//! The page for a moment at which nothing can be sold or shown.

use super::styled::Styled;
use crate::unavailable::{Notice, Unavailable};
use axum::response::Response;
use http::StatusCode;
use maud::html;

/// A page is not loaded again sooner, in seconds.
const REFRESH_MIN_S: u64 = 5;
/// Who has to wait longer than this, in seconds, comes back by hand.
const REFRESH_MAX_S: u64 = 60;

/// The page, which looks again by itself.
pub(crate) fn page(unavailable: Unavailable) -> Response {
    let Notice { status, retry_after_s, message, .. } = unavailable.notice();
    let title = match status {
        StatusCode::CONFLICT => "Your answer is on its way",
        StatusCode::TOO_MANY_REQUESTS => "Too many invoices",
        StatusCode::URI_TOO_LONG => "This address is too long",
        StatusCode::INTERNAL_SERVER_ERROR => "Something went wrong",
        _ => "Not at the moment",
    };
    let is_worth_it = retry_after_s <= REFRESH_MAX_S && status != StatusCode::INTERNAL_SERVER_ERROR;
    let content = html! {
        main.ticket.notice {
            header { h1 { (title) } }
            section {
                p { (message) }
                p.quiet { "If you have paid already, do not pay again: keep this browser's "
                    "cookies and come back." }
                a.button href="" { "Try again" }
                @if is_worth_it { p.quiet { "This page tries again by itself." } }
            }
        }
    };
    let refresh_s = is_worth_it.then(|| retry_after_s.max(REFRESH_MIN_S));
    let page = Styled { status, title, is_watched: false, refresh_s, content };
    let mut response = page.into_response();
    unavailable.add_headers(response.headers_mut());
    response
}
