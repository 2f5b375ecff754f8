//! What this server says about itself to programs: its OpenAPI document and what is made of it.

mod llms;
mod openapi;

use axum::routing::get;
use axum::{Json, Router};
use farebox_paywall::{PaidOperation, Paywall};
use http::header::CACHE_CONTROL;
use std::sync::Arc;
use utoipa::openapi::OpenApi;

/// What is sold here.
pub struct Sales {
    /// Who sells.
    pub paywall: Paywall,
    /// Every paid operation.
    pub sold: Vec<PaidOperation>,
}

/// The documents of a server whose routes say this of themselves.
///
/// # Errors
/// [`serde_json::Error`] when what they say has no JSON form.
pub fn routes(
    openapi: &OpenApi,
    public_url: &str,
    sales: Option<Sales>,
) -> Result<Router, serde_json::Error> {
    let base = Arc::new(openapi::base(openapi, public_url)?);
    let sales = Arc::new(sales);
    let document = move || {
        let document = openapi::with_prices((*base).clone(), sales.as_ref().as_ref());
        async move { ([(CACHE_CONTROL, "max-age=300")], Json(document)) }
    };
    Ok(Router::new()
        .route("/openapi.json", get(document.clone()))
        .route("/api/v1/openapi.json", get(document))
        .route("/llms.txt", get(|| async { llms::TEXT })))
}
