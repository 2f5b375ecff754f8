//! What is sold, for programs that look before they ask: an OpenAPI document whose paid operations
//! name their offers (`x-payment-info`, as MPP's and x402's crawlers read it).

use crate::amount::Amount;
use crate::evm::units;
use crate::paywall::Paywall;
use crate::route::{PaidRoute, Price, Protocol};
use farebox_money::{MicroUsd, Sats};
use farebox_wire::mpp::methods::{CHARGE, evm, lightning, stripe, tempo};
use farebox_wire::x402::PaymentRequirements;
use http::Method;
use serde_json::{Map, Value, json};

/// A paid operation of a document.
#[derive(Clone, Debug)]
pub struct PaidOperation {
    /// The method.
    pub method: Method,
    /// The path, with `{name}` for what varies.
    pub path: String,
    /// What it costs.
    pub route: PaidRoute,
    /// A request body that is not refused, where one is needed.
    pub example: Option<Value>,
}

/// What a route is sold for, as far as that is known before anybody asks for it.
#[derive(Clone, Debug, Default)]
pub struct RouteTerms {
    /// The price of a request by Lightning. `None` where it depends on the request, and where the
    /// rate is not known.
    pub price_sats: Option<Sats>,
    /// The same in dollars.
    pub price_usd: Option<MicroUsd>,
    /// Whether it is offered by L402.
    pub takes_l402: bool,
    /// Whether it is offered by x402.
    pub takes_x402: bool,
    /// x402: what is asked on each chain, where the price does not depend on the request.
    pub x402: Vec<PaymentRequirements>,
}

impl Paywall {
    /// What a route is sold for now.
    #[must_use]
    pub fn terms(&self, route: &PaidRoute) -> RouteTerms {
        let (rails, price) = (self.rails(), fixed(route));
        let usd = price.and_then(|price| self.usd_asked(price));
        let takes_x402 = route.is_offered_by(Protocol::X402) && !rails.evm.is_empty();
        let on_chains = rails.evm.iter().filter(|_| takes_x402);
        let on_chains =
            on_chains.filter_map(|rail| Some(rail.requirements(units(rail.decimals, usd?)?)));
        RouteTerms {
            price_sats: price.and_then(|price| Some(price.quote(self.now()).ok()?.sats)),
            price_usd: usd,
            takes_l402: route.is_offered_by(Protocol::L402) && rails.lightning.is_some(),
            takes_x402,
            x402: on_chains.collect(),
        }
    }

    /// An OpenAPI 3.1 document of paid operations. What a request costs in the end, only its own
    /// 402 says.
    #[must_use]
    pub fn openapi(&self, title: &str, operations: &[PaidOperation]) -> Value {
        let mut paths = Map::new();
        for operation in operations {
            let item = paths.entry(&operation.path).or_insert_with(|| json!({}));
            let method = operation.method.as_str().to_ascii_lowercase();
            if let Value::Object(item) = item {
                item.insert(method, self.operation(operation));
            }
        }
        let url = self.rails().site.as_ref().map(|site| site.url.clone()).unwrap_or_default();
        json!({
            "openapi": "3.1.0",
            "info": {"title": title, "version": env!("CARGO_PKG_VERSION")},
            "servers": [{"url": url}],
            "x-service-info": {"categories": ["data"], "docs": {"llms": format!("{url}/llms.txt")}},
            "paths": paths,
        })
    }

    /// What an OpenAPI document says of a paid operation as its `x-payment-info`: the offers of MPP,
    /// the protocols, and the price in dollars.
    #[must_use]
    pub fn payment_info(&self, route: &PaidRoute) -> Value {
        json!({
            "offers": self.offers_of(route),
            "protocols": route.protocols.iter().map(|own| own.name()).collect::<Vec<_>>(),
            "price": self.price_of(route),
        })
    }

    fn operation(&self, operation: &PaidOperation) -> Value {
        let route = &operation.route;
        let mut described = json!({
            "operationId": route.id,
            "summary": route.description,
            "x-payment-info": self.payment_info(route),
            "responses": {
                "200": {"description": "What was paid for."},
                "402": {"description": "Payment required: the ways to pay are in the headers."},
            },
        });
        if let (Some(example), Some(described)) = (&operation.example, described.as_object_mut()) {
            let schema = json!({"type": "object", "example": example});
            let content = json!({"application/json": {"schema": schema, "example": example}});
            described.insert("requestBody".to_owned(), json!({"content": content}));
        }
        described
    }

    /// One offer for each method of MPP. An amount that depends on the request is null.
    fn offers_of(&self, route: &PaidRoute) -> Vec<Value> {
        if !route.is_offered_by(Protocol::Mpp) {
            return Vec::new();
        }
        let offer = |method: &str, amount: Option<String>, currency: &str| json!({"intent": CHARGE, "method": method, "amount": amount, "currency": currency});
        let (rails, price) = (self.rails(), fixed(route));
        let usd = price.and_then(|price| self.usd_asked(price));
        let amount = |decimals| Some(units(decimals, usd?)?.to_string());
        let mut offers = Vec::new();
        if rails.lightning.is_some() {
            let sats = price.and_then(|price| price.quote(self.now()).ok());
            let sats = sats.map(|quote| quote.sats.get().to_string());
            offers.push(offer(lightning::METHOD, sats, "sat"));
        }
        offers.extend(rails.evm.iter().map(|rail| {
            let token = rail.token.id.address.to_checksum(None);
            offer(evm::METHOD, amount(rail.decimals), &token)
        }));
        offers.extend(rails.tempo.iter().map(|rail| {
            let token = rail.token.address.to_checksum(None);
            offer(tempo::METHOD, amount(rail.decimals), &token)
        }));
        let card = rails.stripe.as_ref().and_then(|rail| rail.charge(usd?));
        offers.extend(card.map(|charge| {
            offer(stripe::METHOD, Some(charge.amount_minor_units.to_string()), &charge.currency)
        }));
        offers
    }

    fn price_of(&self, route: &PaidRoute) -> Value {
        match fixed(route).and_then(|price| self.usd_asked(price)) {
            Some(usd) => json!({"mode": "fixed", "currency": "USD", "amount": usd.to_string()}),
            None => json!({"mode": "dynamic", "currency": "USD"}),
        }
    }
}

fn fixed(route: &PaidRoute) -> Option<&Amount> {
    match &route.price {
        Price::Fixed(price) => Some(price),
        Price::PerRequest(_) => None,
    }
}
