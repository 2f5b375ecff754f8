//! `GET /`: search and browse.

use crate::Pages;
use crate::form::search_form;
use crate::layout::{Page, page};
use crate::links::Parameters;
use crate::money::grouped;
use crate::pager::{Position, pager};
use crate::results::ticket;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use farebox_directory::{Dialect, ListQuery, Snapshot};
use http::StatusCode;
use maud::{Markup, html};

/// Listings on a page.
const PAGE_LEN: usize = 24;
/// Pages at most, so that the first row of a page stays a number that the directory takes.
const PAGES_MAX: usize = 1_000_000;

/// Shows the search form and what it finds. The parameters are those of `/api/v1/services`, and
/// `page`; a form's empty fields do not count. Wrong parameters are explained, with status 400.
#[utoipa::path(
    get,
    path = "/",
    tag = "pages",
    responses(
        (status = 200, description = "The directory for people; takes the parameters of /api/v1/services", body = String, content_type = "text/html; charset=utf-8"),
        (status = 400, description = "The page says which parameters cannot be used", body = String, content_type = "text/html; charset=utf-8"),
    )
)]
pub(crate) async fn home(State(pages): State<Pages>, RawQuery(raw): RawQuery) -> Response {
    let snapshot = pages.directory.snapshot();
    let parameters = Parameters::read(raw.as_deref().unwrap_or_default());
    let (status, answer) = match read(&parameters, &snapshot) {
        Ok((query, number)) => (StatusCode::OK, results(&snapshot, &parameters, &query, number)),
        Err(faults) => (StatusCode::BAD_REQUEST, explain(&faults)),
    };
    let is_start = parameters.is_empty();
    let content = html! {
        (introduction(&snapshot, is_start))
        (search_form(&parameters, &snapshot))
        (answer)
    };
    let title = parameters.get("q").map_or("Paid APIs", |_| "Search");
    let path = parameters.home_link();
    let path = status.is_success().then_some(path.as_str());
    page(status, &pages.settings, &Page { title, path, content })
}

/// The question and the number of the page, or what is wrong with them.
fn read(parameters: &Parameters, snapshot: &Snapshot) -> Result<(ListQuery, usize), Vec<String>> {
    let number = match parameters.get("page") {
        None => Some(1),
        Some(text) => text.parse().ok().filter(|number| (1..=PAGES_MAX).contains(number)),
    };
    let asked = parameters.without("page");
    let query = snapshot.parse(&asked.query(), Dialect::Services);
    match (query, number) {
        (Ok(mut query), Some(number)) => {
            query.limit = PAGE_LEN;
            query.offset = (number - 1) * PAGE_LEN;
            Ok((query, number))
        }
        (query, number) => {
            let mut faults: Vec<String> = match query {
                Ok(_) => Vec::new(),
                Err(error) => error.invalid.into_iter().map(|one| one.message).collect(),
            };
            if number.is_none() {
                faults.push(format!("page must be a whole number from 1 to {PAGES_MAX}"));
            }
            Err(faults)
        }
    }
}

fn introduction(snapshot: &Snapshot, is_start: bool) -> Markup {
    let stats = snapshot.stats();
    html! {
        @if is_start {
            section.intro {
                h1 { "APIs you pay by the call" }
                p {
                    "No account, no key: search " (grouped(stats.total.endpoints))
                    " endpoints on " (grouped(stats.total.hosts))
                    " hosts, see the price, pay one request."
                }
            }
        } @else {
            h1.hidden { "Search results" }
        }
    }
}

fn results(
    snapshot: &Snapshot,
    parameters: &Parameters,
    query: &ListQuery,
    number: usize,
) -> Markup {
    let page = snapshot.list(query);
    let position = Position { number, count: page.total.div_ceil(PAGE_LEN) };
    html! {
        section.results aria-label="Listings" {
            p.count role="status" {
                strong { (grouped(page.total)) }
                @if page.total == 1 { " listing" } @else { " listings" }
                @if let Some(text) = &query.search { " for “" bdi { (text) } "”" }
                @if position.count > 1 { ", page " (grouped(number)) " of " (grouped(position.count)) }
            }
            @if page.rows.is_empty() {
                (nothing(parameters, page.total))
            } @else {
                ol.tickets {
                    @for entry in &page.rows { li { (ticket(entry, snapshot.rate())) } }
                }
                (pager(parameters, position))
            }
        }
    }
}

fn nothing(parameters: &Parameters, total: usize) -> Markup {
    html! {
        div.empty {
            @if total > 0 {
                p { "There is nothing on this page." }
                p { a href=(parameters.without("page").home_link()) { "To the first page" } }
            } @else {
                p { "No listing fits. Fewer words or fewer filters may find one." }
                p { a href="/" { "Show everything" } }
            }
        }
    }
}

fn explain(faults: &[String]) -> Markup {
    html! {
        section.alert role="alert" {
            h2 { "This search cannot be answered" }
            ul {
                @for fault in faults { li { bdi { (fault) } } }
            }
            p { a href="/" { "Start again" } }
        }
    }
}
