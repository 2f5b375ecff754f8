//! What can be asked of the changes.

use crate::api::document::{integer, query_parameter, words};
use crate::query::{read_parameters, values};
use crate::{EventKind, QueryError};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

const NAMES: [&str; 3] = ["after", "limit", "kind"];
const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 1_000;
/// The largest number that every reader of JSON takes as it is written (RFC 8259, 6).
const AFTER_MAX: usize = 9_007_199_254_740_991;

/// Which events are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChangesQuery {
    /// Only what comes after this place.
    pub(super) after: i64,
    /// Events at most.
    pub(super) limit: usize,
    /// Only these.
    pub(super) kind: Option<EventKind>,
}

impl ChangesQuery {
    /// Reads a query string.
    ///
    /// # Errors
    /// [`QueryError`] names every parameter that is wrong.
    pub(super) fn parse(raw: &str) -> Result<Self, QueryError> {
        let mut query = Self { after: 0, limit: LIMIT_DEFAULT, kind: None };
        read_parameters(raw, &NAMES, |name, value| {
            match name {
                "after" => {
                    let after = values::whole_number(value, 0, AFTER_MAX)?;
                    query.after = i64::try_from(after).unwrap_or(i64::MAX);
                }
                "limit" => query.limit = values::whole_number(value, 1, LIMIT_MAX)?,
                _ => query.kind = Some(values::word(value, &kinds(), EventKind::name)?),
            }
            Ok(())
        })?;
        Ok(query)
    }
}

/// What strangers may know.
fn kinds() -> Vec<EventKind> {
    EventKind::ALL.into_iter().filter(|kind| kind.is_public()).collect()
}

impl IntoParams for ChangesQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let described = |name| match name {
            "after" => {
                query_parameter(name, "The next of the answer before", integer(0, AFTER_MAX))
            }
            "limit" => {
                let limit = integer(1, LIMIT_MAX).default(Some(LIMIT_DEFAULT.into()));
                query_parameter(name, "Events at most", limit)
            }
            _ => {
                let kinds = words(kinds().into_iter().map(EventKind::name));
                query_parameter(name, "Only events of this kind", kinds)
            }
        };
        NAMES.map(described).into()
    }
}
