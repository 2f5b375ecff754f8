//! What a seller says of a paid route.

use crate::keys::TOKEN_LIFETIME_MAX_S;
use crate::{Amount, Preparation};
use farebox_money::Sats;
use farebox_wire::api_error::ErrorBody;
use farebox_wire::l402::TokenKind;
use std::sync::Arc;

/// A request as the price of a route may depend on it.
#[derive(Clone, Copy, Debug)]
pub struct PricedRequest<'a> {
    /// The path without the query.
    pub path: &'a str,
    /// The query without its `?`.
    pub query: Option<&'a str>,
    /// The whole body.
    pub body: &'a [u8],
}

/// A request that is not for sale because it is wrong; answered 400 before any invoice is made,
/// so that nobody pays for an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.error.message)]
pub struct NotForSale(pub ErrorBody);

impl NotForSale {
    /// A stable code for programs, and what to change.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self(ErrorBody::new(code, message))
    }
}

type PriceFunction = dyn Fn(PricedRequest<'_>) -> Result<Amount, NotForSale> + Send + Sync;
type CheckFunction = dyn Fn(PricedRequest<'_>) -> Result<(), NotForSale> + Send + Sync;

/// How a payment is asked for and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// `WWW-Authenticate: L402`.
    L402,
    /// `WWW-Authenticate: Payment`.
    Mpp,
    /// `PAYMENT-REQUIRED`, and the body of version 1.
    X402,
}

impl Protocol {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::L402, Self::Mpp, Self::X402];

    /// In lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L402 => "l402",
            Self::Mpp => "mpp",
            Self::X402 => "x402",
        }
    }
}

/// What a request costs.
#[derive(Clone)]
pub enum Price {
    /// The same for every request.
    Fixed(Amount),
    /// Made from the request; the token is then bound to the body it was made from.
    PerRequest(Arc<PriceFunction>),
}

/// A paid route.
#[derive(Clone)]
pub struct PaidRoute {
    /// Names the route in records; never changes.
    pub(crate) id: &'static str,
    /// What the payer reads in the wallet, up to 100 characters.
    pub(crate) description: String,
    /// What it costs.
    pub(crate) price: Price,
    /// How often a token can be used.
    pub(crate) kind: TokenKind,
    /// How long a token is good for, in seconds after the last moment its invoice can be paid.
    pub(crate) token_lifetime_s: u64,
    /// Larger request bodies are refused with 413.
    pub(crate) body_len_max: usize,
    /// Whether answers are sent on as they come; then the money is collected before.
    pub(crate) is_streaming: bool,
    /// Whether the money is collected before the handler runs, on every rail.
    pub(crate) is_collected_first: bool,
    pub(crate) protocols: Vec<Protocol>,
    /// What is set aside before the money is collected.
    pub(crate) preparation: Option<Arc<dyn Preparation>>,
    check: Option<Arc<CheckFunction>>,
}

/// A week: long enough to come back for what was paid for.
const ONE_SHOT_LIFETIME_S: u64 = 7 * 24 * 3_600;
const BODY_LEN_MAX: usize = 1024 * 1024;

impl std::fmt::Debug for PaidRoute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaidRoute").field("id", &self.id).finish_non_exhaustive()
    }
}

impl PaidRoute {
    /// A route whose token is good for one request, at a fixed price.
    #[must_use]
    pub fn one_shot(id: &'static str, price: impl Into<Amount>, description: &str) -> Self {
        Self {
            id,
            description: description.to_owned(),
            price: Price::Fixed(price.into()),
            kind: TokenKind::OneShot,
            token_lifetime_s: ONE_SHOT_LIFETIME_S,
            body_len_max: BODY_LEN_MAX,
            is_streaming: false,
            is_collected_first: false,
            protocols: Protocol::ALL.to_vec(),
            preparation: None,
            check: None,
        }
    }

    /// A route whose token is good for any number of requests during `lifetime_s` seconds, 60
    /// days at most.
    #[must_use]
    pub fn time_bounded(
        id: &'static str,
        price: impl Into<Amount>,
        lifetime_s: u64,
        description: &str,
    ) -> Self {
        Self {
            kind: TokenKind::TimeBounded,
            token_lifetime_s: lifetime_s.min(TOKEN_LIFETIME_MAX_S),
            ..Self::one_shot(id, price, description)
        }
    }

    /// A route whose price is a function of the request.
    #[must_use]
    pub fn priced_by<F, A>(id: &'static str, price: F, description: &str) -> Self
    where
        F: Fn(PricedRequest<'_>) -> Result<A, NotForSale> + Send + Sync + 'static,
        A: Into<Amount>,
    {
        let price = Price::PerRequest(Arc::new(move |request| price(request).map(Into::into)));
        Self { price, ..Self::one_shot(id, Sats::ZERO, description) }
    }

    /// The same route with another limit for request bodies, in bytes.
    #[must_use]
    pub fn with_body_len_max(self, body_len_max: usize) -> Self {
        Self { body_len_max, ..self }
    }

    /// A route whose answers are sent on as they come, chunk by chunk. The money is collected
    /// before the handler runs; when the handler fails, the same credential is good for the same
    /// request again. A repeat of an answered request runs the handler again, a few times.
    #[must_use]
    pub fn streaming(self) -> Self {
        Self { is_streaming: true, ..self }
    }

    /// A route whose handler changes something that cannot be taken back. The money is collected
    /// before it runs, so that nothing is changed unpaid; when the handler fails, the same
    /// credential is good for the same request again.
    #[must_use]
    pub fn collected_first(self) -> Self {
        Self { is_collected_first: true, ..self }
    }

    /// A route whose handler can come too late, which is found out before money is collected that
    /// cannot be given back: what the request needs is set aside first. Implies
    /// [`Self::collected_first`].
    #[must_use]
    pub fn prepared_by(self, preparation: impl Preparation + 'static) -> Self {
        let preparation = Some(Arc::new(preparation) as Arc<dyn Preparation>);
        Self { is_collected_first: true, preparation, ..self }
    }

    /// The same route, offered by these protocols only, as far as the server has rails for them.
    /// All of them are, where nothing else is said; a client that reads the first challenge of an
    /// answer only, and does not speak L402, needs a route that does not offer it.
    #[must_use]
    pub fn offered_by(self, protocols: &[Protocol]) -> Self {
        Self { protocols: protocols.to_vec(), ..self }
    }

    pub(crate) fn is_offered_by(&self, protocol: Protocol) -> bool {
        self.protocols.contains(&protocol)
    }

    /// Names the route in records.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// What the payer reads in the wallet.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// How long a token is good for, in seconds, where one payment buys any number of requests.
    #[must_use]
    pub fn lifetime_s(&self) -> Option<u64> {
        (self.kind == TokenKind::TimeBounded).then_some(self.token_lifetime_s)
    }

    /// Refuses requests that would end in an error before anybody pays for them. The body is
    /// not read for it.
    #[must_use]
    pub fn checked_by<F>(self, check: F) -> Self
    where
        F: Fn(PricedRequest<'_>) -> Result<(), NotForSale> + Send + Sync + 'static,
    {
        Self { check: Some(Arc::new(check)), ..self }
    }

    pub(crate) fn price_of(&self, request: PricedRequest<'_>) -> Result<Amount, NotForSale> {
        if let Some(check) = &self.check {
            check(request)?;
        }
        match &self.price {
            Price::Fixed(price) => Ok(price.clone()),
            Price::PerRequest(function) => function(request),
        }
    }

    pub(crate) fn is_priced_by_request(&self) -> bool {
        matches!(self.price, Price::PerRequest(_))
    }
}
