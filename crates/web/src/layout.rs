//! What every page has: head, header, footer and the headers that keep it safe.

use crate::PageSettings;
use crate::assets::{COPY_SCRIPT, ICON, STYLE};
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode};
use maud::{DOCTYPE, Markup, html};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page as its maker sees it.
pub(crate) struct Page<'a> {
    /// Of the browser's window.
    pub(crate) title: &'a str,
    /// The path with its query, for the link to the page's proper address; errors have none.
    pub(crate) path: Option<&'a str>,
    /// What is between header and footer.
    pub(crate) content: Markup,
}

/// Sends a page.
pub(crate) fn page(status: StatusCode, settings: &PageSettings, page: &Page<'_>) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (status, headers, document(settings, page).into_string()).into_response()
}

fn document(settings: &PageSettings, page: &Page<'_>) -> Markup {
    let origin = settings.public_url.trim_end_matches('/');
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page.title) " · Farebox" }
                @if let Some(path) = page.path {
                    link rel="canonical" href={ (origin) (path) };
                }
                link rel="icon" type="image/svg+xml" href=(ICON.path);
                link rel="stylesheet" href=(STYLE.path);
                script src=(COPY_SCRIPT.path) defer {}
            }
            body {
                a.skip href="#main" { "Skip to content" }
                (header())
                @if settings.demo { (demo_notice()) }
                main #main { (page.content) }
                (footer(settings))
            }
        }
    }
}

fn header() -> Markup {
    html! {
        header.site {
            div.bar {
                a.brand href="/" {
                    img src=(ICON.path) alt="" width="28" height="28";
                    "Farebox"
                }
                nav aria-label="Site" {
                    a href="/" { "Directory" }
                    a href="/api/v1/services?limit=10" { "API" }
                    a href="/api/v1/health" { "Status" }
                }
            }
        }
    }
}

fn demo_notice() -> Markup {
    html! {
        aside.notice aria-label="Demo" {
            p {
                strong { "Demo. " }
                "Featured listings answer on this machine, for play money. "
                "The rest is sample data that nobody has checked."
            }
        }
    }
}

fn footer(settings: &PageSettings) -> Markup {
    let address = settings.public_url.trim_end_matches('/');
    html! {
        footer.site {
            div.bar {
                p { "For programs: " code { "curl '" (address) "/api/v1/services?q=weather'" } }
                p { "Texts of listings are their providers' own." }
            }
        }
    }
}
