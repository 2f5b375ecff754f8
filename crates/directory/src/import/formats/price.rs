//! Prices as sources write them. What is not certain is kept as words and never as a number.

use super::decimal::Decimal;
use super::fields::{self, Object};
use super::token::{self, Token, Worth};
use crate::import::{ImportedListing, Offer, Reason};
use farebox_money::{MicroUsd, Sats};
use farebox_wire::evm::{Network, U256, to_decimal};
use serde_json::Value;

/// A whole number without a unit from here on may well be units of a token.
const AMBIGUOUS_FROM: u64 = 1_000;

/// What a call costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Price {
    pub(super) sats: Option<Sats>,
    pub(super) usd: Option<MicroUsd>,
    /// The words of a price that is no exact number of either.
    pub(super) note: Option<String>,
    /// The source says that it costs nothing.
    pub(super) is_free: bool,
}

impl Price {
    fn words(text: &str) -> Self {
        let text = text.trim();
        Self { note: (!text.is_empty()).then(|| text.to_owned()), ..Self::default() }
    }

    /// A number of something that is worth `worth`; `written` is kept when it was rounded.
    fn exact(number: Decimal, worth: Worth, written: &str) -> Self {
        let (sats, usd) = match worth {
            Worth::Dollar => (None, number.to_usd()),
            Worth::Satoshi => (number.to_sats(), None),
            // So coarse a unit is more likely a mistake than a price.
            Worth::Bitcoin => (None, None),
        };
        let rounded = sats.is_some_and(|(_, rounded)| rounded)
            || usd.is_some_and(|(_, rounded)| rounded)
            || (sats.is_none() && usd.is_none());
        Self {
            sats: sats.map(|(sats, _)| sats),
            usd: usd.map(|(usd, _)| usd),
            note: rounded.then(|| written.to_owned()),
            is_free: number.is_zero(),
        }
    }

    /// Whether anything is known.
    pub(super) fn is_known(&self) -> bool {
        self.sats.is_some() || self.usd.is_some() || self.note.is_some()
    }

    /// Puts the price into a row.
    pub(super) fn write_to(self, listing: &mut ImportedListing) {
        listing.price_sats = self.sats;
        listing.price_usd = self.usd;
        listing.price_note = self.note;
    }
}

/// A price in a text: `$0.01`, `0.018 USDC`, `5 sats`, `$0.0003 per call`, or `0.05` of the
/// currency that is named beside it.
pub(super) fn from_text(text: &str, currency: Option<&str>) -> Price {
    let text = text.trim();
    if text.eq_ignore_ascii_case("free") {
        return Price { is_free: true, ..Price::default() };
    }
    let (dollars, rest) = match text.strip_prefix('$') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',')));
    let (number, unit) = rest.split_at(end.unwrap_or(rest.len()));
    let number = number.trim_end_matches([',', '.']);
    let Some(amount) = Decimal::parse(number) else {
        // An exponent, as a JSON number is written.
        return match Decimal::parse(text) {
            Some(amount) => bare(amount, text, currency),
            None => Price::words(text),
        };
    };
    let mut words = unit.split_whitespace();
    let first = words.next().unwrap_or_default();
    let first = if first.eq_ignore_ascii_case("per") { "" } else { first };
    match (dollars, first) {
        (true, "" | "/call" | "/request") => Price::exact(amount, Worth::Dollar, text),
        (true, first) if is_dollar(first) => Price::exact(amount, Worth::Dollar, text),
        (false, "") => match Decimal::parse(text) {
            Some(_) => bare(amount, text, currency),
            None => Price::words(text),
        },
        (false, first) => match token::find(None, first) {
            Some(known) if known.worth != Worth::Bitcoin => Price::exact(amount, known.worth, text),
            _ => match Decimal::parse(text) {
                Some(amount) => bare(amount, text, currency),
                None => Price::words(text),
            },
        },
        // A range, a monthly fee, a price for a thousand.
        (true, _) => Price::words(text),
    }
}

fn is_dollar(word: &str) -> bool {
    token::find(None, word).is_some_and(|known| known.worth == Worth::Dollar)
}

/// A number without a unit: of the currency beside it, where there is one; else dollars, when it
/// is written as people write dollars.
fn bare(amount: Decimal, text: &str, currency: Option<&str>) -> Price {
    let first_word = currency.and_then(|currency| currency.split_whitespace().next());
    let is_fraction = text.contains(['.', 'e', 'E']);
    let small = amount.to_sats().is_some_and(|(whole, _)| whole.get() < AMBIGUOUS_FROM);
    match first_word.map(|word| token::find(None, word)) {
        Some(Some(Token { worth: Worth::Satoshi, .. })) => {
            Price::exact(amount, Worth::Satoshi, text)
        }
        // A token is counted in its units as often as in whole ones.
        Some(Some(Token { worth: Worth::Dollar, .. })) | None
            if is_fraction || small || first_word == Some("USD") =>
        {
            Price::exact(amount, Worth::Dollar, text)
        }
        _ => match currency {
            Some(currency) => Price::words(&format!("{text} {currency}")),
            None => Price::words(text),
        },
    }
}

