//! The 402 answer.

use crate::amount::{Amount, Quote};
use crate::paywall::Paywall;
use crate::pool::{Found, Purpose};
use crate::problem::Problem;
use crate::request::Facts;
use crate::route::PaidRoute;
use crate::unavailable::Unavailable;
use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use farebox_money::Msat;
use farebox_wallet::{CreatedInvoice, NewInvoice};
use farebox_wire::api_error::{ApiError, ErrorBody};
use farebox_wire::l402::{Grant, Identifier, challenge_header};
use farebox_wire::macaroon::Macaroon;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

/// How long an invoice can be paid.
pub(crate) const INVOICE_EXPIRY_S: u32 = 600;
/// The token for a longer path would pass our own limits, and those of others.
const PATH_LEN_MAX: usize = 2_048;
const LOCATION: &str = "farebox";

const X_LIGHTNING_INVOICE: HeaderName = HeaderName::from_static("x-lightning-invoice");
const X_PAYMENT_HASH: HeaderName = HeaderName::from_static("x-payment-hash");
const X_PRICE_SATS: HeaderName = HeaderName::from_static("x-price-sats");
const X_TOPUP_URL: HeaderName = HeaderName::from_static("x-topup-url");
/// Official AI SDKs obey it; a 402 without payment stays a 402.
const X_SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// The JSON of a 402: the fields of the developer guide, then what else helps.
#[derive(Debug, Serialize)]
struct ChallengeBody {
    status: &'static str,
    invoice: String,
    payment_hash: String,
    amount_sats: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_usd: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    btc_usd: Option<String>,
    expires_in: u64,
    macaroon: String,
    token_kind: &'static str,
    token_expires_at: u64,
    description: String,
    error: ApiError,
}

struct Offer {
    quote: Quote,
    grant: Grant,
    token: String,
    invoice: CreatedInvoice,
    expires_in: u64,
}

impl Paywall {
    /// Answers 402 with a fresh challenge for this request.
    pub(crate) async fn challenge(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        price: &Amount,
        problem: &Problem,
    ) -> Response {
        if facts.path.len() > PATH_LEN_MAX {
            return Unavailable::PathTooLong.into_response();
        }
        match self.offer(route, facts, price).await {
            Ok(offer) => {
                self.count_challenge();
                render(route, offer, problem, self.accounts().is_some())
            }
            Err(unavailable) => unavailable.into_response(),
        }
    }

    async fn offer(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        price: &Amount,
    ) -> Result<Offer, Unavailable> {
        let now = self.now();
        let quote = price.quote(now)?;
        let amount = quote.sats.to_msat().ok_or(Unavailable::Misconfigured)?;
        let (route_id, request_digest) = (route.id, facts.digest());
        let purpose = Purpose { route: route_id, price: quote.sats, request_digest };
        let invoice = self.invoice(route, facts, purpose, amount, now).await?;
        let grant = Grant {
            kind: route.kind,
            method: facts.method.clone(),
            path: facts.path.clone(),
            body_sha256: facts.body_sha256.filter(|_| route.is_priced_by_request()),
            price_usd: quote.usd.map(|(price, _)| price),
            amount,
            expires_at: invoice.expires_at.saturating_add(route.token_lifetime_s),
        };
        let token = self.mint(&grant, &invoice, now)?;
        let expires_in = invoice.expires_at.saturating_sub(now);
        Ok(Offer { quote, grant, token, invoice, expires_in })
    }

    fn mint(
        &self,
        grant: &Grant,
        invoice: &CreatedInvoice,
        now: u64,
    ) -> Result<String, Unavailable> {
        let identifier = Identifier {
            payment_hash: invoice.payment_hash,
            token_id: crate::Secret::new_token_id(now).map_err(|_| Unavailable::Misconfigured)?,
        };
        let root_key = self.secret().root_key(&identifier, now);
        let root_key = root_key.ok_or(Unavailable::Misconfigured)?;
        let bare = Macaroon::issue(&root_key, Some(LOCATION), identifier.encode());
        let caveats = grant.to_caveats().into_iter();
        let macaroon = caveats.fold(bare, Macaroon::with_caveat);
        Ok(STANDARD.encode(macaroon.encode_v2()))
    }

    /// An open invoice of this client, or a new one. Two requests of one client make invoices
    /// one after the other, so that the second finds what the first made.
    async fn invoice(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        purpose: Purpose,
        amount: Msat,
        now: u64,
    ) -> Result<CreatedInvoice, Unavailable> {
        match self.pool().find(facts.client, purpose, now) {
            Found::None => {}
            found => return settle_found(found),
        }
        let _turn = self.turn_of(facts.client).await;
        match self.pool().find(facts.client, purpose, now) {
            Found::None => {}
            found => return settle_found(found),
        }
        let new = NewInvoice {
            amount,
            description: route.description.chars().take(100).collect(),
            expiry_s: INVOICE_EXPIRY_S,
        };
        let invoice = self.receiver().create(new).await.map_err(|error| {
            tracing::error!(%error, route = route.id, "no invoice could be made");
            Unavailable::Wallet
        })?;
        self.count_invoice();
        self.pool().insert(facts.client, purpose, invoice.clone(), now);
        Ok(invoice)
    }
}

fn settle_found(found: Found) -> Result<CreatedInvoice, Unavailable> {
    match found {
        Found::Invoice(invoice) => Ok(invoice),
        Found::ClientBusy { retry_after_s } => Err(Unavailable::ClientBusy { retry_after_s }),
        Found::Full { retry_after_s } => Err(Unavailable::Full { retry_after_s }),
        Found::None => Err(Unavailable::Misconfigured),
    }
}

fn render(route: &PaidRoute, offer: Offer, problem: &Problem, can_top_up: bool) -> Response {
    let header = challenge_header(&offer.token, &offer.invoice.bolt11);
    let hash = offer.invoice.payment_hash.to_string();
    let headers = [
        (header::WWW_AUTHENTICATE, header),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (X_LIGHTNING_INVOICE, offer.invoice.bolt11.clone()),
        (X_PAYMENT_HASH, hash.clone()),
        (X_PRICE_SATS, offer.quote.sats.get().to_string()),
        (X_SHOULD_RETRY, "false".to_owned()),
        (X_TOPUP_URL, "/api/v1/topup".to_owned()),
    ];
    let headers = headers.into_iter().filter(|(name, _)| can_top_up || *name != X_TOPUP_URL);
    let body = ChallengeBody {
        status: "payment_required",
        invoice: offer.invoice.bolt11,
        payment_hash: hash,
        amount_sats: offer.quote.sats.get(),
        amount_usd: offer.quote.usd.map(|(price, _)| price.to_string()),
        btc_usd: offer.quote.usd.map(|(_, rate)| rate.usd_per_btc().to_string()),
        expires_in: offer.expires_in,
        macaroon: offer.token,
        token_kind: offer.grant.kind.name(),
        token_expires_at: offer.grant.expires_at,
        description: route.description.clone(),
        error: ErrorBody::new(problem.code(), message(problem, offer.quote)).error,
    };
    let mut response = (StatusCode::PAYMENT_REQUIRED, Json(body)).into_response();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn message(problem: &Problem, price: Quote) -> String {
    match problem {
        Problem::PaymentRequired => format!(
            "This request costs {price}. Pay the invoice, then send the request again with \
             Authorization: L402 <macaroon>:<preimage>."
        ),
        other => format!("{other}. Pay the new invoice ({price}) to go on."),
    }
}
