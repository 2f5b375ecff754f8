//! Which requests are counted, and what more of them cost.

use crate::config::LimitSettings;
use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use farebox_limits::{Limits, Outcome, Work};
use farebox_net::ClientKey;
use farebox_paywall::{Paywall, RateLimit};
use farebox_wire::api_error::ErrorBody;
use http::{Method, StatusCode};
use std::net::SocketAddr;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{Content, OpenApi, Ref, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;

/// Pages and texts that anybody may ask for as often as wanted.
const EXEMPT: [&str; 6] =
    ["/", "/about", "/api-docs", "/api/v1/health", "/feed.xml", "/opportunities"];
const EXEMPT_FOLDERS: [&str; 2] = ["/service/", "/assets/"];

/// The same routes, counted. Routes where money is paid or taken are never put in here: a
/// request that was paid for must not be refused for being one of many.
pub fn counted(
    router: OpenApiRouter,
    settings: &LimitSettings,
    limits: &Limits,
    paywall: Option<&Paywall>,
) -> OpenApiRouter {
    if !settings.enabled {
        return router;
    }
    let limit = RateLimit::new(limits.clone(), is_exempt);
    let limit = match paywall {
        Some(paywall) => {
            let (price, lifetime_s) = (settings.upgrade_price(), settings.upgrade_lifetime_s);
            limit.selling(paywall.clone(), price, lifetime_s)
        }
        None => limit,
    };
    let mut router = router;
    describe(router.get_openapi_mut(), paywall.is_some());
    router.layer(limit)
}

/// Says in the document what is answered beyond the limit.
fn describe(openapi: &mut OpenApi, sells: bool) {
    let too_many = ResponseBuilder::new()
        .description("Too many requests of this client in a minute")
        .content("application/json", body("ErrorBody"))
        .build();
    let offer = ResponseBuilder::new()
        .description("Too many requests of this client in a minute: wait, or pay for more")
        .content("application/json", body("PaymentRequired"))
        .content("application/problem+json", body("PaymentRequired"))
        .content("text/html", Content::new(Some(Object::with_type(Type::String))))
        .build();
    for (_, item) in openapi.paths.paths.iter_mut().filter(|(path, _)| !is_exempt(path)) {
        let PathItem { get, put, post, delete, patch, .. } = item;
        for operation in [get, put, post, delete, patch].into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.entry("429".to_owned()).or_insert_with(|| too_many.clone().into());
            if sells {
                responses.entry("402".to_owned()).or_insert_with(|| offer.clone().into());
            }
        }
    }
}

fn body(schema: &str) -> Content {
    Content::new(Some(Ref::from_schema_name(schema)))
}

/// The same routes, of which each `POST` takes one of what a client can have done for it in an
/// hour; beyond that the answer is 429.
pub fn costly(
    router: OpenApiRouter,
    settings: &LimitSettings,
    limits: &Limits,
    work: Work,
) -> OpenApiRouter {
    if !settings.enabled {
        return router;
    }
    router.layer(from_fn_with_state((limits.clone(), work), charge))
}

async fn charge(
    State((limits, work)): State<(Limits, Work)>,
    request: Request,
    next: Next,
) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let client = peer.map_or(ClientKey::unknown(), |peer| ClientKey::of(peer.0.ip()));
    match limits.take(work, client, 1).await {
        Ok(Outcome::Refused(refused)) => {
            (StatusCode::TOO_MANY_REQUESTS, refused.headers(), Json(refused.body())).into_response()
        }
        Ok(taken) => {
            let mut response = next.run(request).await;
            taken.add_headers(response.headers_mut());
            response
        }
        Err(error) => {
            tracing::error!(%error, "a limit could not be counted");
            let text = "The database did not answer; nothing was done. Try again.";
            let body = ErrorBody::new("database_unavailable", text);
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

fn is_exempt(path: &str) -> bool {
    EXEMPT.contains(&path) || EXEMPT_FOLDERS.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_exempt_and_the_api_is_not() {
        for path in ["/", "/about", "/service/abc", "/assets/style.css", "/api/v1/health"] {
            assert!(is_exempt(path), "{path}");
        }
        for path in ["/api/v1/services", "/api/v1/health/", "/services", "//", "/aboutx", "/x"] {
            assert!(!is_exempt(path), "{path}");
        }
    }
}
