//! What several endpoints say in the OpenAPI document: parameters, words, flags.

use crate::query::QUERY_LEN_MAX;
use crate::query::values::SOURCES;
use crate::query::{Dialect, LIMIT_DEFAULT, LIMIT_MAX, OFFSET_MAX, Ranking, SortKey, names};
use crate::text::clean::SHORT_LEN_MAX;
use crate::{
    EventKind, HealthStatus, L402Format, ListingStatus, Outcome, ProbeStatus, Protocol, ReviewKind,
    ReviewStatus,
};
use farebox_money::MicroUsd;
use farebox_wire::text::is_hidden;
use std::sync::LazyLock;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{RefOr, Required};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// 0 or 1, as the API writes what is true or not.
pub(crate) struct Flag;

impl PartialSchema for Flag {
    fn schema() -> RefOr<Schema> {
        integer(0, 1).into()
    }
}

impl ToSchema for Flag {}

/// A closed set of words is an enumeration of their names.
macro_rules! schemas_of_words {
    ($($word:ident),*) => {$(
        impl PartialSchema for $word {
            fn schema() -> RefOr<Schema> {
                words($word::ALL.map($word::name)).into()
            }
        }

        impl ToSchema for $word {}
    )*};
}

schemas_of_words!(
    EventKind,
    HealthStatus,
    L402Format,
    ListingStatus,
    Outcome,
    ProbeStatus,
    Protocol,
    ReviewKind,
    ReviewStatus
);

/// The parameters of `/api/v1/services`.
pub(crate) struct ServicesQuery;

/// The parameters of `/api/v1/export.csv`.
pub(crate) struct ExportQuery;

impl IntoParams for ServicesQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        names(Dialect::Services).map(|name| described(name, Dialect::Services)).collect()
    }
}

impl IntoParams for ExportQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        names(Dialect::Export).map(|name| described(name, Dialect::Export)).collect()
    }
}

/// An optional parameter of a query string.
pub(crate) fn query_parameter(name: &str, about: &str, schema: impl Into<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema.into()))
        .build()
}

fn described(name: &str, dialect: Dialect) -> Parameter {
    let limit = match dialect {
        Dialect::Services => integer(1, LIMIT_MAX),
        Dialect::Export => integer(1, OFFSET_MAX),
    };
    let (about, schema) = match name {
        "protocol" => ("The rail", words(Protocol::ALL.map(Protocol::name))),
        "category" => ("A category with everything below it, such as ai/text", category()),
        "health" => ("The last verdict", words(HealthStatus::ALL.map(HealthStatus::name))),
        "source" => (
            "The list that the row came from; one that is not named here is taken where a listing has it",
            words(SOURCES),
        ),
        "probe_status" => (
            "Whether a plain request meets the paywall",
            words(ProbeStatus::ALL.map(ProbeStatus::name)),
        ),
        "featured" => ("Only what is shown first", boolean()),
        "q" => ("Words to find listings by", of_type(Type::String).max_length(Some(QUERY_LEN_MAX))),
        "max_price_usd" => (
            "The price of a call in dollars at most",
            of_type(Type::Number).minimum(Some(0)).maximum(Some(MicroUsd::MAX.to_f64())),
        ),
        "payment_asset" => ("What the price is paid in: BTC, USDC", text()),
        "payment_valid" => ("Only x402 listings with valid payment requirements", boolean()),
        "verified" => ("Only listings that take payment; verified domains come first", boolean()),
        "l402_format" => (
            "How an L402 endpoint writes its macaroon",
            words(L402Format::ALL.map(L402Format::name)),
        ),
        "lnget_compatible" => ("Whether lnget can pay an L402 endpoint", boolean()),
        "sort" => (
            "By what to sort; by relevance or rank where it is not given",
            words(SortKey::ALL.map(SortKey::name)),
        ),
        "order" => ("The direction of sort", words(["asc", "desc"])),
        "rank" => (
            "How a search is ordered: tiers puts names before descriptions before what is alike; \
             best puts an exact name first and then mixes all by how well they fit",
            words(Ranking::ALL.map(Ranking::name)),
        ),
        "explain" => ("Says in `why` of each row that a search found why it is there", boolean()),
        "limit" => ("Rows at most", limit),
        "offset" => ("Rows to leave out at the start", integer(0, OFFSET_MAX)),
        _ => ("Asks for a Lightning invoice", words(["require"])),
    };
    let schema = match (name, dialect) {
        ("limit", Dialect::Services) => schema.default(Some(LIMIT_DEFAULT.into())),
        _ => schema,
    };
    query_parameter(name, about, schema)
}

/// One of these words.
pub(crate) fn words(words: impl IntoIterator<Item = &'static str>) -> ObjectBuilder {
    of_type(Type::String).enum_values(Some(words))
}

/// A whole number.
pub(crate) fn integer(least: usize, most: usize) -> ObjectBuilder {
    let limit = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    of_type(Type::Integer).minimum(Some(limit(least))).maximum(Some(limit(most)))
}

/// A text that is compared with a field of a listing.
fn text() -> ObjectBuilder {
    let pattern = format!("^{}$", &*VISIBLE);
    of_type(Type::String).max_length(Some(SHORT_LEN_MAX)).pattern(Some(pattern))
}

/// The same, with something beside slashes.
fn category() -> ObjectBuilder {
    let pattern = format!("^(?=.*[^/ ]){}$", &*VISIBLE);
    of_type(Type::String).max_length(Some(SHORT_LEN_MAX)).pattern(Some(pattern))
}

/// Visible characters with single spaces between them, and white space around, as a regular
/// expression.
static VISIBLE: LazyLock<String> = LazyLock::new(|| {
    let unseen = class(|one| one.is_whitespace() || is_hidden(one));
    let space = class(char::is_whitespace);
    format!("[{space}]*[^{unseen}]+( [^{unseen}]+)*[{space}]*")
});

/// The characters of a kind, as they stand in a regular expression's class.
fn class(is_member: impl Fn(char) -> bool) -> String {
    let is_in = |code: u32| char::from_u32(code).is_some_and(&is_member);
    let (mut class, mut code) = (String::new(), 0);
    while code <= u32::from(char::MAX) {
        let start = code;
        while is_in(code) {
            code += 1;
        }
        if code > start {
            class.push_str(&in_class(start));
            class.push('-');
            class.push_str(&in_class(code - 1));
        }
        code += 1;
    }
    class
}

/// A character of a regular expression's class, escaped where there is a form that all readers know.
fn in_class(code: u32) -> String {
    match char::from_u32(code) {
        Some(character) if code > 0xffff => character.to_string(),
        _ => format!("\\u{code:04x}"),
    }
}

/// Booleans are taken as numbers too.
fn boolean() -> ObjectBuilder {
    words(["true", "false", "1", "0"])
}

fn of_type(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(kind))
}
