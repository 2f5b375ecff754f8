//! The pages: the directory for people.
//!
//! Every page works without JavaScript; the one script only adds copy buttons. Texts of
//! listings are written by strangers: they are escaped, and a strict content security policy
//! lets nothing but this server's own style sheet and script run.

mod assets;
mod command;
mod form;
mod health;
mod home;
mod layout;
mod links;
mod listing;
mod money;
mod not_found;
mod pager;
mod results;

use farebox_directory::Directory;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the pages say about the server they are on.
#[derive(Clone, Debug)]
pub struct PageSettings {
    /// How others reach this server, such as `https://directory.example`.
    pub public_url: String,
    /// Whether the server runs with play money and sample listings, and says so on each page.
    pub demo: bool,
}

#[derive(Clone)]
struct Pages {
    directory: Directory,
    settings: Arc<PageSettings>,
}

/// The path of the icon on a server with these pages.
#[must_use]
pub fn icon_path() -> &'static str {
    &assets::ICON.path
}

/// The pages, their assets, and the answer to every path that is none: a page for people, JSON
/// below `/api/`.
pub fn routes(directory: Directory, settings: PageSettings) -> OpenApiRouter {
    let pages = Pages { directory, settings: Arc::new(settings) };
    OpenApiRouter::default()
        .routes(routes!(home::home))
        .routes(routes!(listing::listing))
        .routes(routes!(assets::asset))
        .fallback(not_found::not_found)
        .with_state(pages)
}
