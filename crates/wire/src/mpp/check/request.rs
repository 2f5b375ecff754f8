//! The request of a challenge: its encoding, and the fields that several methods have.

use super::{CheckedChallenge, Context, FaultCode, Sink, methods};
use crate::evm::{AmountError, U256, is_evm_address, parse_amount};
use crate::mpp::{
    base64url,
    jcs::{self, JsonError},
};
use serde_json::{Map, Value};

/// Looks at a request; what it says goes into `found`.
pub(super) fn examine(
    request: &str,
    found: &mut CheckedChallenge,
    context: &Context<'_>,
    sink: &mut Sink,
) {
    let Some(fields) = read(request, sink) else { return };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    found.currency = text("currency");
    found.recipient = text("recipient");
    let mut request = Request { text: request, fields: &fields, found, context, sink };
    methods::examine(&mut request);
}

fn read(request: &str, sink: &mut Sink) -> Option<Map<String, Value>> {
    sink.add_if(request.ends_with('='), FaultCode::RequestPadded);
    let value: Value = match jcs::decode(request) {
        Ok(value) => value,
        Err(error) => {
            sink.add(match error {
                JsonError::NotBase64Url => FaultCode::RequestNotBase64,
                JsonError::TooDeep => FaultCode::RequestTooDeep,
                JsonError::TooLong | JsonError::Invalid(_) => FaultCode::RequestNotJson,
            });
            return None;
        }
    };
    // A key that comes twice is not there in what is written anew.
    let canonical = jcs::to_string(&value).ok();
    let bytes = base64url::decode(request).ok();
    let is_canonical =
        canonical.is_some_and(|text| bytes.is_some_and(|own| own == text.as_bytes()));
    sink.add_if(!is_canonical, FaultCode::RequestNotCanonical);
    let Value::Object(fields) = value else {
        sink.add(FaultCode::RequestNotObject);
        return None;
    };
    Some(fields)
}

/// A request under examination.
pub(super) struct Request<'a> {
    /// As it was sent.
    pub(super) text: &'a str,
    pub(super) fields: &'a Map<String, Value>,
    pub(super) found: &'a mut CheckedChallenge,
    pub(super) context: &'a Context<'a>,
    pub(super) sink: &'a mut Sink,
}

impl Request<'_> {
    /// A field of `methodDetails`.
    pub(super) fn detail(&self, name: &str) -> Option<&Value> {
        self.fields.get("methodDetails")?.get(name)
    }

    /// Reads the amount; one that cannot be is a fault. Zero is one of the caller's.
    pub(super) fn amount(&mut self) -> Option<U256> {
        let code = match self.fields.get("amount") {
            None | Some(Value::Null) => FaultCode::AmountMissing,
            Some(Value::String(text)) => match parse_amount(text) {
                Ok(amount) => {
                    self.found.amount = Some(amount);
                    return Some(amount);
                }
                Err(error) => of_amount(&error, text),
            },
            Some(_) => FaultCode::AmountNotString,
        };
        self.sink.add(code);
        None
    }

    /// An amount that has to be above zero.
    pub(super) fn positive_amount(&mut self) {
        let amount = self.amount();
        self.sink.add_if(amount.is_some_and(|amount| amount.is_zero()), FaultCode::AmountZero);
    }

    /// Token and recipient are addresses, and not the same.
    pub(super) fn addresses(&mut self) {
        let (currency, recipient) = (self.found.currency.clone(), self.found.recipient.clone());
        match currency.as_deref() {
            None | Some("") => self.sink.add(FaultCode::CurrencyMissing),
            Some(text) if !is_evm_address(text) => {
                self.sink.add_found(FaultCode::CurrencyInvalid, text);
            }
            Some(_) => {}
        }
        match recipient.as_deref() {
            None | Some("") => self.sink.add(FaultCode::RecipientMissing),
            Some(text) if !is_evm_address(text) => {
                self.sink.add_found(FaultCode::RecipientInvalid, text);
            }
            Some(text) => {
                let digits = text.get(2..).unwrap_or_default();
                self.sink
                    .add_if(digits.bytes().all(|digit| digit == b'0'), FaultCode::RecipientZero);
                let is_token = currency.is_some_and(|token| token.eq_ignore_ascii_case(text));
                self.sink.add_if(is_token, FaultCode::RecipientIsToken);
            }
        }
    }

    /// Money without a price, which is an error only for those who want real money.
    pub(super) fn test_money(&mut self) {
        self.found.is_test_money = true;
        self.sink.add_if(!self.context.accepts_test_money, FaultCode::TestMoney);
    }

    /// What the strict reader says has the last word: nothing is payable that a buyer refuses.
    pub(super) fn strict<T, E: std::fmt::Display>(&mut self, read: Result<T, E>) -> Option<T> {
        match read {
            Ok(charge) => Some(charge),
            Err(error) => {
                if !self.sink.has_error() {
                    self.sink.add_found(FaultCode::RequestInvalid, &error.to_string());
                }
                None
            }
        }
    }
}

fn of_amount(error: &AmountError, text: &str) -> FaultCode {
    let _ = error;
    let is_fraction = text.contains('.') && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if is_fraction { FaultCode::AmountNotWhole } else { FaultCode::AmountInvalid }
}
