//! Which offer is tried first. Pure.

use super::{LightningScheme, Offer, Offers};
use crate::policy;
use crate::spend::{Charge, Rail};
use farebox_money::{BtcUsd, MicroUsd};
use farebox_wire::bolt11::Network;
use farebox_wire::evm::ChainId;

/// What the buyer would rather pay, and what it can.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// This rail and no other.
    pub(crate) only: Option<Rail>,
    /// This rail before the others.
    pub(crate) first: Option<Rail>,
    /// The chain of the Lightning wallet, where it is known.
    pub(crate) lightning: Option<Network>,
    /// Whether there is a Lightning wallet.
    pub(crate) has_lightning: bool,
    /// Whether there is a key for tokens, and for which chains; `None` for any.
    pub(crate) chains: Option<Option<Vec<ChainId>>>,
    /// The price of a bitcoin, where it is known.
    pub(crate) rate: Option<BtcUsd>,
}

impl Wish {
    /// Of whoever could pay everything.
    pub(crate) const ANY: Self = Self {
        only: None,
        first: None,
        lightning: None,
        has_lightning: true,
        chains: Some(None),
        rate: None,
    };

    /// Whether a payment could be made at `now` at all, as far as it can be told without asking
    /// anybody.
    fn is_payable(&self, offer: &Offer, now: u64) -> bool {
        match offer {
            Offer::Lightning(offer) => {
                let invoice = &offer.invoice;
                invoice.amount.is_some_and(|amount| !amount.is_zero())
                    && self.lightning.is_none_or(|network| network == invoice.network)
                    && policy::is_payable(invoice, now)
            }
            Offer::Transfer(offer) => {
                let chain = offer.terms.token.chain;
                offer.terms.known.is_some()
                    && self.chains.as_ref().is_some_and(|chains| {
                        chains.as_ref().is_none_or(|chains| chains.contains(&chain))
                    })
            }
        }
    }

    /// Whether there is a wallet for it.
    const fn has_wallet(&self, offer: &Offer) -> bool {
        match offer {
            Offer::Lightning(_) => self.has_lightning,
            Offer::Transfer(_) => self.chains.is_some(),
        }
    }
}

impl Offers {
    /// The offers in the order in which they are to be tried at `now`: what can be paid, then
    /// the rail that is wished for, then the cheapest where prices can be compared, then the order
    /// of the seller. At one price the old name of L402 comes last.
    pub(crate) fn in_order(self, wish: &Wish, now: u64) -> Vec<Offer> {
        let fits = |offer: &Offer| wish.only.is_none_or(|rail| rail == offer.rail());
        let mut offers: Vec<_> = self.0.into_iter().filter(fits).collect();
        // Without a rate the prices of two kinds say nothing of each other, and the kinds keep
        // the order of the seller.
        let is_lightning_first = offers.first().is_some_and(is_lightning);
        offers.sort_by_cached_key(|offer| {
            let wished = wish.first.is_some_and(|rail| rail == offer.rail());
            let standing = (!wish.has_wallet(offer), !wish.is_payable(offer, now), !wished);
            let is_old =
                matches!(offer, Offer::Lightning(own) if own.scheme == LightningScheme::Lsat);
            (standing, price_key(offer, is_lightning_first, wish.rate), is_old)
        });
        offers
    }

    /// Whether the Lightning wallet's chain has a say in which is the best.
    pub(crate) fn differ_in_network(&self) -> bool {
        let mut networks = self.0.iter().filter_map(|offer| match offer {
            Offer::Lightning(offer) => Some(offer.invoice.network),
            Offer::Transfer(_) => None,
        });
        let first = networks.next();
        networks.any(|network| Some(network) != first)
    }
}

const fn is_lightning(offer: &Offer) -> bool {
    matches!(offer, Offer::Lightning(_))
}

/// What sorts cheap offers before dear ones: dollars where all are worth some, else the kind of
/// money and its own amount. Unknown worth is dearest.
fn price_key(offer: &Offer, is_lightning_first: bool, rate: Option<BtcUsd>) -> (bool, u64) {
    let is_second = is_lightning(offer) != is_lightning_first;
    match (offer.charge(), rate) {
        (Some(Charge::Lightning(amount)), Some(rate)) => {
            (false, rate.to_usd_ceil(amount).map_or(u64::MAX, MicroUsd::get))
        }
        (Some(Charge::Lightning(amount)), None) => (is_second, amount.get()),
        (Some(Charge::Token { worth, .. }), rate) => {
            let worth = worth.map_or(u64::MAX, MicroUsd::get);
            (is_second && rate.is_none(), worth)
        }
        (None, rate) => (is_second && rate.is_none(), u64::MAX),
    }
}
