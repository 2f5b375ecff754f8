//! The server's own paid APIs are listed, and checked the way a client would call them.

use axum::Router;
use axum::body::Body;
use farebox_directory::{Check, Directory, HealthStatus, ListingFacts, Outcome};
use farebox_wire::bolt11::Invoice;
use farebox_wire::l402::parse_challenges;
use http::{Request, StatusCode, header};
use jiff::Timestamp;
use std::time::{Duration, Instant};
use tower::ServiceExt;

const PERIOD: Duration = Duration::from_secs(900);

/// Checks each of `own`, listings with their ids, now and then; never leaves the process.
pub async fn run(router: Router, directory: Directory, own: Vec<(String, ListingFacts)>) {
    let mut ticks = tokio::time::interval(PERIOD);
    while !own.is_empty() {
        ticks.tick().await;
        for (id, facts) in &own {
            let check = check(router.clone(), facts).await;
            if let Err(error) = directory.record_check(id, check).await {
                tracing::warn!(%error, "a check was not recorded");
            }
        }
    }
}

async fn check(router: Router, facts: &ListingFacts) -> Check {
    let begun = Instant::now();
    let verdict = ask(router, facts).await;
    let elapsed = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
    let now = Timestamp::now();
    let (check, status, error_message) = match verdict {
        Ok(status) => {
            (Check::new(now, HealthStatus::Healthy, Outcome::Payable), Some(status), None)
        }
        Err((status, reason)) => {
            (Check::new(now, HealthStatus::Down, outcome(status)), status, Some(reason))
        }
    };
    let http_status = status.map(|status| status.as_u16());
    Check { response_time_ms: Some(elapsed), http_status, error_message, ..check }
}

/// What an answer came to that nobody could pay.
fn outcome(status: Option<StatusCode>) -> Outcome {
    match status {
        None => Outcome::Connect,
        Some(StatusCode::PAYMENT_REQUIRED) => Outcome::NotPayable,
        Some(status) if status.is_server_error() => Outcome::ServerError,
        Some(status) if status.is_success() => Outcome::Free,
        Some(_) => Outcome::ClientError,
    }
}

type Fault = (Option<StatusCode>, String);

async fn ask(router: Router, facts: &ListingFacts) -> Result<StatusCode, Fault> {
    let unasked = |error: String| (None, error);
    let method = facts.method.as_deref().unwrap_or("GET");
    let path = url::Url::parse(&facts.url).map_err(|error| unasked(error.to_string()))?;
    let request = Request::builder()
        .method(method)
        .uri(path.path())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(facts.probe_body.clone().unwrap_or_default()))
        .map_err(|error| unasked(error.to_string()))?;
    let response = router.oneshot(request).await.map_err(|never| match never {})?;
    let status = response.status();
    let fault = |reason: &str| (Some(status), reason.to_owned());
    if status != StatusCode::PAYMENT_REQUIRED {
        return Err(fault("the answer is not 402"));
    }
    let values = response.headers().get_all(header::WWW_AUTHENTICATE).iter();
    let challenges = parse_challenges(values.filter_map(|value| value.to_str().ok()));
    let invoice = challenges.first().and_then(|challenge| challenge.invoice.as_deref());
    let invoice = invoice.ok_or_else(|| fault("no L402 challenge with an invoice"))?;
    Invoice::decode(invoice).map_err(|error| fault(&error.to_string()))?;
    Ok(status)
}
