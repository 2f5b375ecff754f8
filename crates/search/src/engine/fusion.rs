//! What counts how much where documents are put in order, and from where on one is found at all.
//!
//! The numbers were chosen on half of the judged queries in `bench/search-quality` and are
//! reported by the other half; `docs/search.md` has the formula and the figures.

/// What coverage counts beside the cosine. The lexical part knows synonyms, misspellings and
/// translations, and tells what a listing does from what its host says everywhere, so it counts
/// more than the meaning of the whole text.
const COVERAGE_WEIGHT: f32 = 1.6;
/// What it counts to be paid by every rail that the query names.
const RAIL_WEIGHT: f32 = 0.5;
/// What it counts to meet what else the query says about paying.
const PREFERRED_WEIGHT: f32 = 0.5;

/// Meaning finds documents from this cosine on.
pub(super) const COSINE_MIN: f32 = 0.25;
/// Words find documents from this coverage on.
pub(super) const COVERAGE_MIN: f32 = 0.12;
/// Where fewer are found, the nearest are added...
pub(super) const FOUND_MIN: usize = 10;
/// ...from this cosine on.
pub(super) const FILLING_COSINE_MIN: f32 = 0.15;

/// What speaks for a document.
#[derive(Clone, Copy)]
pub(super) struct Signals {
    /// From -1 to 1.
    pub(super) cosine: f32,
    /// From 0 to 1.
    pub(super) coverage: f32,
    /// The share of the rails named in the query by which it is paid.
    pub(super) rails: f32,
    /// Whether it meets what else the query says about paying.
    pub(super) is_preferred: bool,
}

impl Signals {
    /// One number to order by; the larger comes first.
    pub(super) fn score(self) -> f32 {
        let preferred = if self.is_preferred { PREFERRED_WEIGHT } else { 0.0 };
        self.cosine + COVERAGE_WEIGHT * self.coverage + RAIL_WEIGHT * self.rails + preferred
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Signals = Signals { cosine: 0.3, coverage: 0.5, rails: 0.0, is_preferred: false };

    #[test]
    fn whatever_speaks_for_a_document_moves_it_up() {
        for better in [
            Signals { cosine: 0.4, ..PLAIN },
            Signals { coverage: 0.6, ..PLAIN },
            Signals { rails: 0.5, ..PLAIN },
            Signals { is_preferred: true, ..PLAIN },
        ] {
            assert!(better.score() > PLAIN.score());
        }
    }
}
