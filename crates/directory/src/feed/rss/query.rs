//! What can be asked of the feed.

use crate::api::document::{query_parameter, words};
use crate::query::{read_parameters, values};
use crate::{HealthStatus, Listing, Protocol, QueryError};
use jiff::{SignedDuration, Timestamp};
use url::form_urlencoded;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

/// How long a listing counts as new.
const NEW_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
const NAMES: [&str; 3] = ["protocol", "health", "type"];

/// Which listings a feed has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FeedQuery {
    protocol: Option<Protocol>,
    health: Option<HealthStatus>,
    new_only: bool,
}

/// The values of `type`.
#[derive(Clone, Copy)]
enum FeedType {
    All,
    New,
}

impl FeedType {
    const ALL: [Self; 2] = [Self::All, Self::New];

    const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::New => "new",
        }
    }
}

impl FeedQuery {
    /// Reads a query string.
    ///
    /// # Errors
    /// [`QueryError`] names every parameter that is wrong.
    pub(super) fn parse(raw: &str) -> Result<Self, QueryError> {
        let mut query = Self::default();
        read_parameters(raw, &NAMES, |name, value| {
            match name {
                "protocol" => {
                    query.protocol = Some(values::word(value, &Protocol::ALL, Protocol::name)?);
                }
                "health" => {
                    let health = values::word(value, &HealthStatus::ALL, HealthStatus::name)?;
                    query.health = Some(health);
                }
                _ => {
                    let kind = values::word(value, &FeedType::ALL, FeedType::name)?;
                    query.new_only = matches!(kind, FeedType::New);
                }
            }
            Ok(())
        })?;
        Ok(query)
    }

    /// Whether a listing belongs into the feed at this time. What came with the first import of a list
    /// would fill it for days.
    pub(super) fn accepts(&self, listing: &Listing, now: Timestamp) -> bool {
        !listing.came_in_bulk
            && self.protocol.is_none_or(|protocol| protocol == listing.facts.protocol)
            && self.health.is_none_or(|health| health == listing.health.status)
            && (!self.new_only || now.duration_since(listing.registered_at) <= NEW_FOR)
    }

    /// The query string that asks for the same feed, in one spelling.
    pub(super) fn to_query_string(&self) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        if let Some(protocol) = self.protocol {
            text.append_pair("protocol", protocol.name());
        }
        if let Some(health) = self.health {
            text.append_pair("health", health.name());
        }
        if self.new_only {
            text.append_pair("type", FeedType::New.name());
        }
        text.finish()
    }
}

impl IntoParams for FeedQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let described = |name| match name {
            "protocol" => {
                query_parameter(name, "The rail", words(Protocol::ALL.map(Protocol::name)))
            }
            "health" => {
                let names = words(HealthStatus::ALL.map(HealthStatus::name));
                query_parameter(name, "The last verdict", names)
            }
            _ => {
                let about = "new: only what was listed in the last 7 days";
                query_parameter(name, about, words(FeedType::ALL.map(FeedType::name)))
            }
        };
        NAMES.map(described).into()
    }
}
