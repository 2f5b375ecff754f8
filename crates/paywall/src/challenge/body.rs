//! The JSON of a 402: the fields of the developer guide, what x402 of version 1 reads from the
//! body, and what MPP says of a credential that was refused.

use super::{LightningOffer, Offers};
use crate::problem::Problem;
use crate::request::Facts;
use crate::route::PaidRoute;
use axum::Json;
use axum::response::{IntoResponse, Response};
use farebox_wire::api_error::{ApiError, ErrorBody};
use farebox_wire::evm::to_decimal;
use farebox_wire::x402::{PaymentRequired, RequirementsV1};
use http::{HeaderValue, header};
use serde::Serialize;

const PROBLEM_JSON: &str = "application/problem+json";

#[derive(Serialize)]
struct ChallengeBody {
    status: &'static str,
    #[serde(flatten)]
    lightning: Option<LightningFields>,
    token_kind: &'static str,
    description: String,
    error: ApiError,
    #[serde(flatten)]
    x402: Option<X402Fields>,
}

#[derive(Serialize)]
struct LightningFields {
    invoice: String,
    payment_hash: String,
    amount_sats: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_usd: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    btc_usd: Option<String>,
    expires_in: u64,
    macaroon: String,
    token_expires_at: u64,
}

/// Clients of version 1 read these two.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct X402Fields {
    x402_version: u8,
    accepts: Vec<RequirementsV1>,
}

/// The body for this request.
pub(super) fn of(
    route: &PaidRoute,
    facts: &Facts,
    offers: &Offers<'_>,
    x402: Option<&PaymentRequired>,
    problem: &Problem,
) -> Response {
    if facts.shows_mpp && *problem != Problem::PaymentRequired {
        return problem_details(offers, problem);
    }
    let price = price(offers);
    let body = ChallengeBody {
        status: "payment_required",
        lightning: offers.l402(route).map(lightning_fields),
        token_kind: route.kind.name(),
        description: route.description.clone(),
        error: ErrorBody::new(problem.code(), message(problem, &price)).error,
        x402: x402.map(|required| x402_fields(route, required)),
    };
    Json(body).into_response()
}

fn lightning_fields(offer: &LightningOffer) -> LightningFields {
    LightningFields {
        invoice: offer.invoice.bolt11.clone(),
        payment_hash: offer.invoice.payment_hash.to_string(),
        amount_sats: offer.quote.sats.get(),
        amount_usd: offer.quote.usd.map(|(price, _)| price.to_string()),
        btc_usd: offer.quote.usd.map(|(_, rate)| rate.usd_per_btc().to_string()),
        expires_in: offer.expires_in,
        macaroon: offer.token.clone(),
        token_expires_at: offer.grant.expires_at,
    }
}

fn x402_fields(route: &PaidRoute, required: &PaymentRequired) -> X402Fields {
    let url = required.resource.as_ref().map(|resource| resource.url.as_str());
    let url = url.unwrap_or_default();
    let accepts = required.accepts.iter();
    let accepts = accepts.filter_map(|accepted| accepted.to_v1(url, &route.description, ""));
    X402Fields { x402_version: 1, accepts: accepts.collect() }
}

/// What a client of MPP expects when its credential was refused (RFC 9457).
fn problem_details(offers: &Offers<'_>, problem: &Problem) -> Response {
    let kind = problem.mpp_type();
    let mut details = farebox_wire::mpp::Problem::new(kind, problem.to_string());
    details.challenge_id = offers.payment.first().map(|challenge| challenge.id.clone());
    let mut response = Json(details).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    response
}

fn price(offers: &Offers<'_>) -> String {
    let sats = offers.lightning.as_ref().map(|offer| offer.quote.to_string());
    let dollars = offers.evm.first();
    let dollars = dollars.map(|offer| format!("${}", to_decimal(offer.units, offer.rail.decimals)));
    sats.or(dollars).unwrap_or_else(|| "a payment".to_owned())
}

fn message(problem: &Problem, price: &str) -> String {
    match problem {
        Problem::PaymentRequired => format!(
            "This request costs {price}. Pay the invoice, then send the request again with \
             Authorization: L402 <macaroon>:<preimage>; or pay by another of the ways that the \
             headers offer."
        ),
        Problem::RateLimited { .. } => format!(
            "{problem}. That costs {price}: pay the invoice, then send each request with \
             Authorization: L402 <macaroon>:<preimage>."
        ),
        other => format!("{other}. Pay anew ({price}) to go on."),
    }
}
