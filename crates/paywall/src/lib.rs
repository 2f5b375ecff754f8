//! Price → challenge → credential → admission, as a tower layer for any paid route.
//!
//! ```
//! # use axum::{Router, routing::get};
//! # use farebox_money::Sats;
//! # use farebox_paywall::{PaidRoute, Paywall};
//! fn paid(paywall: &Paywall) -> Router {
//!     let route = PaidRoute::one_shot("weather", Sats::new(5), "The weather in one city");
//!     let weather = get(|| async { "sunny" });
//!     Router::new().route("/weather", weather.route_layer(paywall.charge(route)))
//! }
//! ```
//!
//! An unpaid request costs no database row: tokens are derived from a secret, and unpaid
//! invoices are pooled and reused. A payment is reserved before the handler runs, and its answer
//! is kept for a repeat of the same request.

mod admission;
mod amount;
mod answer;
mod browser;
mod challenge;
mod collection;
mod discovery;
mod evm;
mod issued;
mod keys;
mod known;
mod layer;
mod lightning;
mod limit;
mod mpp;
mod payment;
mod paywall;
mod pool;
mod prepaid;
mod preparation;
mod problem;
mod rails;
mod recent;
mod redeem;
mod redemption;
mod request;
mod route;
mod settlement;
mod stripe;
mod tempo;
mod token;
mod tokens;
mod unavailable;
mod unbooked;
mod verify;

pub use amount::Amount;
pub use discovery::{PaidOperation, RouteTerms};
pub use evm::{EVM_TIMEOUT_DEFAULT_S, EvmRail};
pub use keys::Secret;
pub use layer::{ChargeLayer, ChargeService};
pub use limit::{RateLimit, RateLimitService};
pub use payment::PaymentId;
pub use paywall::{Clock, Paywall, PaywallStats, has_sales, schema, system_clock};
pub use preparation::Preparation;
pub use problem::Problem;
pub use rails::Rails;
pub use route::{NotForSale, PaidRoute, Price, PricedRequest, Protocol};
pub use stripe::StripeRail;
pub use tempo::TempoRail;
pub use tokens::Tokens;
pub use verify::{Finding, verify};
