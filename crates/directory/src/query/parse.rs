//! Reads the query string of a list.

use super::values::{self, Value};
use super::{
    LIMIT_DEFAULT, LIMIT_MAX, ListQuery, QueryError, Ranking, Sort, SortKey, read_parameters,
};
use crate::{HealthStatus, L402Format, ProbeStatus, Protocol};

/// Rows that a caller may leave out at the start.
pub(crate) const OFFSET_MAX: usize = 1_000_000_000;

const NAMES: [&str; 19] = [
    "protocol",
    "category",
    "health",
    "source",
    "probe_status",
    "featured",
    "q",
    "max_price_usd",
    "payment_asset",
    "payment_valid",
    "verified",
    "l402_format",
    "lnget_compatible",
    "sort",
    "order",
    "rank",
    "explain",
    "limit",
    "offset",
];

/// Which endpoint is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `/api/v1/services`: pages of [`LIMIT_DEFAULT`] rows, [`LIMIT_MAX`] at most.
    Services,
    /// `/api/v1/export.csv`: every row unless the caller says otherwise, and `l402=require`.
    Export,
}

/// The parameters that an endpoint takes.
pub(crate) fn names(dialect: Dialect) -> impl Iterator<Item = &'static str> {
    let export = (dialect == Dialect::Export).then_some("l402");
    NAMES.into_iter().chain(export)
}

impl ListQuery {
    /// Reads a query string as it stands in a URL, without the question mark. `sources` are the
    /// sources that listings came from, which `source` takes besides the documented ones.
    /// `order` without `sort` is checked and has no effect.
    ///
    /// # Errors
    /// [`QueryError`] with every parameter that is unknown, repeated, malformed or out of range.
    pub fn parse(raw: &str, dialect: Dialect, sources: &[String]) -> Result<Self, QueryError> {
        let mut reading = Reading::new(dialect, sources);
        let names: Vec<&'static str> = names(dialect).collect();
        read_parameters(raw, &names, |name, value| reading.read(name, value))?;
        Ok(reading.finish())
    }
}

struct Reading<'a> {
    dialect: Dialect,
    sources: &'a [String],
    query: ListQuery,
    sort_key: Option<SortKey>,
    descending: bool,
}

impl<'a> Reading<'a> {
    fn new(dialect: Dialect, sources: &'a [String]) -> Self {
        let limit = match dialect {
            Dialect::Services => LIMIT_DEFAULT,
            Dialect::Export => usize::MAX,
        };
        Self {
            dialect,
            sources,
            query: ListQuery { limit, ..ListQuery::default() },
            sort_key: None,
            descending: false,
        }
    }

    fn read(&mut self, name: &str, value: &str) -> Value<()> {
        let filters = &mut self.query.filters;
        match name {
            "protocol" => {
                filters.protocol = Some(values::word(value, &Protocol::ALL, Protocol::name)?);
            }
            "category" => filters.category = Some(values::category(value)?),
            "health" => {
                filters.health = Some(values::word(value, &HealthStatus::ALL, HealthStatus::name)?);
            }
            "source" => filters.source = Some(values::source(value, self.sources)?),
            "probe_status" => {
                let status = values::word(value, &ProbeStatus::ALL, ProbeStatus::name)?;
                filters.probe_status = Some(status);
            }
            "featured" => filters.featured = values::boolean(value)?,
            "max_price_usd" => filters.max_price_usd = Some(values::dollars(value)?),
            "payment_asset" => filters.payment_asset = Some(values::short_text(value)?),
            "payment_valid" => filters.payment_valid = values::boolean(value)?,
            "verified" => filters.verified = values::boolean(value)?,
            "l402_format" => {
                let format = values::word(value, &L402Format::ALL, L402Format::name)?;
                filters.l402_format = Some(format);
            }
            "lnget_compatible" => filters.lnget_compatible = Some(values::boolean(value)?),
            _ => return self.read_page(name, value),
        }
        Ok(())
    }

