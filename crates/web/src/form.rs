//! The search form: a plain GET form.

use crate::links::Parameters;
use crate::money::grouped;
use farebox_directory::{Category, HealthStatus, Protocol, QUERY_LEN_MAX, Snapshot, SortKey};
use maud::{Markup, html};

/// Categories to choose from at most; the address takes every other one.
const CATEGORIES_MAX: usize = 40;

/// The form, filled with what was asked.
pub(crate) fn search_form(parameters: &Parameters, snapshot: &Snapshot) -> Markup {
    html! {
        form.search action="/" method="get" role="search" {
            div.words {
                label.hidden for="q" { "What do you need?" }
                input #q type="search" name="q" maxlength=(QUERY_LEN_MAX)
                    value=[parameters.get("q")] autocomplete="off"
                    placeholder="weather forecast, web search, generate an image …";
                button type="submit" { "Search" }
            }
            div.filters {
                (protocols(parameters))
                (verdicts(parameters))
                (categories(parameters, snapshot))
                (price(parameters))
                (orders(parameters))
            }
        }
    }
}

fn select(
    label: &str,
    name: &str,
    any: &str,
    chosen: Option<&str>,
    all: &[(String, String)],
) -> Markup {
    let is_chosen = |value: &str| chosen.is_some_and(|chosen| chosen.eq_ignore_ascii_case(value));
    let is_listed = all.iter().any(|(value, _)| is_chosen(value));
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                option value="" { (any) }
                @if let Some(other) = chosen.filter(|_| !is_listed) {
                    option value=(other) selected { (other) }
                }
                @for (value, text) in all {
                    option value=(value) selected[is_chosen(value)] { (text) }
                }
            }
        }
    }
}

fn protocols(parameters: &Parameters) -> Markup {
    let all = Protocol::ALL.map(|one| (one.name().to_owned(), one.name().to_owned()));
    select("Protocol", "protocol", "Any", parameters.get("protocol"), &all)
}

fn verdicts(parameters: &Parameters) -> Markup {
    let all = HealthStatus::ALL.map(|one| (one.name().to_owned(), one.name().to_owned()));
    select("Health", "health", "Any", parameters.get("health"), &all)
}

fn categories(parameters: &Parameters, snapshot: &Snapshot) -> Markup {
    let option = |category: &Category| {
        let count = grouped(category.counts.total());
        (category.name.clone(), format!("{} ({count})", category.name))
    };
    let largest = snapshot.categories().categories.iter().take(CATEGORIES_MAX);
    let all: Vec<(String, String)> = largest.map(option).collect();
    select("Category", "category", "All", parameters.get("category"), &all)
}

fn price(parameters: &Parameters) -> Markup {
    html! {
        div.field {
            label for="max_price_usd" { "Price up to, $" }
            input #max_price_usd type="number" name="max_price_usd" min="0" step="any"
                inputmode="decimal" placeholder="0.05" value=[parameters.get("max_price_usd")];
        }
    }
}

fn orders(parameters: &Parameters) -> Markup {
    let all = SortKey::ALL.map(|one| (one.name().to_owned(), one.name().to_owned()));
    let best = if parameters.get("q").is_some() { "best match" } else { "standard" };
    select("Sort by", "sort", best, parameters.get("sort"), &all)
}
