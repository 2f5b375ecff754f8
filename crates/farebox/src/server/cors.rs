//! Web pages of other origins may use the API under `/api`: it knows no cookie there, but tokens that a
//! page has to have been given.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use http::{HeaderValue, Method, StatusCode};

/// What a page may send. A wildcard would not allow `Authorization`.
const ALLOWED: &str = "Authorization, Content-Type, Accept, Idempotency-Key, PAYMENT-SIGNATURE, \
     X-PAYMENT, Payment-Authorization, X-Token, X-Webhook-Secret, If-None-Match";
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
/// What a page may read: how to pay, what was paid, and when to come again.
const EXPOSED: &str = "WWW-Authenticate, PAYMENT-REQUIRED, PAYMENT-RESPONSE, X-PAYMENT-RESPONSE, \
     Payment-Receipt, X-Payment-State, Idempotent-Replayed, Retry-After, Location, ETag";
/// How long a browser remembers, in seconds: a day, of which it takes what it likes.
const MAX_AGE: &str = "86400";

/// Answers a browser that asks beforehand, and says on every answer under `/api` that any page may read
/// it.
pub async fn open_api(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path != "/api" && !path.starts_with("/api/") {
        return next.run(request).await;
    }
    let headers = request.headers();
    let asks_beforehand = headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && request.method() == Method::OPTIONS;
    if asks_beforehand {
        return allowed();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    response
}

fn allowed() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::{get, post};
    use tower::ServiceExt;

    async fn answer(method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let app = Router::new()
            .route("/api/submit", post(|| async { StatusCode::PAYMENT_REQUIRED }))
            .route("/api/v1/services", get(|| async { "[]" }))
            .route("/admin/api/review", get(|| async { "[]" }))
            .layer(from_fn(open_api));
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    const ASKS: [(&str, &str); 3] = [
        ("origin", "https://page.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,idempotency-key,payment-signature"),
    ];

    #[tokio::test]
    async fn a_page_may_send_what_pays_and_read_what_is_asked() {
        for path in ["/api", "/api/submit", "/api/v1/services"] {
            let said = answer("OPTIONS", path, &ASKS).await;
            assert_eq!(said.status(), StatusCode::NO_CONTENT);
            let header = |name: &str| said.headers()[name].to_str().unwrap().to_lowercase();
            assert_eq!(header("access-control-allow-origin"), "*");
            for name in ["authorization", "payment-signature", "x-payment", "idempotency-key"] {
                let names = header("access-control-allow-headers");
                assert!(names.split(", ").any(|allowed| allowed == name), "{name}");
            }
            assert!(header("access-control-allow-methods").contains("post"));
            assert!(!said.headers().contains_key("access-control-allow-credentials"));
        }
        let asked = answer("POST", "/api/submit", &ASKS[..1]).await;
        assert_eq!(asked.status(), StatusCode::PAYMENT_REQUIRED);
        assert_eq!(asked.headers()["access-control-allow-origin"], "*");
        let exposed = asked.headers()["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains("WWW-Authenticate") && exposed.contains("PAYMENT-REQUIRED"));
    }

    #[tokio::test]
    async fn what_is_not_of_the_api_stays_closed() {
        for path in ["/admin/api/review", "/apiary"] {
            let said = answer("OPTIONS", path, &ASKS).await;
            assert!(said.status().is_client_error(), "{path}");
            assert!(!said.headers().contains_key("access-control-allow-origin"), "{path}");
        }
        let shown = answer("GET", "/admin/api/review", &ASKS[..1]).await;
        assert!(!shown.headers().contains_key("access-control-allow-origin"));
        let plain = answer("OPTIONS", "/api/v1/services", &[]).await;
        assert_eq!(plain.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
