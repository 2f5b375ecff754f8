//! What can be asked of a badge.

use crate::QueryError;
use crate::api::document::{query_parameter, words};
use crate::query::{read_parameters, values};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

const NAMES: [&str; 2] = ["show", "style"];
/// The only style there is, named as others name it.
const STYLE: &str = "flat";

/// What a badge shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Show {
    /// The last verdict.
    #[default]
    Health,
    /// The price of a call.
    Price,
    /// The share of checks of the last 30 days that went well.
    Uptime,
}

impl Show {
    const ALL: [Self; 3] = [Self::Health, Self::Price, Self::Uptime];

    /// The word of the API.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Price => "price",
            Self::Uptime => "uptime",
        }
    }
}

/// A badge that is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BadgeQuery {
    pub(super) show: Show,
}

impl BadgeQuery {
    /// Reads a query string.
    ///
    /// # Errors
    /// [`QueryError`] names every parameter that is wrong.
    pub(super) fn parse(raw: &str) -> Result<Self, QueryError> {
        let mut query = Self::default();
        read_parameters(raw, &NAMES, |name, value| {
            match name {
                "show" => query.show = values::word(value, &Show::ALL, Show::name)?,
                _ if value.eq_ignore_ascii_case(STYLE) => {}
                _ => return Err(format!("must be {STYLE}")),
            }
            Ok(())
        })?;
        Ok(query)
    }
}

impl IntoParams for BadgeQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let described = |name| match name {
            "show" => query_parameter(name, "What it shows", words(Show::ALL.map(Show::name))),
            _ => query_parameter(name, "How it is drawn", words([STYLE])),
        };
        NAMES.map(described).into()
    }
}
