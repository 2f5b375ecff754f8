//! What others follow the directory by: an RSS feed, a feed of changes, badges.

mod badge;
mod cacheable;
mod changes;
mod rss;
mod xml;

pub use cacheable::Cacheable;

use crate::Directory;
use crate::api::open_to_all_origins;
use axum::middleware::map_response;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the handlers know.
#[derive(Clone)]
struct Feeds {
    directory: Directory,
    /// Where this server is reached, without a slash at the end.
    public_url: Arc<str>,
}

/// `/feed.xml`, `/api/v1/changes` and `/badge/{name}`. Any web page may read them. `public_url` is where this
/// server is reached, such as `https://directory.example`.
pub fn routes(directory: Directory, public_url: &str) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(rss::feed))
        .routes(routes!(badge::badge))
        .routes(routes!(changes::changes))
        .layer(map_response(open_to_all_origins))
        .with_state(Feeds { directory, public_url: public_url.into() })
}
