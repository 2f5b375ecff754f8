//! `GET /service/{id}`: everything that is known of one listing, and how to buy a call.

use crate::Pages;
use crate::command::purchase;
use crate::health::health_section;
use crate::layout::{Page, page};
use crate::links::Parameters;
use crate::not_found::no_such_listing;
use crate::results::{health_badge, protocol_badge, provider, stub};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use farebox_directory::{L402Format, Listing, Snapshot, Verification};
use farebox_money::BtcUsd;
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};

/// Shows one listing; 404 with a page when no listing has the id.
#[utoipa::path(
    get,
    path = "/service/{id}",
    tag = "pages",
    params(("id" = String, Path, description = "Of the listing")),
    responses(
        (status = 200, description = "A listing for people", body = String, content_type = "text/html; charset=utf-8"),
        (status = 404, description = "No listing has the id", body = String, content_type = "text/html; charset=utf-8"),
    )
)]
pub(crate) async fn listing(
    State(pages): State<Pages>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let snapshot = pages.directory.snapshot();
    let id = id.map_or_else(|_| String::new(), |Path(id)| id);
    let Some(entry) = snapshot.get(&id) else {
        return no_such_listing(&pages.settings);
    };
    let listing = entry.listing();
    let content = content(listing, &snapshot);
    let path = format!("/service/{}", listing.id);
    let title = &listing.facts.name;
    page(StatusCode::OK, &pages.settings, &Page { title, path: Some(&path), content })
}

fn content(listing: &Listing, snapshot: &Snapshot) -> Markup {
    let facts = &listing.facts;
    html! {
        article.listing {
            p.back { a href="/" { "← Directory" } }
            div.top {
                div {
                    h1 { bdi { (facts.name) } }
                    p.from { bdi { (provider(listing)) } " · " (category_link(&facts.category)) }
                    p.badges {
                        (protocol_badge(facts.protocol))
                        (health_badge(listing.health.status))
                        @if facts.featured { span.badge.featured { "featured" } }
                        @if facts.sample_data { span.badge { "sample data" } }
                    }
                }
                (stub(listing, snapshot.rate()))
            }
            @if let Some(note) = &facts.price_note {
                p.quiet { "Price, in the provider's words: " bdi { (note) } }
            }
            @if !facts.description.is_empty() {
                p.description { bdi { (facts.description) } }
            }
            (buy(listing, snapshot.rate()))
            (health_section(listing))
            (related(listing, snapshot))
            (facts_section(listing))
        }
    }
}

fn buy(listing: &Listing, rate: Option<BtcUsd>) -> Markup {
    let purchase = purchase(listing, rate);
    html! {
        section.buy {
            h2 { "Buy one call" }
            pre.command { code { (purchase.command) } }
            @for note in &purchase.notes { p.quiet { (note) } }
        }
    }
}

fn related(listing: &Listing, snapshot: &Snapshot) -> Markup {
    let others: Vec<&Listing> = snapshot.related(listing).collect();
    html! {
        @if !others.is_empty() {
            section.related {
                h2 { "The same URL, other ways to pay" }
                ul {
                    @for other in others {
                        li {
                            a href={ "/service/" (other.id) } {
                                (protocol_badge(other.facts.protocol))
                                (other.facts.method.as_deref().unwrap_or("any method"))
                            }
                            (health_badge(other.health.status))
                            (stub(other, snapshot.rate()))
                        }
                    }
                }
            }
        }
    }
}

fn facts_section(listing: &Listing) -> Markup {
    let facts = &listing.facts;
    let verified = match listing.verification() {
        Verification::Domain => "domain and payment",
        Verification::Payment => "payment",
        Verification::None => "no",
    };
    html! {
        section.facts {
            h2 { "Details" }
            dl {
                dt { "URL" } dd.code { (outside_link(&facts.url)) }
                dt { "Method" } dd { (facts.method.as_deref().unwrap_or("not named")) }
                dt { "Protocol" } dd { (facts.protocol.name()) }
                (fact("Paid in", facts.payment_asset.as_deref()))
                (fact("Paid on", facts.payment_network.as_deref()))
                (fact("Macaroon", facts.l402_format.map(L402Format::name)))
                dt { "Probe" } dd { (facts.probe_status.name()) }
                dt { "Verified" } dd { (verified) }
                @if !facts.tags.is_empty() {
                    dt { "Tags" } dd { bdi { (facts.tags.join(", ")) } }
                }
                dt { "Source" } dd { bdi { (facts.source) } }
                (fact("Found in", facts.source_ref.as_deref()))
                (fact("Licence of the entry", facts.licence.as_deref()))
                dt { "Listed" } dd { (day(listing.registered_at)) }
                dt { "Changed" } dd { (day(listing.updated_at)) }
                dt { "For programs" }
                dd.code { a href={ "/api/v1/services/" (listing.id) } { "/api/v1/services/" (listing.id) } }
            }
        }
    }
}

fn fact(name: &str, value: Option<&str>) -> Markup {
    html! {
        @if let Some(value) = value { dt { (name) } dd { bdi { (value) } } }
    }
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

fn category_link(category: &str) -> Markup {
    let link = Parameters::default().with("category", category).home_link();
    html! { a href=(link) { bdi { (category) } } }
}

/// A link for people only where it leads to a web page.
fn outside_link(url: &str) -> Markup {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    html! {
        @if is_web {
            a href=(url) rel="noreferrer nofollow" { bdi { (url) } }
        } @else {
            bdi { (url) }
        }
    }
}
