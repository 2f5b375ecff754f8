//! Prices as people read them.

use farebox_directory::Listing;
use farebox_money::{BtcUsd, MicroUsd, Sats};

/// A price in two currencies.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// As the provider names it.
    pub(crate) asked: String,
    /// About what that is in the other currency.
    pub(crate) about: Option<String>,
}

/// The price of a call, or `None` when the provider names no single number.
pub(crate) fn price(listing: &Listing, rate: Option<BtcUsd>) -> Option<Shown> {
    let facts = &listing.facts;
    if let Some(sats) = facts.price_sats {
        let about = facts.price_usd.or_else(|| listing.price_in_usd(rate));
        return Some(Shown { asked: in_sats(sats), about: about.map(about_usd) });
    }
    let usd = facts.price_usd?;
    let sats = listing.price_in_sats(rate);
    Some(Shown {
        asked: format!("${usd}"),
        about: sats.map(|sats| format!("about {}", in_sats(sats))),
    })
}

/// A count with a comma between thousands.
pub(crate) fn grouped(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn in_sats(sats: Sats) -> String {
    let unit = if sats.get() == 1 { "sat" } else { "sats" };
    format!("{} {unit}", grouped(sats.get()))
}

/// Cents from a dollar up, two digits that count below.
fn about_usd(usd: MicroUsd) -> String {
    let micro = usd.get();
    let mut step = 10_000;
    while step > 1 && micro < step * 10 {
        step /= 10;
    }
    let rounded = MicroUsd::new((micro + step / 2) / step * step);
    format!("about ${rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(4_715), "4,715");
        assert_eq!(in_sats(Sats::new(1_000_000)), "1,000,000 sats");
        assert_eq!(in_sats(Sats::new(1)), "1 sat");
    }

    #[test]
    fn converted_prices_do_not_pretend_precision() {
        for (micro, text) in [
            (4_567, "about $0.0046"),
            (456, "about $0.00046"),
            (4, "about $0.000004"),
            (123_456, "about $0.12"),
            (12_345_678, "about $12.35"),
            (0, "about $0"),
        ] {
            assert_eq!(about_usd(MicroUsd::new(micro)), text);
        }
    }
}
