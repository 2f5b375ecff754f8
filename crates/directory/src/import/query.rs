//! The parameters of `POST /admin/api/import`.

use serde::Deserialize;
use utoipa::IntoParams;

/// What is said of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportQuery {
    /// An address that the list is fetched from, in place of the body.
    pub(super) from: Option<String>,
    /// The name of the source; made of the form when not given.
    pub(super) source: Option<String>,
    /// How the list is written; told by how it begins when not given.
    pub(super) format: Option<String>,
    /// The list's own address.
    pub(super) address: Option<String>,
    /// How far it is believed.
    pub(super) trust: Option<String>,
    /// Nothing is written; the report says what would be.
    #[serde(default)]
    pub(super) dry_run: bool,
}
