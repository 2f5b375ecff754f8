//! Reads the query string of `GET /api/services`. Nothing is ignored.

use super::catalogue::ServiceStatus;
use crate::query::values::{self, Value};
use crate::text::clean::clean_text;
use crate::{InvalidParameter, Protocol, QueryError};
use url::form_urlencoded;

/// Services of a page unless the caller says otherwise.
pub(super) const LIMIT_DEFAULT: usize = 100;
/// Services of a page at most.
pub(super) const LIMIT_MAX: usize = 500;
/// Services that a caller may leave out at the start.
pub(super) const OFFSET_MAX: usize = 1_000_000_000;
/// Parameters of one request at most; what follows is not read.
const PARAMETERS_MAX: usize = 32;
/// The parameters.
pub(super) const NAMES: [&str; 7] =
    ["q", "category", "status", "format", "protocol", "limit", "offset"];

/// A question for services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServicesQuery {
    /// Words to find services by.
    pub(super) search: Option<String>,
    /// A category with everything below it.
    pub(super) category: Option<String>,
    /// How they must stand; one of these.
    pub(super) statuses: Vec<ServiceStatus>,
    /// Whether a few words are enough.
    pub(super) is_minimal: bool,
    /// The rail; `None` for all.
    pub(super) rail: Option<Protocol>,
    /// Services at most.
    pub(super) limit: usize,
    /// Services to leave out at the start.
    pub(super) offset: usize,
}

impl Default for ServicesQuery {
    fn default() -> Self {
        Self {
            search: None,
            category: None,
            statuses: vec![ServiceStatus::Live, ServiceStatus::Degraded],
            is_minimal: false,
            rail: Some(Protocol::L402),
            limit: LIMIT_DEFAULT,
            offset: 0,
        }
    }
}

impl ServicesQuery {
    /// Reads a query string as it stands in a URL, without the question mark.
    ///
    /// # Errors
    /// [`QueryError`] with every parameter that is unknown, repeated, malformed or out of range.
    pub(super) fn parse(raw: &str) -> Result<Self, QueryError> {
        let mut query = Self::default();
        let mut seen: Vec<String> = Vec::new();
        let mut invalid = Vec::new();
        let mut pairs = form_urlencoded::parse(raw.as_bytes());
        for (name, value) in pairs.by_ref().take(PARAMETERS_MAX) {
            let is_repeated = seen.iter().any(|known| *known == name);
            let read = if is_repeated {
                Err("is given more than once".to_owned())
            } else if value.contains('\u{fffd}') {
                // Decoding puts this character where the bytes were no UTF-8.
                Err("is not valid UTF-8 in percent-encoding".to_owned())
            } else {
                query.read(&name, &value)
            };
            if let Err(reason) = read {
                let name = clean_text(&name, 40);
                invalid.push(InvalidParameter { message: format!("{name} {reason}"), name });
            }
            seen.push(name.into_owned());
        }
        if pairs.next().is_some() {
            let message = format!("at most {PARAMETERS_MAX} parameters are read");
            invalid.push(InvalidParameter { name: String::new(), message });
        }
        if invalid.is_empty() { Ok(query) } else { Err(QueryError { invalid }) }
    }

    fn read(&mut self, name: &str, value: &str) -> Value<()> {
        match name {
            "q" => self.search = values::search(value)?,
            "category" => self.category = Some(values::category(value)?),
            "status" => self.statuses = statuses(value)?,
            "format" => self.is_minimal = is_minimal(value)?,
            "protocol" => self.rail = rail(value)?,
            "limit" => self.limit = values::whole_number(value, 1, LIMIT_MAX)?,
            "offset" => self.offset = values::whole_number(value, 0, OFFSET_MAX)?,
            _ => return Err(format!("is not a parameter; known are {}", NAMES.join(", "))),
        }
        Ok(())
    }
}

fn statuses(value: &str) -> Value<Vec<ServiceStatus>> {
    if value.eq_ignore_ascii_case("all") {
        return Ok(ServiceStatus::ALL.to_vec());
    }
    let one = values::word(value, &ServiceStatus::ALL, ServiceStatus::name);
    one.map(|status| vec![status]).map_err(|reason| format!("{reason}, all"))
}

fn is_minimal(value: &str) -> Value<bool> {
    match value.to_ascii_lowercase().as_str() {
        "minimal" => Ok(true),
        "full" => Ok(false),
        _ => Err("must be minimal or full".to_owned()),
    }
}

fn rail(value: &str) -> Value<Option<Protocol>> {
    if value.eq_ignore_ascii_case("all") {
        return Ok(None);
    }
    let one = values::word(value, &Protocol::ALL, Protocol::name);
    one.map(Some).map_err(|reason| format!("{reason}, all"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(raw: &str) -> Vec<String> {
        ServicesQuery::parse(raw).unwrap_err().body().error.parameters
    }

    #[test]
    fn every_parameter_is_read() {
        let raw = "q=web+search&category=AI%2Ftext&status=Offline&format=minimal&protocol=x402\
                   &limit=7&offset=14";
        let query = ServicesQuery::parse(raw).unwrap();
        let expected = ServicesQuery {
            search: Some("web search".to_owned()),
            category: Some("ai/text".to_owned()),
            statuses: vec![ServiceStatus::Offline],
            is_minimal: true,
            rail: Some(Protocol::X402),
            limit: 7,
            offset: 14,
        };
        assert_eq!(query, expected);
        let all = ServicesQuery::parse("status=all&protocol=all").unwrap();
        assert_eq!((all.statuses.len(), all.rail), (4, None));
        assert_eq!(ServicesQuery::parse(""), Ok(ServicesQuery::default()));
    }

    #[test]
    fn every_wrong_parameter_is_named_at_once() {
        assert_eq!(
            refused("statsu=live&status=up&limit=0&format=xml&limit=5&protocol=l403"),
            ["statsu", "status", "limit", "format", "protocol"]
        );
        assert_eq!(refused("q=%ff"), ["q"]);
        assert_eq!(refused("status="), ["status"]);
        assert_eq!(refused("limit=501&offset=-1"), ["limit", "offset"]);
        assert_eq!(refused("category=a&category=b"), ["category"]);
    }

    proptest! {
        #[test]
        fn any_query_string_is_answered(raw in "[a-z_=&%0-9A-F+.\\-é]{0,80}") {
            let _ = ServicesQuery::parse(&raw);
        }
    }
}
