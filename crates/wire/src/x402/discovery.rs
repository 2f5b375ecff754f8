//! Lists of paid resources that facilitators keep: `GET /discovery/resources`.

use super::{PaymentRequirements, WireError, header, json::parse_json_object, slack};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscoveryPage {
    /// Version of the list.
    #[serde(default, deserialize_with = "slack::null_as_default")]
    pub x402_version: u64,
    /// The resources; entries of a wrong form are left out.
    #[serde(alias = "resources", deserialize_with = "items")]
    pub items: Vec<DiscoveryItem>,
    /// Where the page stands in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pagination: Option<Pagination>,
}

/// Where a page stands in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pagination {
    /// Rows of a page.
    #[serde(default, deserialize_with = "slack::null_as_default")]
    pub limit: u64,
    /// Rows before this page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Rows in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// How to ask for the next page of a search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One resource. Texts of strangers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscoveryItem {
    /// The URL.
    #[serde(alias = "url")]
    pub resource: String,
    /// `http`, `mcp` or another.
    #[serde(rename = "type", default, deserialize_with = "slack::null_as_default")]
    pub kind: String,
    /// Version that the resource speaks.
    #[serde(default, deserialize_with = "slack::null_as_default")]
    pub x402_version: u64,
    /// The ways to pay. Those of version 1 keep their plain name of the network.
    #[serde(default, deserialize_with = "slack::readable")]
    pub accepts: Vec<PaymentRequirements>,
    /// When the entry was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<LastUpdated>,
    /// `description`, `mimeType`, `serviceName`, `tags`, `iconUrl`, `extensions`, `metadata` and
    /// what else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A time as facilitators write it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LastUpdated {
    /// Seconds since 1970.
    Unix(u64),
    /// ISO 8601.
    Iso(String),
    /// Something else.
    Other(Value),
}

impl DiscoveryPage {
    /// Reads a page of at most `len_max` bytes.
    pub fn parse(body: &[u8], len_max: usize) -> Result<Self, WireError> {
        header::from_object(parse_json_object(body, len_max)?)
    }
}

fn items<'de, D: serde::Deserializer<'de>>(reader: D) -> Result<Vec<DiscoveryItem>, D::Error> {
    let values = Vec::<Value>::deserialize(reader)?;
    Ok(values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect())
}