/// A price in units of a token: `amount` of `asset` on `network`, where the source says
/// `decimals` for tokens that we do not know. `None` when it says nothing that can be read.
pub(super) fn from_units(
    network: Option<&str>,
    asset: &str,
    amount: &str,
    decimals: Option<u32>,
) -> Option<Price> {
    let units = farebox_wire::evm::parse_amount(amount).ok()?;
    if units.is_zero() {
        return Some(Price { is_free: true, ..Price::default() });
    }
    let known = token::find(network, asset);
    let decimals = known.and_then(|token| token.decimals).or(decimals);
    let on_testnet = network.and_then(token::parse_network).is_some_and(Network::is_testnet);
    let symbol = known.map_or(asset, |token| token.symbol);
    let number = u128::try_from(units).ok().zip(decimals);
    match (known, number) {
        (Some(token), Some((units, decimals))) if !on_testnet => {
            let written = words(U256::from(units), decimals, symbol, network);
            Some(Price::exact(Decimal::from_units(units, decimals), token.worth, &written))
        }
        (_, Some((units, decimals))) => {
            Some(Price::words(&words(U256::from(units), decimals, symbol, network)))
        }
        (_, None) => Some(Price::words(&format!("{amount} units of {symbol}"))),
    }
}

fn words(units: U256, decimals: u32, symbol: &str, network: Option<&str>) -> String {
    let number = to_decimal(units, u8::try_from(decimals).unwrap_or(u8::MAX));
    match network {
        Some(network) => format!("{number} {symbol} on {}", token::network_name(network)),
        None => format!("{number} {symbol}"),
    }
}

/// The price of the first way to pay that has one, real networks first.
pub(super) fn from_offers(offers: &[Offer], decimals: Option<u32>) -> Price {
    let prices = offers.iter().filter_map(|offer| {
        let asset = offer.asset.as_deref()?;
        from_units(offer.network.as_deref(), asset, offer.amount.as_deref()?, decimals)
    });
    let prices: Vec<Price> = prices.collect();
    let exact = |price: &&Price| price.usd.is_some() || price.sats.is_some();
    let best = prices.iter().find(exact).or_else(|| prices.first());
    let is_free = !prices.is_empty() && prices.iter().all(|price| price.is_free);
    best.map(|best| Price { is_free, ..best.clone() }).unwrap_or_default()
}

/// The price under any of the names that sources give it, in any of their forms.
pub(super) fn from_fields(object: &Object, network: Option<&str>, currency: Option<&str>) -> Price {
    let named = [
        (&["price_micro_usdc", "price_micro_usd", "priceMicroUsd"][..], Some(6), Worth::Dollar),
        (
            &["price_usd", "priceUsd", "priceUSD", "price_usdc", "priceUsdc", "priceUSDC", "usd"][..],
            None,
            Worth::Dollar,
        ),
        (
            &["price_sats", "priceSats", "pricing_sats", "amount_sats", "sats"][..],
            None,
            Worth::Satoshi,
        ),
    ];
    let mut price = Price::default();
    for (names, scale, worth) in named {
        let Some(written) = fields::any(object, names).and_then(fields::digits) else { continue };
        let number = match scale {
            Some(scale) => written.parse().ok().map(|units| Decimal::from_units(units, scale)),
            None => Decimal::parse(written.trim_start_matches('$')),
        };
        let Some(number) = number else { continue };
        let sign = if worth == Worth::Dollar && scale.is_none() { "$" } else { "" };
        let written = format!("{sign}{}", written.trim_start_matches('$'));
        let read = Price::exact(number, worth, &written);
        price.sats = price.sats.or(read.sats);
        price.usd = price.usd.or(read.usd);
        price.note = price.note.or(read.note);
        price.is_free |= read.is_free;
    }
    // The other unit says it exactly.
    price.note.take_if(|_| price.sats.is_some());
    price.is_free &= price.sats.is_none_or(|sats| sats == Sats::ZERO)
        && price.usd.is_none_or(|usd| usd.get() == 0);
    if price.is_known() {
        return price;
    }
    match fields::any(object, &["price", "pricing", "payment", "cost", "priceRange"]) {
        Some(value) => from_value(value, network, currency),
        None => price,
    }
}

fn from_value(value: &Value, network: Option<&str>, currency: Option<&str>) -> Price {
    match value {
        Value::String(text) => from_text(text, currency),
        Value::Number(number) => from_text(&number.to_string(), currency),
        Value::Object(object) => from_object(object, network, currency),
        _ => Price::default(),
    }
}

/// `{amount, currency, decimals}`: units where it names decimals, else whole ones.
fn from_object(object: &Object, network: Option<&str>, currency: Option<&str>) -> Price {
    let currency = fields::text(object, &["currency", "asset", "token", "unit"]).or(currency);
    let network = fields::text(object, &["network", "chain"]).or(network);
    let decimals = object.get("decimals").and_then(Value::as_u64);
    let decimals = decimals.and_then(|decimals| u32::try_from(decimals).ok());
    let names = ["amount", "value", "price", "usd", "default", "min"];
    let Some(amount) = fields::any(object, &names).and_then(fields::digits) else {
        return Price::default();
    };
    match (decimals, currency) {
        (Some(_), Some(asset)) => {
            from_units(network, asset, &amount, decimals).unwrap_or_else(|| Price::words(&amount))
        }
        _ => from_text(&amount, currency),
    }
}

/// The price, where there is one, and the refusal of what costs nothing.
pub(super) fn paid(price: Price) -> Result<Price, Reason> {
    if price.is_free { Err(Reason::Free) } else { Ok(price) }
}

#[cfg(test)]
#[path = "price_tests.rs"]
mod tests;
