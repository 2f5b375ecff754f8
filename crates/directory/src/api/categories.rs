//! `GET /api/v1/categories`: every category with its counts, as a tree.

use crate::{Category, CategoryTree, Directory, RailCounts};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// Shows the categories, the largest first; `total` counts what is below a category as well,
/// so it is what `?category=` finds.
#[utoipa::path(
    get,
    path = "/api/v1/categories",
    tag = "directory",
    responses((status = 200, description = "The categories by name", body = Tree))
)]
pub(super) async fn categories(State(directory): State<Directory>) -> Response {
    let snapshot = directory.snapshot();
    Json(Tree { categories: Level(snapshot.categories()) }).into_response()
}

#[derive(Serialize, ToSchema)]
#[schema(as = CategoryTree)]
struct Tree<'a> {
    #[schema(value_type = BTreeMap<String, Branch>)]
    categories: Level<'a>,
}

/// The upper level, by name.
struct Level<'a>(&'a CategoryTree);

/// The lower level, by name.
struct Below<'a>(&'a [Category]);

#[derive(Serialize, ToSchema)]
#[schema(as = Category)]
struct Branch<'a> {
    #[serde(flatten)]
    counts: Counted,
    #[schema(value_type = BTreeMap<String, Counted>)]
    subcategories: Below<'a>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CategoryCounts)]
struct Counted {
    #[serde(rename = "L402")]
    l402: usize,
    x402: usize,
    #[serde(rename = "MPP")]
    mpp: usize,
    total: usize,
}

impl From<RailCounts> for Counted {
    fn from(counts: RailCounts) -> Self {
        Self { l402: counts.l402, x402: counts.x402, mpp: counts.mpp, total: counts.total() }
    }
}

impl Serialize for Level<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.categories.len()))?;
        for category in &self.0.categories {
            let branch = Branch {
                counts: category.counts.into(),
                subcategories: Below(&category.subcategories),
            };
            map.serialize_entry(&category.name, &branch)?;
        }
        map.end()
    }
}

impl Serialize for Below<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for category in self.0 {
            map.serialize_entry(&category.name, &Counted::from(category.counts))?;
        }
        map.end()
    }
}
