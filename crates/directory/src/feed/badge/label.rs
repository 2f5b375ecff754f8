//! What a badge says.

use super::query::Show;
use crate::{HealthStatus, Listing};

const GREEN: &str = "#1a7f37";
const YELLOW: &str = "#9a6700";
const RED: &str = "#cf222e";
const GREY: &str = "#57606a";
const BLUE: &str = "#0969da";
/// From this share of good checks on, uptime is shown in green, and from the next in yellow.
const UPTIME_GOOD: f64 = 0.99;
const UPTIME_FAIR: f64 = 0.9;

/// The two halves of a badge, and what is read out instead of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    /// The left half.
    pub(super) subject: &'static str,
    /// The right half.
    pub(super) value: String,
    /// The colour of the right half.
    pub(super) color: &'static str,
    /// For those who do not see the picture. It may hold a stranger's text.
    pub(super) title: String,
}

impl Label {
    /// What is shown of a listing.
    pub(super) fn of(listing: &Listing, show: Show) -> Self {
        let (value, color) = match show {
            Show::Health => health(listing.health.status),
            Show::Price => price(listing),
            Show::Uptime => uptime(listing.health.uptime_30d),
        };
        let subject = match show {
            Show::Uptime => "uptime 30d",
            Show::Health | Show::Price => show.name(),
        };
        let title = format!("{}, {subject}: {value}", listing.facts.name);
        Self { subject, value, color, title }
    }

    /// What is shown when there is no such listing.
    pub(super) fn not_listed() -> Self {
        let value = "not listed".to_owned();
        Self { subject: "health", title: value.clone(), value, color: GREY }
    }
}

fn health(status: HealthStatus) -> (String, &'static str) {
    let color = match status {
        HealthStatus::Healthy => GREEN,
        HealthStatus::Degraded => YELLOW,
        HealthStatus::Down => RED,
        HealthStatus::Unknown => GREY,
    };
    (status.name().to_owned(), color)
}

fn price(listing: &Listing) -> (String, &'static str) {
    let facts = &listing.facts;
    match (facts.price_sats, facts.price_usd) {
        (Some(sats), _) if sats.get() == 1 => ("1 sat".to_owned(), BLUE),
        (Some(sats), _) => (format!("{} sats", sats.get()), BLUE),
        (None, Some(usd)) => (format!("${usd}"), BLUE),
        (None, None) if facts.price_note.is_some() => ("varies".to_owned(), BLUE),
        (None, None) => ("unknown".to_owned(), GREY),
    }
}

fn uptime(share: Option<f64>) -> (String, &'static str) {
    let Some(share) = share else { return ("no checks".to_owned(), GREY) };
    let color = match share {
        share if share >= UPTIME_GOOD => GREEN,
        share if share >= UPTIME_FAIR => YELLOW,
        _ => RED,
    };
    // Rounded down: what failed once is not shown as whole.
    let percent = (share * 1_000.0).floor() / 10.0;
    (format!("{percent}%"), color)
}
