//! `GET /assets/{name}`: the style sheet, the script and the icon, carried in the binary. Their
//! names hold a hash of their content, so browsers keep them for ever.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// One file.
pub(crate) struct Asset {
    /// Its path on this server.
    pub(crate) path: String,
    content_type: &'static str,
    content: &'static str,
}

/// The style sheet.
pub(crate) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("../assets/farebox.css");
    Asset::new("farebox", "css", "text/css; charset=utf-8", content)
});

/// Adds a copy button to each command.
pub(crate) static COPY_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_str!("../assets/copy.js");
    Asset::new("copy", "js", "text/javascript; charset=utf-8", content)
});

/// The icon.
pub(crate) static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("icon", "svg", "image/svg+xml", include_str!("../assets/icon.svg"))
});

impl Asset {
    fn new(stem: &str, extension: &str, content_type: &'static str, content: &'static str) -> Self {
        let mut hash = hex::encode(Sha256::digest(content));
        hash.truncate(12);
        Self { path: format!("/assets/{stem}-{hash}.{extension}"), content_type, content }
    }
}

/// Serves a file under the name that the pages use; 404 for every other name.
#[utoipa::path(
    get,
    path = "/assets/{name}",
    tag = "pages",
    params(("name" = String, Path, description = "As the pages name it")),
    responses(
        (
            status = 200,
            description = "The file",
            content(
                (String = "text/css; charset=utf-8"),
                (String = "text/javascript; charset=utf-8"),
                (String = "image/svg+xml"),
            ),
        ),
        (status = 404, description = "No file has this name"),
    )
)]
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    let all = [&*STYLE, &*COPY_SCRIPT, &*ICON];
    let path = format!("/assets/{name}");
    let Some(asset) = all.into_iter().find(|asset| asset.path == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(asset.content_type)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, asset.content).into_response()
}
