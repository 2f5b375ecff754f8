//! The services API: its free endpoints, and the paid ones with their prices on.

use crate::config::Settings;
use crate::demo;
use crate::output::Failure;
use crate::server::assembly::no_wallet;
use crate::server::directory::DirectoryParts;
use async_trait::async_trait;
use axum::body::Bytes;
use axum::extract::Request;
use axum::middleware::map_request;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use farebox_directory::manifest::{
    self, PaymentReference, REPORT_PATH, SUBMIT_PATH, Services, ServicesOptions,
};
use farebox_paywall::{
    NotForSale, PaidOperation, PaidRoute, PaymentId, Paywall, Preparation, PricedRequest,
};
use http::Method;
use std::sync::Arc;
use url::Url;
use utoipa_axum::router::OpenApiRouter;

/// How long a token for a report is good for, in seconds.
const REPORT_TOKEN_S: u64 = 600;
/// Bytes of a submission at most.
const SUBMISSION_LEN_MAX: usize = 64 * 1_024;

/// The services of the directory; `is_selling` says whether the demo's paid APIs can be bought.
pub fn open(
    settings: &Settings,
    parts: &DirectoryParts,
    public_url: &str,
    demo: bool,
    is_selling: bool,
) -> Result<Services, Failure> {
    let example = || format!("GET {public_url}{}", demo::WEATHER_PATH);
    // What the directory's checks could not reach is not listed.
    let client = parts.client().clone();
    let urls = move |url: &Url| client.check(url).map_err(|error| error.to_string());
    let options = ServicesOptions {
        public_url: public_url.to_owned(),
        listing_price: settings.listing_price().map_err(Failure::usage)?,
        report_price: settings.report_price().map_err(Failure::usage)?,
        report_token_s: REPORT_TOKEN_S,
        try_an_api: (demo && is_selling).then(example),
        reviews_submissions: settings.directory.review_submissions,
        urls: Arc::new(urls),
    };
    Services::new(parts.directory().clone(), options).map_err(Failure::general)
}

/// The paid endpoints, with their prices on. A server without a wallet answers with that.
pub fn paid_routes(
    services: Services,
    settings: &Settings,
    paywall: Option<&Paywall>,
) -> Result<OpenApiRouter, Failure> {
    let Some(paywall) = paywall else {
        return Ok(manifest::paid_routes(services, |_| post(no_wallet), |_| get(no_wallet)));
    };
    let [submission, report] = sold(settings)?;
    let submission = submission.route.prepared_by(Holds(services.clone()));
    let submission = |submit: MethodRouter| {
        let named = submit.route_layer(map_request(name_payment));
        named.route_layer(paywall.charge(submission))
    };
    let report = |reports: MethodRouter| reports.route_layer(paywall.charge(report.route));
    Ok(manifest::paid_routes(services, submission, report))
}

/// What is sold.
pub fn sold(settings: &Settings) -> Result<[PaidOperation; 2], Failure> {
    let price = settings.listing_price().map_err(Failure::usage)?;
    // A price that is made from the request binds the payment to the body.
    let fixed = move |_: PricedRequest<'_>| Ok::<_, NotForSale>(price);
    let submission = PaidRoute::priced_by("submit", fixed, "A listing in the directory");
    // The handler lists the service: nothing is listed that is not paid for.
    let submission = submission.collected_first();
    let price = settings.report_price().map_err(Failure::usage)?;
    let text = "The health report of a service, ten minutes";
    let report = PaidRoute::time_bounded("report", price, REPORT_TOKEN_S, text);
    let operation = |method: Method, path: &str, route: PaidRoute| PaidOperation {
        method,
        path: path.to_owned(),
        route,
        example: None,
    };
    Ok([
        operation(Method::POST, SUBMIT_PATH, submission.with_body_len_max(SUBMISSION_LEN_MAX)),
        operation(Method::GET, REPORT_PATH, report),
    ])
}

/// Sets the URLs of a submission aside while it is paid for.
struct Holds(Services);

#[async_trait]
impl Preparation for Holds {
    async fn prepare(&self, payment: &PaymentId, body: Bytes) -> Result<(), Box<Response>> {
        self.0.hold(payment.as_str(), &body).await
    }

    async fn abandon(&self, payment: &PaymentId) {
        self.0.release_hold(payment.as_str()).await;
    }
}

/// Tells the handler which payment it works for.
async fn name_payment(mut request: Request) -> Request {
    if let Some(id) = request.extensions().get::<PaymentId>() {
        let reference = PaymentReference(id.as_str().to_owned());
        request.extensions_mut().insert(reference);
    }
    request
}
