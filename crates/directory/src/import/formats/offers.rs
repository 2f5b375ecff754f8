//! Lists of ways to pay, and what rows of several forms have in common.

use super::fields::{self, Object};
use super::{price, token};
use crate::Protocol;
use crate::import::listing::OFFERS_MAX;
use crate::import::{ImportedListing, Offer};
use farebox_wire::evm::Network;

/// What an entry calls itself, for a report.
pub(super) fn what(entry: &Object) -> Option<String> {
    let named = fields::text(entry, &["url", "resource", "path", "endpoint", "name", "id"]);
    named.map(str::to_owned)
}

/// The entries of an `accepts` list; `None` when there is no such list.
pub(super) fn accepts(entry: &Object) -> Option<Vec<Offer>> {
    let list = fields::list(entry, &["accepts", "paymentRequirements", "payment_requirements"])?;
    let objects = list.iter().filter_map(|one| one.as_object()).take(OFFERS_MAX);
    Some(objects.map(x402).collect())
}

/// One way to pay of x402.
fn x402(entry: &Object) -> Offer {
    let amount = fields::any(entry, &["amount", "maxAmountRequired", "max_amount_required"]);
    Offer {
        protocol: Some(Protocol::X402),
        scheme: fields::owned(entry, &["scheme"]),
        network: fields::owned(entry, &["network", "chain"]),
        asset: fields::owned(entry, &["assetAddress", "asset", "currency", "token"]),
        pay_to: fields::owned(entry, &["payTo", "pay_to", "recipient"]),
        amount: amount.and_then(fields::digits),
    }
}

/// Whether an offer is on a network where coins are worth something.
fn is_real(offer: &Offer) -> bool {
    let network = offer.network.as_deref().and_then(token::parse_network);
    !network.is_some_and(Network::is_testnet)
}

/// Names the asset and the network that the listing shows: those of the first offer on a real
/// network.
pub(crate) fn shown_payment(offers: &[Offer]) -> (Option<String>, Option<String>) {
    let shown = offers.iter().find(|offer| is_real(offer)).or_else(|| offers.first());
    let Some(shown) = shown else { return (None, None) };
    let network = shown.network.as_deref();
    let symbol = |asset: &str| {
        let known = token::find(network, asset);
        known.map_or_else(|| asset.to_owned(), |token| token.symbol.to_owned())
    };
    (shown.asset.as_deref().map(symbol), network.map(token::network_name))
}

/// A way to pay as a listing on this rail keeps it; `None` when it says neither who is paid nor how
/// much.
pub(crate) fn listed_offer(way: &Offer, protocol: Protocol) -> Option<crate::Offer> {
    if way.pay_to.is_none() && way.amount.is_none() {
        return None;
    }
    let scheme = way.scheme.as_deref();
    let network = way.network.as_deref();
    let kind = match protocol {
        Protocol::L402 => "bolt11".to_owned(),
        Protocol::X402 => scheme.unwrap_or("exact").to_owned(),
        // MPP names a method of payment in the place of a network.
        Protocol::Mpp => {
            format!("{}/{}", network.unwrap_or_default(), scheme.unwrap_or("charge"))
        }
    };
    let price = way.asset.as_deref().zip(way.amount.as_deref());
    let price = price.and_then(|(asset, amount)| price::from_units(network, asset, amount, None));
    let sats = price.as_ref().and_then(|price| price.sats);
    let offer = crate::Offer {
        kind,
        network: way.network.clone().filter(|_| protocol != Protocol::Mpp),
        asset: way.asset.clone(),
        pay_to: way.pay_to.clone(),
        amount: way.amount.clone(),
        price_msat: sats.and_then(|sats| sats.to_msat()).map(|msat| msat.get()),
        price_micro_usd: price.and_then(|price| price.usd).map(|usd| usd.get()),
        is_test_money: !is_real(way),
        ..crate::Offer::default()
    };
    Some(offer.cleaned())
}

/// The protocols in a text such as `L402+x402`, or in a list of texts.
pub(super) fn protocols(entry: &Object, names: &[&str]) -> Vec<Protocol> {
    let mut words = fields::words(entry, names);
    words.extend(fields::owned(entry, names));
    let mut protocols: Vec<Protocol> = words
        .iter()
        .flat_map(|text| text.split(['+', ',', '/', '|', ' ']))
        .filter_map(|word| match word.trim() {
            word if word.eq_ignore_ascii_case("lsat") => Some(Protocol::L402),
            word => Protocol::parse(word),
        })
        .collect();
    protocols.sort_unstable();
    protocols.dedup();
    protocols
}

impl ImportedListing {
    /// A row of one endpoint on one rail; everything else is unknown.
    pub(super) fn on(protocol: Protocol, url: String) -> Self {
        Self { url, protocols: vec![protocol], ..Self::default() }
    }
}
