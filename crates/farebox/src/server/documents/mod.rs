//! What this server says about itself to programs: its OpenAPI document and what is made of it.

mod ai_plugin;
mod api_docs;
mod kept;
mod l402_services;
mod llms;
mod openapi;
mod payment;
mod refusals;
#[cfg(test)]
mod tests;
mod x402;

use axum::Router;
use farebox_paywall::{PaidOperation, Paywall, RouteTerms};
use kept::Documents;
use serde_json::Value;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What is sold here.
pub struct Sales {
    /// Who sells.
    pub paywall: Paywall,
    /// Every paid operation.
    pub sold: Vec<PaidOperation>,
}

/// What the documents are about, at one moment.
struct Subject<'a> {
    /// Where this server is reached, without a slash at the end.
    public_url: &'a str,
    /// The OpenAPI document.
    openapi: &'a Value,
    /// What is sold, and for what.
    sold: Vec<(&'a PaidOperation, RouteTerms)>,
}

/// The documents of a server whose other routes say `openapi` of themselves; they are added to it.
///
/// # Errors
/// [`serde_json::Error`] when what the routes say has no JSON form.
pub fn routes(
    mut openapi: OpenApi,
    public_url: &str,
    sales: Option<Sales>,
) -> Result<Router, serde_json::Error> {
    let router = OpenApiRouter::default()
        .routes(routes!(openapi::document))
        .routes(routes!(openapi::document_v1))
        .routes(routes!(api_docs::api_docs))
        .routes(routes!(llms::llms))
        .routes(routes!(ai_plugin::ai_plugin))
        .routes(routes!(x402::x402))
        .routes(routes!(l402_services::l402_services));
    let (router, own) = router.split_for_parts();
    openapi.merge(own);
    let documents = Documents::new(openapi::base(&openapi, public_url)?, public_url, sales);
    Ok(router.with_state(Arc::new(documents)))
}
