//! The documents as they were made last: prices in dollars move with the rate, so they are made
//! anew, but not for every request.

use super::{Sales, Subject, ai_plugin, api_docs, l402_services, llms, openapi, x402};
use axum::body::Bytes;
use axum::response::Response;
use farebox_directory::Cacheable;
use http::HeaderMap;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a document is given out before it is made anew.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// How long clients may keep one, in seconds.
const MAX_AGE_S: u32 = 300;

/// Makes and keeps the documents.
pub struct Documents {
    base: Value,
    public_url: String,
    sales: Option<Sales>,
    kept: Mutex<Option<(Instant, Arc<Rendered>)>>,
}

/// Every document, written out.
pub struct Rendered {
    /// `/openapi.json`
    pub openapi: Bytes,
    /// `/api-docs.md`
    pub api_docs: Bytes,
    /// `/llms.txt`
    pub llms: Bytes,
    /// `/.well-known/ai-plugin.json`
    pub ai_plugin: Bytes,
    /// `/.well-known/x402`
    pub x402: Bytes,
    /// `/.well-known/l402-services`
    pub l402_services: Bytes,
}

impl Documents {
    /// Documents about a server with this OpenAPI document, which has no prices yet.
    pub fn new(base: Value, public_url: &str, sales: Option<Sales>) -> Self {
        Self { base, public_url: public_url.to_owned(), sales, kept: Mutex::new(None) }
    }

    /// The document that `choose` takes, or 304 when the client has it.
    pub fn answer(
        &self,
        request: &HeaderMap,
        content_type: &'static str,
        choose: impl FnOnce(&Rendered) -> &Bytes,
    ) -> Response {
        let body = choose(&self.rendered()).clone();
        Cacheable { content_type, body, max_age_s: MAX_AGE_S, last_modified: None }.answer(request)
    }

    fn rendered(&self) -> Arc<Rendered> {
        // Who else waits gets what this one makes.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((made, rendered)) if made.elapsed() < KEPT_FOR => Arc::clone(rendered),
            _ => {
                let rendered = Arc::new(self.render());
                *kept = Some((Instant::now(), Arc::clone(&rendered)));
                rendered
            }
        }
    }

    fn render(&self) -> Rendered {
        let openapi = openapi::with_prices(self.base.clone(), self.sales.as_ref());
        let sold = self.sales.iter().flat_map(|sales| {
            sales.sold.iter().map(|operation| (operation, sales.paywall.terms(&operation.route)))
        });
        let subject =
            Subject { public_url: &self.public_url, openapi: &openapi, sold: sold.collect() };
        Rendered {
            openapi: openapi.to_string().into(),
            api_docs: api_docs::render(&openapi).into(),
            llms: llms::render(&subject).into(),
            ai_plugin: ai_plugin::render(&subject).to_string().into(),
            x402: x402::render(&subject).to_string().into(),
            l402_services: l402_services::render(&subject).to_string().into(),
        }
    }
}
