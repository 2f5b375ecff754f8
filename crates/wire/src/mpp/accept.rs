//! `Accept-Payment`: which methods a client can pay with, and how gladly.

use std::{cmp::Reverse, fmt};

/// Longer headers are refused.
const HEADER_LEN_MAX: usize = 4 * 1_024;
/// More ranges than this are refused.
const RANGES_MAX: usize = 64;
const ANY: &str = "*";

/// The ranges of a header, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcceptPayment(Vec<PaymentRange>);

/// Methods and intents with one weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRange {
    /// The method; `*` is every one.
    pub method: String,
    /// The intent; `*` is every one.
    pub intent: String,
    /// The weight in thousandths, 0 to 1000: 0 excludes.
    pub weight_thousandths: u16,
}

/// A header that says nothing clear. It asks for nothing, so a server may answer as without it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptPaymentError {
    /// Longer than 4 KiB, or more than 64 ranges.
    #[error("the Accept-Payment header is too long")]
    TooLong,
    /// No range at all.
    #[error("the Accept-Payment header is empty")]
    Empty,
    /// Not `method/intent` with an optional `;q=` from 0 to 1.
    #[error("'{0}' is no range of an Accept-Payment header; write method/intent;q=0.5")]
    Range(String),
}

impl AcceptPayment {
    /// A header of these ranges.
    #[must_use]
    pub fn new(ranges: Vec<PaymentRange>) -> Self {
        Self(ranges)
    }

    /// The ranges.
    #[must_use]
    pub fn ranges(&self) -> &[PaymentRange] {
        &self.0
    }

    /// Reads the value of a header.
    ///
    /// # Errors
    /// When it is not a list of ranges.
    pub fn parse(value: &str) -> Result<Self, AcceptPaymentError> {
        if value.len() > HEADER_LEN_MAX {
            return Err(AcceptPaymentError::TooLong);
        }
        let parts = value.split(',').map(str::trim_ascii).filter(|part| !part.is_empty());
        let ranges: Result<Vec<_>, _> = parts
            .map(|part| range(part).ok_or_else(|| AcceptPaymentError::Range(part.to_owned())))
            .collect();
        match ranges? {
            ranges if ranges.is_empty() => Err(AcceptPaymentError::Empty),
            ranges if ranges.len() > RANGES_MAX => Err(AcceptPaymentError::TooLong),
            ranges => Ok(Self(ranges)),
        }
    }

    /// The weight of an offer in thousandths: of the ranges that it is in the most exact counts,
    /// of equally exact ones the highest. `None` when it is in none.
    #[must_use]
    pub fn weight(&self, method: &str, intent: &str) -> Option<u16> {
        let covers = |range: &&PaymentRange| {
            [(&range.method, method), (&range.intent, intent)]
                .iter()
                .all(|(own, asked)| *own == ANY || own == asked)
        };
        let exactness = |range: &PaymentRange| {
            [&range.method, &range.intent].iter().filter(|own| **own != ANY).count()
        };
        let best = self.0.iter().filter(covers);
        let best = best.max_by_key(|range| (exactness(range), range.weight_thousandths));
        best.map(|range| range.weight_thousandths)
    }

    /// The offers that the client takes, gladly taken ones first, equal ones in the order given.
    /// `key` gives an offer's method and intent.
    pub fn rank<'a, T>(&self, offers: &'a [T], key: impl Fn(&T) -> (&str, &str)) -> Vec<&'a T> {
        let weighed = offers.iter().map(|offer| {
            let (method, intent) = key(offer);
            (self.weight(method, intent).unwrap_or(0), offer)
        });
        let mut taken: Vec<_> = weighed.filter(|(weight, _)| *weight > 0).collect();
        taken.sort_by_key(|(weight, _)| Reverse(*weight));
        taken.into_iter().map(|(_, offer)| offer).collect()
    }

    /// The first of [`AcceptPayment::rank`].
    pub fn select<'a, T>(
        &self,
        offers: &'a [T],
        key: impl Fn(&T) -> (&str, &str),
    ) -> Option<&'a T> {
        self.rank(offers, key).into_iter().next()
    }
}

impl PaymentRange {
    /// One method and intent with full weight.
    #[must_use]
    pub fn new(method: &str, intent: &str) -> Self {
        Self { method: method.to_owned(), intent: intent.to_owned(), weight_thousandths: 1_000 }
    }
}

