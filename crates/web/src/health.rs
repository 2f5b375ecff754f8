//! How the checks of a listing went: figures, bars and a table.

use farebox_directory::{Health, Listing, Observation};
use maud::{Markup, html};

const BAR_WIDTH: u32 = 10;
const BAR_GAP: u32 = 4;
const BARS_HEIGHT: u32 = 48;
const BAR_HEIGHT_MIN: u32 = 6;

/// The section of a listing's page.
pub(crate) fn health_section(listing: &Listing) -> Markup {
    let health = &listing.health;
    let recent = health.recent();
    html! {
        section.health-section {
            h2 { "Health" }
            @if recent.is_empty() {
                p.quiet { (never_checked(listing)) }
            } @else {
                (figures(health))
                (bars(&recent))
                (table(&recent))
            }
        }
    }
}

fn never_checked(listing: &Listing) -> &'static str {
    if listing.facts.sample_data && !listing.facts.is_demo {
        "Sample data is never checked: whether this endpoint answers is not known."
    } else {
        "Not checked yet."
    }
}

fn figures(health: &Health) -> Markup {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let [day, ..] = &health.windows;
    html! {
        dl.figures {
            @if let Some(uptime) = health.uptime_30d {
                div { dt { "Up, 30 days" } dd { (percent(uptime)) } }
            }
            @if day.counts.judged > 0 {
                div {
                    dt { "Good checks, 24 hours" }
                    dd { (day.counts.healthy) " of " (day.counts.judged) }
                }
            }
            @if let Some(latency_ms) = health.latency_p50_ms {
                div { dt { "Median answer" } dd { (latency_ms) " ms" } }
            }
            @if let Some(score) = health.reliability_score {
                div { dt { "Reliability" } dd { (format!("{score:.0}")) " / 100" } }
            }
            @if health.consecutive_failures > 0 {
                div { dt { "Failures in a row" } dd { (health.consecutive_failures) } }
            }
        }
    }
}

/// One bar a check, the oldest first: its height is the time to answer, its colour the verdict.
fn bars(recent: &[Observation]) -> Markup {
    let slowest_ms = recent.iter().filter_map(|seen| seen.check.response_time_ms).max();
    let slowest_ms = slowest_ms.unwrap_or(0).max(1);
    let count = u32::try_from(recent.len()).unwrap_or(0);
    let width = count * (BAR_WIDTH + BAR_GAP);
    html! {
        svg.bars viewBox={ "0 0 " (width) " " (BARS_HEIGHT) } width=(width) height=(BARS_HEIGHT)
            role="img" aria-label={ "The last " (count) " checks; the table below lists them" } {
            @for (place, seen) in (0_u32..).zip(recent.iter().rev()) {
                @let height = bar_height(seen.check.response_time_ms, slowest_ms);
                rect class=(seen.check.healthy.name()) x=(place * (BAR_WIDTH + BAR_GAP))
                    y=(BARS_HEIGHT - height) width=(BAR_WIDTH) height=(height) rx="2" {
                    title { (seen.check.healthy.name()) ", " (seen.check.checked_at) }
                }
            }
        }
    }
}

/// A check without an answer stands as tall as the slowest.
fn bar_height(response_time_ms: Option<u32>, slowest_ms: u32) -> u32 {
    let Some(time_ms) = response_time_ms else {
        return BARS_HEIGHT;
    };
    let scaled = u64::from(time_ms) * u64::from(BARS_HEIGHT) / u64::from(slowest_ms);
    u32::try_from(scaled).unwrap_or(BARS_HEIGHT).clamp(BAR_HEIGHT_MIN, BARS_HEIGHT)
}

fn table(recent: &[Observation]) -> Markup {
    html! {
        details {
            summary { "The last " (recent.len()) " checks" }
            div.scroll tabindex="0" {
                table {
                    thead {
                        tr { th { "Checked" } th { "Verdict" } th { "Status" } th { "Time" } th { "Note" } }
                    }
                    tbody {
                        @for seen in recent { (table_row(seen)) }
                    }
                }
            }
        }
    }
}

fn table_row(seen: &Observation) -> Markup {
    let check = &seen.check;
    html! {
        tr {
            td { (check.checked_at) }
            td { (check.healthy.name()) }
            td { @if let Some(status) = check.http_status { (status) } }
            td { @if let Some(time_ms) = check.response_time_ms { (time_ms) " ms" } }
            td { bdi { (check.error_message.as_deref().unwrap_or_default()) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fit_their_box() {
        assert_eq!(bar_height(Some(0), 1_000), BAR_HEIGHT_MIN);
        assert_eq!(bar_height(Some(500), 1_000), BARS_HEIGHT / 2);
        assert_eq!(bar_height(Some(u32::MAX), u32::MAX), BARS_HEIGHT);
        assert_eq!(bar_height(None, 1), BARS_HEIGHT);
    }
}
