//! Every offer of one 402, from all its header lines and its body.

use super::lightning::{LightningOffer, contradictions, unusable_token};
use super::{NoOffer, Offer, Offers, mpp, x402};
use crate::printable::printable;
use crate::request::Outgoing;
use crate::rules::KnownToken;
use farebox_wire::{l402, x402::PAYMENT_REQUIRED};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;

/// Payments of these rails are good for one answer, and this one has no body.
const HEAD_NOT_PAID: &str = "what is bought by a HEAD request is used up without an answer";

impl Offers {
    /// Reads what the answer to `sent` asks for and can be answered with at `now`: L402, then
    /// MPP, then x402, each in the order of the seller. `named` are the tokens that the policy
    /// names.
    pub(crate) fn read(
        headers: &HeaderMap,
        body: &[u8],
        sent: &Outgoing,
        named: &[KnownToken],
        now: u64,
    ) -> Result<Self, NoOffer> {
        let lines = headers.get_all(WWW_AUTHENTICATE).iter().map(HeaderValue::as_bytes);
        let l402 = l402::offers(lines, body).into_iter().map(|offer| {
            let mut offer = LightningOffer::read(offer, sent, now)?;
            offer.contradictions = contradictions(&offer.invoice, headers, body);
            Ok(Offer::Lightning(Box::new(offer)))
        });
        let unusable = unusable_token(headers, body).map(Err);
        let others = mpp::read(headers, named, now).into_iter();
        let others = others.chain(x402::read(headers, body, named)).map(|offer| match offer {
            Ok(_) if sent.method == Method::HEAD => Err(NoOffer::Useless(HEAD_NOT_PAID.to_owned())),
            offer => offer,
        });
        let mut offers = Vec::new();
        let (mut refusal, mut names_of_others) = (None, Vec::new());
        for read in unusable.into_iter().chain(l402).chain(others) {
            match read {
                Ok(offer) => offers.push(offer),
                Err(NoOffer::OtherRails(names)) => names_of_others.extend(names),
                Err(why) => refusal = refusal.or(Some(why)),
            }
        }
        if offers.is_empty() {
            names_of_others.extend(other_rails(headers, body));
            return Err(refusal.unwrap_or(NoOffer::OtherRails(distinct(names_of_others))));
        }
        Ok(Self(offers))
    }
}

/// The names of the other ways to pay that an answer shows.
fn other_rails(headers: &HeaderMap, body: &[u8]) -> Vec<String> {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut rails = Vec::new();
    let x402_body = json.get("x402Version").is_some() || json.get("accepts").is_some();
    if headers.contains_key(PAYMENT_REQUIRED) || x402_body {
        rails.push("x402".to_owned());
    }
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter();
    let challenges = challenges.filter_map(|value| value.to_str().ok());
    for challenge in challenges {
        let scheme = challenge.split([' ', ',']).next().unwrap_or_default();
        match scheme.to_ascii_lowercase().as_str() {
            "" | "payment" => {}
            "l402" | "lsat" => rails.push("L402 without a token or an invoice".to_owned()),
            _ => rails.push(printable(scheme, 32)),
        }
    }
    if headers.contains_key("x-cashu") {
        rails.push("Cashu".to_owned());
    }
    rails
}

fn distinct(names: Vec<String>) -> Vec<String> {
    let mut kept = Vec::new();
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}
