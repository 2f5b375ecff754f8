//! What programs get: the seller's answer with what was paid for it, or why there is none.

use super::hops::remove_hop_by_hop;
use super::refused::Refused;
use super::target::Form;
use super::track::{Known, Paid};
use super::wishes::OWN_PREFIX;
use crate::commands::problem::Problem;
use bytes::Bytes;
use farebox_buyer::{BuyError, Charge, Mode};
use http::header::{
    ALT_SVC, CACHE_CONTROL, CONTENT_LOCATION, CONTENT_TYPE, LOCATION, PROXY_AUTHENTICATE,
    SET_COOKIE, STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

const ERROR: HeaderName = HeaderName::from_static("x-farebox-error");
const PAYMENT_REQUIRED: HeaderName = HeaderName::from_static("payment-required");

/// The head of an answer, and its body where the proxy wrote it.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// `None` for the seller's body, which follows.
    pub(super) body: Option<Bytes>,
}

/// The seller's head as it is passed on; `None` before there is one.
pub(super) fn head(known: &Known, form: Form, mode: Mode) -> Option<Head> {
    let (status, mut headers) = known.head.clone()?;
    remove_hop_by_hop(&mut headers);
    let of_ours = headers.keys().filter(|name| name.as_str().starts_with(OWN_PREFIX));
    // What a seller says under our name is not said.
    for name in of_ours.cloned().collect::<Vec<_>>() {
        headers.remove(name);
    }
    if form == Form::Url {
        make_at_home(&mut headers, known);
    }
    if let Some(paid) = &known.paid {
        tell_payment(&mut headers, paid);
    } else if status == StatusCode::PAYMENT_REQUIRED {
        let why = if mode == Mode::NoPay { "not_paid" } else { "no_usable_challenge" };
        headers.insert(ERROR, HeaderValue::from_static(why));
    }
    Some(Head { status, headers, body: None })
}

/// All sellers have the proxy's address here, so what is meant for one of them alone is left out,
/// and what is relative to its address is told in full.
fn make_at_home(headers: &mut HeaderMap, known: &Known) {
    for name in [SET_COOKIE, ALT_SVC, STRICT_TRANSPORT_SECURITY] {
        headers.remove(name);
    }
    for name in [LOCATION, CONTENT_LOCATION] {
        let Some(value) = headers.get(&name) else { continue };
        let text = String::from_utf8_lossy(value.as_bytes());
        let full = known.url.as_ref().and_then(|url| url.join(&text).ok());
        match full.and_then(|url| HeaderValue::try_from(url.as_str()).ok()) {
            Some(full) => headers.insert(name, full),
            None => headers.remove(name),
        };
    }
}

/// Says what was paid.
fn tell_payment(headers: &mut HeaderMap, paid: &Paid) {
    let mut tell = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    match &paid.charge {
        Charge::Lightning(amount) => {
            tell("x-farebox-paid-sats", amount.to_sats_ceil().get().to_string());
            tell("x-farebox-fee-sats", paid.fee.to_sats_ceil().get().to_string());
        }
        Charge::Token { worth: Some(worth), .. } => tell("x-farebox-paid-usd", worth.to_string()),
        Charge::Token { worth: None, .. } => {}
    }
    tell("x-farebox-asset", paid.charge.asset().to_owned());
    tell("x-farebox-amount", paid.charge.units().to_string());
    tell("x-farebox-payment-id", paid.payment.key());
    if let Some(transaction) = &paid.transaction {
        tell("x-farebox-transaction", transaction.clone());
    }
    if paid.resumed {
        tell("x-farebox-resumed", "1".to_owned());
    }
}

/// The answer to a request that the proxy does not send.
pub(super) fn refusal(refused: Refused) -> Head {
    let problem = Problem::new(refused.code, refused.message, 2);
    let mut head = error_head(refused.status, &problem, Map::new());
    if refused.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        let basic = HeaderValue::from_static("Basic realm=\"farebox proxy\"");
        head.headers.insert(PROXY_AUTHENTICATE, basic);
    }
    if refused.status == StatusCode::METHOD_NOT_ALLOWED {
        let methods = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        head.headers.insert(http::header::ALLOW, methods);
    }
    head
}

/// The answer where something of this machine failed before anything was sent.
pub(super) fn failure(problem: &Problem) -> Head {
    error_head(StatusCode::INTERNAL_SERVER_ERROR, problem, Map::new())
}

/// The answer in place of the seller's.
pub(super) fn error(error: BuyError, known: &Known) -> Head {
    let status = status_of(&error);
    let hint = hint_of(&error);
    let problem = Problem::from(error).with_hint(hint);
    if status != StatusCode::PAYMENT_REQUIRED {
        let mut head = error_head(status, &problem, Map::new());
        if let Some(paid) = &known.paid {
            tell_payment(&mut head.headers, paid);
        }
        return head;
    }
    // The fields of a 402 that is JSON stay, with ours beside them: x402 asks in the body.
    let asked = serde_json::from_slice(&known.asked).unwrap_or_default();
    let mut head = error_head(status, &problem, asked);
    if let Some(challenge) = &known.challenge {
        for name in [WWW_AUTHENTICATE, PAYMENT_REQUIRED] {
            for value in challenge.get_all(&name) {
                head.headers.append(name.clone(), value.clone());
            }
        }
    }
    head
}

fn error_head(status: StatusCode, problem: &Problem, mut object: Map<String, Value>) -> Head {
    let mut error = problem.to_json().get("error").cloned().unwrap_or_default();
    // There is no process to end.
    if let Value::Object(fields) = &mut error {
        fields.remove("exit_code");
    }
    object.insert("error".to_owned(), error);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(ERROR, HeaderValue::from_static(problem.code()));
    Head { status, headers, body: Some(format!("{}\n", Value::Object(object)).into()) }
}

