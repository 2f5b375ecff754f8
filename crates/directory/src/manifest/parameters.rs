//! What `GET /api/services` takes, for the OpenAPI document.

use super::catalogue::ServiceStatus;
use super::query::{LIMIT_DEFAULT, LIMIT_MAX, NAMES, OFFSET_MAX};
use crate::Protocol;
use crate::api::document::{integer, query_parameter, words};
use crate::query::QUERY_LEN_MAX;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};

/// The parameters.
pub(super) struct ListParameters;

impl IntoParams for ListParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        NAMES.into_iter().map(described).collect()
    }
}

fn described(name: &str) -> Parameter {
    let text = || ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    let [live, degraded, offline, new] = ServiceStatus::ALL.map(ServiceStatus::name);
    let [l402, mpp, x402] = Protocol::ALL.map(Protocol::name);
    let (about, schema) = match name {
        "q" => (
            "Words to find services by: names, descriptions, categories",
            text().max_length(Some(QUERY_LEN_MAX)),
        ),
        "category" => ("A category with everything below it, such as ai/text", text()),
        "status" => (
            "How services must stand; live and degraded ones where it is not given",
            words([live, degraded, offline, new, "all"]),
        ),
        "format" => {
            ("minimal leaves out everything but the essentials", words(["minimal", "full"]))
        }
        "protocol" => ("The rail", words([l402, mpp, x402, "all"]).default(Some(l402.into()))),
        "limit" => ("Services at most", integer(1, LIMIT_MAX).default(Some(LIMIT_DEFAULT.into()))),
        _ => ("Services to leave out at the start", integer(0, OFFSET_MAX)),
    };
    query_parameter(name, about, schema)
}
