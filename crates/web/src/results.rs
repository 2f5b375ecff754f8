//! A listing in a list of results: a ticket with the price on its stub.

use crate::money;
use farebox_directory::{Entry, HealthStatus, Listing, Protocol};
use farebox_money::BtcUsd;
use maud::{Markup, html};

/// One ticket.
pub(crate) fn ticket(entry: &Entry, rate: Option<BtcUsd>) -> Markup {
    let listing = entry.listing();
    let facts = &listing.facts;
    html! {
        article.ticket {
            div.body {
                h2 { a href={ "/service/" (listing.id) } { bdi { (facts.name) } } }
                p.from {
                    bdi { (provider(listing)) } " · " bdi { (facts.category) }
                }
                @if !facts.description.is_empty() && facts.description != facts.name {
                    p.description { bdi { (facts.description) } }
                }
                p.badges {
                    (protocol_badge(facts.protocol))
                    (health_badge(listing.health.status))
                    @if facts.featured { span.badge.featured { "featured" } }
                }
            }
            (stub(listing, rate))
        }
    }
}

/// The price of a call, at the end of a ticket.
pub(crate) fn stub(listing: &Listing, rate: Option<BtcUsd>) -> Markup {
    html! {
        p.stub {
            @match money::price(listing, rate) {
                Some(price) => {
                    strong { (price.asked) }
                    @if let Some(about) = price.about { span { (about) } }
                    span.unit { "per call" }
                }
                None if listing.facts.price_note.is_some() => {
                    strong.open { "varies" }
                    span { "per call" }
                }
                None => strong.open { "no price named" }
            }
        }
    }
}

/// Who runs it: the provider's name, else the host.
pub(crate) fn provider(listing: &Listing) -> String {
    let name = &listing.facts.provider;
    if name.is_empty() { listing.host() } else { name.clone() }
}

/// The rail.
pub(crate) fn protocol_badge(protocol: Protocol) -> Markup {
    let class = match protocol {
        Protocol::L402 => "badge l402",
        Protocol::Mpp => "badge mpp",
        Protocol::X402 => "badge x402",
    };
    html! { span class=(class) { (protocol.name()) } }
}

/// The last verdict, in a word and a colour.
pub(crate) fn health_badge(status: HealthStatus) -> Markup {
    let class = format!("badge health {}", status.name());
    let word = match status {
        HealthStatus::Unknown => "not checked",
        other => other.name(),
    };
    html! { span class=(class) { (word) } }
}
