//! How much a top-up is: satoshis, or dollars at the current rate.

use super::answer::parse;
use crate::TOPUP_SATS_MAX;
use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use farebox_money::{BtcUsd, MicroUsd, Sats};
use farebox_rates::{RETRY_AFTER_S, Rates};
use farebox_wire::api_error::ErrorBody;
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

const EXAMPLE: &str = r#"{"amount_sats": 120} or {"amount_usd": "0.50"}"#;

/// One of the two amounts.
#[derive(Deserialize, ToSchema)]
#[schema(as = TopupRequest)]
pub(super) struct TopupBody {
    #[serde(default)]
    #[schema(minimum = 1, maximum = 100_000_000)]
    amount_sats: Option<u64>,
    /// Dollars with at most six decimals, as a text or a number.
    // As it stands in the body, so that a number keeps its digits.
    #[serde(default)]
    #[schema(value_type = Option<Dollars>)]
    amount_usd: Option<Box<RawValue>>,
}

/// A text or a number.
#[derive(ToSchema)]
#[schema(as = Dollars)]
#[serde(untagged)]
#[expect(dead_code, reason = "says what `dollars` reads")]
enum Dollars {
    Text(String),
    Number(f64),
}

/// What is to be topped up.
pub(super) struct Asked {
    /// The amount of the invoice.
    pub(super) sats: Sats,
    /// What was asked for and the rate it was converted at, where it was asked in dollars.
    pub(super) usd: Option<(MicroUsd, BtcUsd)>,
}

/// Reads the amount of a top-up; `now` is in seconds since 1970. Dollars are rounded up to a whole
/// satoshi, and what is paid is credited.
pub(super) fn read(body: &Bytes, rates: &Rates, now: u64) -> Result<Asked, Box<Response>> {
    let asked: TopupBody = parse(body, EXAMPLE)?;
    match (asked.amount_sats, asked.amount_usd) {
        (Some(sats), None) => Ok(Asked { sats: Sats::new(sats), usd: None }),
        (None, Some(usd)) => convert(&usd, rates, now),
        (Some(_), Some(_)) => {
            Err(bad("invalid_amount", format!("Name one amount, such as {EXAMPLE}.")))
        }
        (None, None) => Err(bad("missing_field", format!("Name the amount, such as {EXAMPLE}."))),
    }
}

fn convert(raw: &RawValue, rates: &Rates, now: u64) -> Result<Asked, Box<Response>> {
    let usd = dollars(raw).ok_or_else(|| {
        let text = "amount_usd must be more than 0, in plain decimals with six at most";
        bad("invalid_amount", format!("{text}, such as {EXAMPLE}."))
    })?;
    let rate = rates.current(now).map_err(|_| Box::new(unavailable()))?;
    let sats = rate.to_sats_ceil(usd).filter(|sats| sats.get() <= TOPUP_SATS_MAX);
    let sats = sats.ok_or_else(|| {
        let most = "sats is the most that can be topped up at once";
        let rate = rate.usd_per_btc();
        let text = format!("{TOPUP_SATS_MAX} {most}; ${usd} is more, at ${rate} for a bitcoin.");
        bad("invalid_amount", text)
    })?;
    Ok(Asked { sats, usd: Some((usd, rate)) })
}

/// A JSON number or a string, read digit by digit.
fn dollars(raw: &RawValue) -> Option<MicroUsd> {
    let text = raw.get();
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    quoted.unwrap_or(text).parse().ok().filter(|usd: &MicroUsd| usd.get() > 0)
}

fn bad(code: &str, message: String) -> Box<Response> {
    let body = ErrorBody::new(code, message);
    Box::new((StatusCode::BAD_REQUEST, Json(body)).into_response())
}

fn unavailable() -> Response {
    let message = "There is no fresh price of bitcoin in dollars at the moment. Name amount_sats, \
                   or try again later.";
    let body = ErrorBody::new("rate_unavailable", message);
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(body: String, rate: u64) -> Option<Asked> {
        let rates = Rates::fixed(BtcUsd::new(MicroUsd::new(rate)).unwrap());
        read(&Bytes::from(body), &rates, 0).ok()
    }

    proptest! {
        #[test]
        fn dollars_are_never_undercut_and_never_a_whole_satoshi_too_many(
            micro in 1u64..900_000_000, rate in 1_000_000_000u64..10_000_000_000_000,
        ) {
            let usd = MicroUsd::new(micro);
            for body in [format!("{{\"amount_usd\":{usd}}}"), format!("{{\"amount_usd\":\"{usd}\"}}")] {
                let Some(asked) = asked(body, rate) else { continue };
                let worth = |sats: u64| u128::from(sats) * u128::from(rate);
                let price = u128::from(micro) * 100_000_000;
                prop_assert!((1..=TOPUP_SATS_MAX).contains(&asked.sats.get()));
                prop_assert!(worth(asked.sats.get()) >= price);
                prop_assert!(worth(asked.sats.get() - 1) < price);
                prop_assert_eq!(asked.usd.map(|(usd, _)| usd), Some(usd));
            }
        }

        #[test]
        fn no_value_panics_or_is_taken_for_an_amount_that_it_is_not(value in "[ -~]{0,40}") {
            if let Some(asked) = asked(format!("{{\"amount_usd\":{value}}}"), 90_000_000_000)
                && asked.usd.is_some()
            {
                prop_assert!((1..=TOPUP_SATS_MAX).contains(&asked.sats.get()));
                prop_assert!(value.bytes().any(|byte| byte.is_ascii_digit()));
            }
        }
    }
}
