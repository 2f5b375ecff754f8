//! What x402 offers: version 2 in a header or, as some sellers have it, in the body; version 1 in
//! the body.

use super::conflict;
use super::transfer::{TransferOffer, TransferTerms, Way};
use super::{NoOffer, Offer};
use crate::rules::{KnownToken, find_token};
use farebox_wire::x402::{
    BODY_LEN_MAX, ExactTerms, PAYMENT_REQUIRED, PaymentRequired, PaymentRequiredV1,
    PaymentRequirements, VALIDITY_MAX_S, parse_json_object,
};
use http::HeaderMap;

/// Reads every way to pay, those that cannot be paid by this client as their reasons.
pub(super) fn read(
    headers: &HeaderMap,
    body: &[u8],
    named: &[KnownToken],
) -> Vec<Result<Offer, NoOffer>> {
    let header = headers.get(PAYMENT_REQUIRED);
    let header = header.map(|value| {
        let read = value.to_str().ok().and_then(|text| PaymentRequired::parse_header(text).ok());
        read.ok_or_else(|| NoOffer::OtherRails(vec!["x402".to_owned()]))
    });
    let object = parse_json_object(body, BODY_LEN_MAX).ok();
    let in_body_v1 = object.clone().and_then(|object| PaymentRequiredV1::from_object(object).ok());
    let in_body_v2 = object.and_then(|object| PaymentRequired::from_object(object).ok());
    let shown = header.as_ref().and_then(|header| header.as_ref().ok());
    let others = [
        in_body_v2.as_ref().map(|required| required.accepts.clone()),
        in_body_v1.as_ref().map(|v1| v1.accepts.iter().filter_map(|own| own.to_v2()).collect()),
    ];
    if let Some(required) = shown
        && others.into_iter().flatten().any(|other| conflict::between(&required.accepts, &other))
    {
        let reason = "its header and its body ask for different payments in one token";
        return vec![Err(TransferOffer::refuse(reason))];
    }
    let v2 = header.or(in_body_v2.map(Ok));
    let mut found = Vec::new();
    match v2 {
        Some(Ok(required)) => found.extend(
            required.accepts.iter().map(|option| of_v2(required.clone(), option.clone(), named)),
        ),
        Some(Err(refusal)) => found.push(Err(refusal)),
        None => {}
    }
    let v1 = in_body_v1.map(|required| required.accepts).unwrap_or_default();
    found.extend(v1.into_iter().map(|option| {
        let terms = ExactTerms::from_v1(&option).map_err(TransferOffer::refuse)?;
        Ok(offer(Way::X402V1(option), terms, named))
    }));
    found
}

fn of_v2(
    required: PaymentRequired,
    option: PaymentRequirements,
    named: &[KnownToken],
) -> Result<Offer, NoOffer> {
    let terms = ExactTerms::from_v2(&option).map_err(TransferOffer::refuse)?;
    // In any other flow the money moves, or is held, before the request is served.
    let flow = option.extra_text("paymentFlow").unwrap_or("authorization");
    if !["authorization", "upfront"].contains(&flow) {
        return Err(TransferOffer::refuse("its payment flow is not one that is known here"));
    }
    Ok(offer(Way::X402V2 { required, option }, terms, named))
}

fn offer(way: Way, terms: ExactTerms, named: &[KnownToken]) -> Offer {
    let token = terms.domain.id;
    Offer::Transfer(Box::new(TransferOffer {
        way,
        terms: TransferTerms {
            token,
            known: find_token(token, named),
            domain: Some(terms.domain),
            pay_to: terms.pay_to,
            amount: terms.amount,
            expires_at: None,
            validity_s: terms.max_timeout_s.min(VALIDITY_MAX_S),
        },
    }))
}