    fn read_page(&mut self, name: &str, value: &str) -> Value<()> {
        let limit_max = match self.dialect {
            Dialect::Services => LIMIT_MAX,
            Dialect::Export => OFFSET_MAX,
        };
        match name {
            "q" => self.query.search = values::search(value)?,
            "sort" => self.sort_key = Some(values::sort_key(value)?),
            "order" => self.descending = values::descending(value)?,
            "rank" => {
                self.query.ranking = values::word(value, &Ranking::ALL, Ranking::name)?;
            }
            "explain" => self.query.explain = values::boolean(value)?,
            "limit" => self.query.limit = values::whole_number(value, 1, limit_max)?,
            "offset" => self.query.offset = values::whole_number(value, 0, OFFSET_MAX)?,
            // The paywall reads `l402=require`; here it is only known.
            _ if value == "require" => {}
            _ => return Err("must be require".to_owned()),
        }
        Ok(())
    }

    fn finish(mut self) -> ListQuery {
        self.query.sort = self.sort_key.map(|key| Sort { key, descending: self.descending });
        self.query
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(raw: &str) -> Result<ListQuery, QueryError> {
        ListQuery::parse(raw, Dialect::Services, &["agent402".to_owned()])
    }

    fn refused(raw: &str) -> Vec<String> {
        parse(raw).unwrap_err().body().error.parameters
    }

    #[test]
    fn every_parameter_is_read() {
        let query = parse(
            "protocol=X402&category=AI%2Ftext&health=healthy&source=Agent402&probe_status=probeable\
             &featured=true&q=web+search&max_price_usd=0.05&payment_asset=usdc&payment_valid=1\
             &verified=true&l402_format=v2_tlv&lnget_compatible=false&sort=price&order=desc\
             &rank=best&explain=true&limit=7&offset=14",
        )
        .unwrap();
        assert_eq!(query.filters.protocol, Some(Protocol::X402));
        assert_eq!(query.filters.category.as_deref(), Some("ai/text"));
        assert_eq!(query.filters.source.as_deref(), Some("agent402"));
        assert_eq!(query.filters.lnget_compatible, Some(false));
        assert_eq!(query.search.as_deref(), Some("web search"));
        let by_price = Sort { key: SortKey::Price, descending: true };
        assert_eq!((query.sort, query.limit, query.offset), (Some(by_price), 7, 14));
        assert_eq!((query.ranking, query.explain), (Ranking::Best, true));
        assert_eq!(parse(""), Ok(ListQuery::default()));
    }

    #[test]
    fn every_wrong_parameter_is_named_at_once() {
        let error = parse("healht=up&limit=0&limit=5&protocol=l403&category=a&source=nowhere");
        let body = error.unwrap_err().body();
        assert_eq!(body.error.code, "invalid_parameter");
        assert_eq!(body.error.parameters, ["healht", "limit", "protocol", "source"]);
        assert!(body.error.message.contains("did you mean health?"), "{body:?}");
        assert!(body.error.message.contains("limit is given more than once"), "{body:?}");
        assert!(body.error.message.contains("protocol must be one of L402, MPP, x402"));
    }

    #[test]
    fn malformed_values_are_refused() {
        assert_eq!(refused("health="), ["health"]);
        assert_eq!(refused("category=%ff"), ["category"]);
        assert_eq!(refused("category=/"), ["category"]);
        assert_eq!(refused("featured=yes"), ["featured"]);
        assert_eq!(refused("limit=201&offset=-1"), ["limit", "offset"]);
        assert_eq!(refused("l402=require"), ["l402"]);
        assert_eq!(refused(&format!("q={}", "x".repeat(201))), ["q"]);
        // Too many of them is the fault of none.
        let too_many = parse(&"a=1&".repeat(65)).unwrap_err();
        assert!(too_many.to_string().contains("at most 64 parameters"), "{too_many}");
        assert_eq!(too_many.body().error.parameters, ["a"]);
    }

    #[test]
    fn the_export_takes_all_rows_and_the_paywalls_parameter() {
        let query = ListQuery::parse("l402=require", Dialect::Export, &[]).unwrap();
        assert_eq!(query.limit, usize::MAX);
        ListQuery::parse("l402=maybe", Dialect::Export, &[]).unwrap_err();
    }

    proptest! {
        #[test]
        fn any_query_string_is_answered(raw in "[a-z_=&%0-9A-F+.\\-é]{0,80}") {
            let _ = parse(&raw);
        }
    }
}
