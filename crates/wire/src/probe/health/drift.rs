//! What is asked, compared with what is listed.

use super::super::{Fault, Offer, Rail};
use super::{Finding, Listed};

/// A price may rise by a quarter between two looks: prices in bitcoin follow its rate.
const RISE_PERCENT_MAX: u128 = 125;

/// What the listing says about one offer: whether its price or its payee is another.
pub(super) fn of_offer(
    listed: &Listed,
    rail: Rail,
    offer: &Offer,
    faults: &[Fault],
) -> Vec<Finding> {
    if listed.rail.is_some_and(|own| own != rail) {
        return Vec::new();
    }
    let payee = is_other_payee(listed, offer, faults).then_some(Finding::PaytoChanged);
    of_price(listed, offer).into_iter().chain(payee).collect()
}

/// The highest of the known prices counts; nothing is said where none is in the same money.
fn of_price(listed: &Listed, offer: &Offer) -> Option<Finding> {
    let price = offer.price.as_ref()?;
    let (asked, known) = match (price.msat, price.micro_usd) {
        (Some(msat), _) => (msat, &listed.prices_msat),
        (None, Some(micro_usd)) => (micro_usd, &listed.prices_micro_usd),
        (None, None) => return None,
    };
    let highest = known.iter().copied().filter(|known| *known > 0).max()?;
    if known.contains(&asked) {
        return None;
    }
    let most = u128::from(highest).saturating_mul(RISE_PERCENT_MAX);
    let is_much_more = u128::from(asked).saturating_mul(100) > most;
    Some(if is_much_more { Finding::PriceChanged } else { Finding::PriceUpdated })
}

/// Another address than the known ones of its kind. Invoices have no lasting payee, and a seller
/// can say that the payee changes with every request.
fn is_other_payee(listed: &Listed, offer: &Offer, faults: &[Fault]) -> bool {
    let Some(payee) = offer.recipient.as_deref() else {
        return false;
    };
    let is_own = |fault: &&Fault| fault.offer.is_none_or(|index| index == offer.index);
    let is_dynamic = faults.iter().filter(is_own).any(|fault| fault.code == "payto_dynamic");
    if is_dynamic || matches!(offer.kind.as_str(), "bolt11" | "lightning/charge") {
        return false;
    }
    let mut comparable = listed.pay_to.iter().filter(|known| is_hex(known) == is_hex(payee));
    let is_known = |known: &String| match is_hex(payee) {
        true => known.eq_ignore_ascii_case(payee),
        false => known == payee,
    };
    let has_others = comparable.clone().next().is_some();
    has_others && !comparable.any(is_known)
}

fn is_hex(address: &str) -> bool {
    address.starts_with("0x")
}
