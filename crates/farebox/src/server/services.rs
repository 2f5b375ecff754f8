//! The services API: its free endpoints, and the paid ones with their prices on.

use crate::config::Settings;
use crate::demo;
use crate::output::Failure;
use crate::server::assembly::no_wallet;
use axum::extract::Request;
use axum::middleware::map_request;
use axum::routing::{MethodRouter, get, post};
use farebox_directory::Directory;
use farebox_directory::manifest::{
    PaymentReference, REPORT_PATH, SUBMIT_PATH, Services, ServicesOptions, UrlCheck, paid_routes,
    routes as free_routes,
};
use farebox_net::AddressPolicy;
use farebox_paywall::{NotForSale, PaidOperation, PaidRoute, PaymentId, Paywall, PricedRequest};
use http::Method;
use std::sync::Arc;
use url::Url;
use utoipa_axum::router::OpenApiRouter;

/// How long a token for a report is good for, in seconds.
const REPORT_TOKEN_S: u64 = 600;
/// Bytes of a submission at most.
const SUBMISSION_LEN_MAX: usize = 64 * 1_024;

/// The free endpoints, and the paid ones apart. A server without a wallet answers the paid ones with that.
pub fn routes(
    settings: &Settings,
    directory: &Directory,
    paywall: Option<&Paywall>,
    public_url: &str,
    demo: bool,
) -> Result<(OpenApiRouter, OpenApiRouter), Failure> {
    let services = Services::new(
        directory.clone(),
        ServicesOptions {
            public_url: public_url.to_owned(),
            listing_price: settings.listing_price().map_err(Failure::usage)?,
            report_price: settings.report_price().map_err(Failure::usage)?,
            report_token_s: REPORT_TOKEN_S,
            try_an_api: (demo && paywall.is_some())
                .then(|| format!("GET {public_url}{}", demo::WEATHER_PATH)),
            reviews_submissions: settings.directory.review_submissions,
            urls: url_check(demo),
        },
    );
    let services = services.map_err(Failure::general)?;
    let free = free_routes(services.clone());
    let Some(paywall) = paywall else {
        return Ok((free, paid_routes(services, |_| post(no_wallet), |_| get(no_wallet))));
    };
    let [submission, report] = sold(settings)?;
    let named = |route: MethodRouter| route.route_layer(map_request(name_payment));
    let submission =
        |submit: MethodRouter| named(submit).route_layer(paywall.charge(submission.route));
    let report = |reports: MethodRouter| reports.route_layer(paywall.charge(report.route));
    Ok((free, paid_routes(services, submission, report)))
}

/// What is sold.
pub fn sold(settings: &Settings) -> Result<[PaidOperation; 2], Failure> {
    let price = settings.listing_price().map_err(Failure::usage)?;
    // A price that is made from the request binds the payment to the body.
    let fixed = move |_: PricedRequest<'_>| Ok::<_, NotForSale>(price);
    let submission = PaidRoute::priced_by("submit", fixed, "A listing in the directory");
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

/// Tells the handler which payment it works for.
async fn name_payment(mut request: Request) -> Request {
    if let Some(id) = request.extensions().get::<PaymentId>() {
        let reference = PaymentReference(id.as_str().to_owned());
        request.extensions_mut().insert(reference);
    }
    request
}

/// What the directory's checks could not reach is not listed. The demo lists this machine too.
fn url_check(demo: bool) -> Arc<UrlCheck> {
    let own = ["127.0.0.0/8", "::1/128"].into_iter().filter_map(|network| network.parse().ok());
    let policy = match demo {
        true => AddressPolicy::and_networks(own),
        false => AddressPolicy::public_only(),
    };
    Arc::new(move |url: &Url| policy.check(url).map_err(|error| error.to_string()))
}
