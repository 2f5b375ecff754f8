//! Links to the pages before and after.

use crate::links::Parameters;
use crate::money::grouped;
use maud::{Markup, html};

/// Which page of how many.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    /// From 1.
    pub(crate) number: usize,
    /// All of them.
    pub(crate) count: usize,
}

/// The links; nothing when there is one page.
pub(crate) fn pager(parameters: &Parameters, position: Position) -> Markup {
    let Position { number, count } = position;
    let link = |number: usize| {
        if number == 1 {
            parameters.without("page").home_link()
        } else {
            parameters.with("page", number).home_link()
        }
    };
    html! {
        @if count > 1 {
            nav.pager aria-label="Pages" {
                @if number > 1 {
                    a rel="prev" href=(link(number - 1)) { "← Previous" }
                } @else {
                    span.off { "← Previous" }
                }
                span { (grouped(number)) " / " (grouped(count)) }
                @if number < count {
                    a rel="next" href=(link(number + 1)) { "Next →" }
                } @else {
                    span.off { "Next →" }
                }
            }
        }
    }
}