fn range(part: &str) -> Option<PaymentRange> {
    let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
    let (method, intent) = name.trim_ascii().split_once('/')?;
    let is_name = |text: &str, marks: &[u8]| {
        let is_part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || marks.contains(&b);
        text == ANY || (!text.is_empty() && text.bytes().all(is_part))
    };
    if !is_name(method, b"-:_") || !is_name(intent, b"-") {
        return None;
    }
    let mut weight_thousandths = 1_000;
    for parameter in parameters.split(';').map(str::trim_ascii).filter(|text| !text.is_empty()) {
        let (name, value) = parameter.split_once('=')?;
        let is_mark = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        let (name, value) = (name.trim_ascii(), value.trim_ascii());
        if name.is_empty() || value.is_empty() || !name.bytes().all(is_mark) {
            return None;
        }
        if name.eq_ignore_ascii_case("q") {
            weight_thousandths = weight(value)?;
        }
    }
    Some(PaymentRange { method: method.to_owned(), intent: intent.to_owned(), weight_thousandths })
}

/// A weight with at most three decimals (RFC 9110, section 12.4.2).
fn weight(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

impl fmt::Display for AcceptPayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}/{}", range.method, range.intent)?;
            match range.weight_thousandths {
                1_000.. => {}
                0 => f.write_str(";q=0")?,
                weight => write!(f, ";q=0.{}", format!("{weight:03}").trim_end_matches('0'))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OFFERS: [(&str, &str); 4] =
        [("lightning", "charge"), ("evm", "charge"), ("stripe", "charge"), ("tempo", "session")];

    fn ranked(header: &str) -> Vec<&'static str> {
        let accept = AcceptPayment::parse(header).unwrap();
        accept.rank(&OFFERS, |offer| *offer).into_iter().map(|offer| offer.0).collect()
    }

    #[test]
    fn the_clients_weights_order_the_offers() {
        assert_eq!(ranked("*/*"), ["lightning", "evm", "stripe", "tempo"]);
        assert_eq!(
            ranked("evm/charge, lightning/*;q=0.8, stripe/charge;q=0"),
            ["evm", "lightning"]
        );
        assert_eq!(ranked("*/*;q=0.1, stripe/*;q=0.9"), ["stripe", "lightning", "evm", "tempo"]);
        assert_eq!(ranked("*/*, lightning/charge;q=0"), ["evm", "stripe", "tempo"]);
        assert_eq!(ranked("*/charge;q=0.5, */session"), ["tempo", "lightning", "evm", "stripe"]);
        assert_eq!(ranked("evm/charge;q=0.2, evm/charge;q=0.4"), ["evm"]);
        assert!(ranked("monero/charge").is_empty());
        let accept = AcceptPayment::parse("*/*;q=0, stripe/charge;q=0.001").unwrap();
        assert_eq!(accept.select(&OFFERS, |offer| *offer), Some(&("stripe", "charge")));
    }

    #[test]
    fn weights_are_read_and_written() {
        for (header, written) in [
            ("a/b", "a/b"),
            (" a/b ; Q = 0.50 ,, c/*;x=1", "a/b;q=0.5, c/*"),
            ("a:_-1/b-1;q=1.000", "a:_-1/b-1"),
            ("a/b;q=0.001, */*;q=0.0", "a/b;q=0.001, */*;q=0"),
            ("a/b;q=0.2;q=0.3", "a/b;q=0.3"),
        ] {
            assert_eq!(AcceptPayment::parse(header).unwrap().to_string(), written, "{header}");
        }
        for header in [
            "",
            ",",
            "a",
            "a/",
            "/b",
            "A/b",
            "a/b/c",
            "a/b;q",
            "a/b;q=",
            "a/b;q=2",
            "a/b;q=1.1",
            "a/b;q=-1",
            "a/b;q=0.1234",
            "a/b;q=.5",
            "a/b;q=0.5x",
            "a/b_c",
            "é/b",
            "a/b;q=0.5 0",
        ] {
            assert!(AcceptPayment::parse(header).is_err(), "{header} was taken");
        }
        assert!(AcceptPayment::parse(&"a/b,".repeat(65)).is_err());
        assert!(AcceptPayment::parse(&"a".repeat(5_000)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(weights in prop::collection::vec(0_u16..=1_000, 1..20)) {
            let ranges = weights.iter().map(|weight| PaymentRange {
                weight_thousandths: *weight,
                ..PaymentRange::new("lightning", "*")
            });
            let accept = AcceptPayment::new(ranges.collect());
            prop_assert_eq!(AcceptPayment::parse(&accept.to_string()), Ok(accept));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,80}") {
            let _ = AcceptPayment::parse(&text);
        }
    }
}