/// 402 says that nothing was paid, and never anything else: whoever gets it may pay elsewhere.
const fn seller_status(status: u16) -> StatusCode {
    match StatusCode::from_u16(status) {
        Ok(seller) if status >= 400 && !matches!(status, 401 | 402 | 407) => seller,
        _ => StatusCode::BAD_GATEWAY,
    }
}

fn status_of(error: &BuyError) -> StatusCode {
    match error {
        BuyError::Request(_) => StatusCode::BAD_REQUEST,
        BuyError::NoUsableChallenge { .. }
        | BuyError::BadOffer(_)
        | BuyError::Refused(_)
        | BuyError::Denied(_)
        | BuyError::ApprovalRequired(_)
        | BuyError::InvoiceInUse(_)
        | BuyError::NoWallet { .. }
        | BuyError::NoKey { .. }
        | BuyError::NotOffered { .. } => StatusCode::PAYMENT_REQUIRED,
        error if error.is_timeout() => StatusCode::GATEWAY_TIMEOUT,
        BuyError::PaymentUnderWay { .. }
        | BuyError::TransferUnderWay { .. }
        | BuyError::TransferUnknown { .. } => StatusCode::GATEWAY_TIMEOUT,
        BuyError::PaidNotDelivered { status, .. }
        | BuyError::TransferNotDelivered { status, .. } => seller_status(*status),
        BuyError::Output { .. }
        | BuyError::TooLong { .. }
        | BuyError::Store(_)
        | BuyError::PaidUnrecorded { .. }
        | BuyError::Lock(_)
        | BuyError::Random(_)
        | BuyError::OtherWallet { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        BuyError::Network { .. }
        | BuyError::Redirect(_)
        | BuyError::Chain(_)
        | BuyError::Wallet(_)
        | BuyError::PaymentFailed { .. }
        | BuyError::FalsePreimage { .. }
        | BuyError::PaidButRefused { .. }
        | BuyError::PaidAnswerLost { .. }
        | BuyError::TransferRefused { .. }
        | BuyError::TransferAnswerLost { .. }
        | BuyError::TransferFailed { .. } => StatusCode::BAD_GATEWAY,
    }
}

fn hint_of(error: &BuyError) -> Option<&'static str> {
    match error {
        BuyError::ApprovalRequired(_) => {
            Some("once a human has approved it, send the same request again")
        }
        BuyError::Refused(_) => Some(
            "the limits are those of the policy, of farebox proxy, and of the request's \
             X-Farebox-Max-Cost-Sats",
        ),
        BuyError::Denied(_) => Some("farebox policy show and farebox budget say what holds"),
        BuyError::NoWallet { .. } => {
            Some("start farebox proxy with --wallet, or name a wallet in FAREBOX_WALLET")
        }
        error if error.paid().is_some() || error.transfer().is_some() => {
            Some("send the same request again: it goes on with this payment and begins no other")
        }
        BuyError::PaymentUnderWay { .. } => Some(
            "send the same request again: it asks the wallet what became of this payment and \
             begins no other",
        ),
        BuyError::OtherWallet { .. } => Some("start farebox proxy with that wallet again"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_buyer::{PaidFacts, Refusal};
    use farebox_money::Msat;
    use farebox_wire::lightning::PaymentHash;

    fn parsed(head: &Head) -> Value {
        serde_json::from_slice(head.body.as_ref().unwrap()).unwrap()
    }

    #[test]
    fn what_a_seller_asks_in_its_body_stays_beside_the_reason() {
        let mut known = Known::default();
        known.asked = r#"{"x402Version":1,"accepts":[{"a":1}],"error":"pay"}"#.into();
        let mut challenge = HeaderMap::new();
        challenge.append(WWW_AUTHENTICATE, HeaderValue::from_static("L402 a"));
        challenge.append(WWW_AUTHENTICATE, HeaderValue::from_static("Payment b"));
        challenge.append(SET_COOKIE, HeaderValue::from_static("a=b"));
        known.challenge = Some(challenge);
        let head = error(Refusal::NoAmount.into(), &known);
        assert_eq!(head.status, StatusCode::PAYMENT_REQUIRED);
        assert_eq!(head.headers.get_all(WWW_AUTHENTICATE).iter().count(), 2);
        assert!(!head.headers.contains_key(SET_COOKIE));
        let body = parsed(&head);
        assert_eq!(body["accepts"][0]["a"], 1);
        assert_eq!(body["error"]["code"], "invoice_refused");
        // What is no JSON object is left out.
        known.asked = "<p>pay</p>".into();
        assert_eq!(parsed(&error(Refusal::NoAmount.into(), &known)).as_object().unwrap().len(), 1);
    }

    #[test]
    fn whatever_a_seller_answers_after_a_payment_no_program_is_told_to_pay() {
        let paid = PaidFacts {
            amount: Msat::new(5_000),
            fee: Msat::ZERO,
            payment_hash: PaymentHash::new([7; 32]),
            paid_at: 0,
        };
        for (status, expected) in
            [(500, 500), (404, 404), (402, 502), (401, 502), (407, 502), (302, 502)]
        {
            let failed = BuyError::PaidNotDelivered { paid, status, said: None };
            let head = error(failed, &Known::default());
            assert_eq!(head.status.as_u16(), expected, "{status}");
            assert!(parsed(&head)["error"]["hint"].as_str().unwrap().contains("same request"));
        }
        let refused = BuyError::PaidButRefused { paid, status: 402, said: None };
        assert_eq!(error(refused, &Known::default()).status, StatusCode::BAD_GATEWAY);
    }
}
