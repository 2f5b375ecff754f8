//! The answers to what is not there.

use crate::layout::{Page, page};
use crate::{PageSettings, Pages};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::ErrorBody;
use http::{StatusCode, Uri};
use maud::html;

/// Answers every path that no route takes: JSON below `/api/`, else a page.
pub(crate) async fn not_found(State(pages): State<Pages>, uri: Uri) -> Response {
    if uri.path().starts_with("/api/") {
        let body = ErrorBody::new("not_found", "there is no such endpoint");
        return (StatusCode::NOT_FOUND, Json(body)).into_response();
    }
    sorry(&pages.settings, "There is no such page")
}

/// Answers for a listing that is not, or no longer, in the directory.
pub(crate) fn no_such_listing(settings: &PageSettings) -> Response {
    sorry(settings, "There is no such listing")
}

fn sorry(settings: &PageSettings, what: &str) -> Response {
    let content = html! {
        section.alert {
            h1 { (what) }
            p { "It may have been removed, or the address was cut short." }
            p { a href="/" { "Search the directory" } }
        }
    };
    page(StatusCode::NOT_FOUND, settings, &Page { title: "Not found", path: None, content })
}
