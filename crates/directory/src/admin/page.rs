//! Pages of what an admin reads: how a request asks for one, and whether there is another.

use crate::query::{QueryError, read_parameters, values};

/// Rows of a page, unless a request says how many.
const LEN_DEFAULT: usize = 50;
/// Rows of a page at most.
const LEN_MAX: usize = 200;

/// What a request asks for.
pub(super) struct Page<S, A> {
    /// Which rows.
    pub(super) status: S,
    /// The place after which the page begins.
    pub(super) after: A,
    /// How many rows at most.
    pub(super) len_max: usize,
}

/// Reads `status`, `after` and `limit`. Of each of the first two: what is meant where it is not said,
/// and how it is read.
///
/// # Errors
/// [`QueryError`] names every parameter that is wrong.
pub(super) fn read<S, A>(
    raw: Option<&str>,
    (mut status, read_status): (S, impl Fn(&str) -> values::Value<S>),
    (mut after, read_after): (A, impl Fn(&str) -> values::Value<A>),
) -> Result<Page<S, A>, QueryError> {
    let mut len_max = LEN_DEFAULT;
    read_parameters(raw.unwrap_or_default(), &["status", "after", "limit"], |name, value| {
        match name {
            "status" => status = read_status(value)?,
            "after" => after = read_after(value)?,
            _ => len_max = values::whole_number(value, 1, LEN_MAX)?,
        }
        Ok(())
    })?;
    Ok(Page { status, after, len_max })
}

/// `after` of the next page, where this one is full.
pub(super) fn next<R, A>(rows: &[R], len_max: usize, place: impl Fn(&R) -> A) -> Option<A> {
    rows.last().filter(|_| rows.len() == len_max).map(place)
}
