//! Where in an answer the challenge stands.

use super::{
    ProbeAnswer,
    fault::{Fault, FaultCode, Severity},
};
use crate::x402::{
    BODY_LEN_MAX, JsonError, PAYMENT_REQUIRED, WireError, decode_header, parse_json_object,
};
use serde_json::{Map, Value};

/// Names that some sellers give the header.
const OTHER_NAMES: [&str; 2] = ["x-payment-required", "x402-payment-required"];

/// Where a challenge stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The header `PAYMENT-REQUIRED`.
    Header,
    /// A header of another name, which buyers do not read.
    OtherHeader,
    /// The body.
    Body,
}

pub(super) struct Located {
    pub(super) source: Source,
    pub(super) object: Map<String, Value>,
}

/// The header first, then other headers, then the body. What could not be read is said; it is an
/// error only when nothing else could be read either.
pub(super) fn locate(answer: &ProbeAnswer<'_>) -> (Option<Located>, Vec<Fault>) {
    let mut faults = Vec::new();
    let named = |wanted: &[&str]| {
        let mut headers = answer.headers.iter();
        let found = headers.find(|(name, _)| wanted.iter().any(|n| name.eq_ignore_ascii_case(n)));
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty() && *value != "null")
    };
    let sources =
        [(Source::Header, named(&[PAYMENT_REQUIRED])), (Source::OtherHeader, named(&OTHER_NAMES))];
    for (source, value) in sources {
        let Some(value) = value else { continue };
        match decode_header(value) {
            Ok(object) if object.is_empty() => {}
            Ok(object) => return (Some(Located { source, object }), faults),
            Err(fault) => faults.push(Fault::new(code_of(&fault), Severity::Error)),
        }
    }
    match from_body(answer) {
        Ok(Some(object)) => {
            for fault in &mut faults {
                fault.severity = Severity::Warning;
            }
            return (Some(Located { source: Source::Body, object }), faults);
        }
        Ok(None) => {}
        Err(code) => faults.push(Fault::new(code, Severity::Error)),
    }
    if faults.is_empty() {
        faults.push(Fault::new(FaultCode::ChallengeMissing, Severity::Error));
    }
    (None, faults)
}

/// A body is a challenge when it has the version and the ways to pay, or at least one of the two
/// or a payee, unless a header says that it is another protocol's.
fn from_body(answer: &ProbeAnswer<'_>) -> Result<Option<Map<String, Value>>, FaultCode> {
    let object = match parse_json_object(answer.body, BODY_LEN_MAX) {
        Ok(object) => object,
        Err(_) if !mentions_x402(answer.body) => return Ok(None),
        Err(JsonError::TooLong) => return Err(FaultCode::BodyTooLarge),
        Err(JsonError::TooDeep) => return Err(FaultCode::JsonTooDeep),
        Err(JsonError::DuplicateKey) => return Err(FaultCode::DuplicateJsonKey),
        Err(JsonError::StringTooLong) => return Err(FaultCode::StringTooLong),
        Err(JsonError::NotJson | JsonError::NotObject) => return Ok(None),
    };
    let has = |name: &str| object.contains_key(name);
    let is_whole = has("x402Version") && has("accepts");
    let is_part = (has("x402Version") || has("payTo")) && !is_of_another_protocol(answer);
    Ok((is_whole || is_part).then_some(object))
}

/// Whether a body that cannot be read was meant as a challenge.
fn mentions_x402(body: &[u8]) -> bool {
    let start = body.get(..BODY_LEN_MAX).unwrap_or(body);
    let word = b"x402Version";
    start.windows(word.len()).any(|window| window == word)
}

fn is_of_another_protocol(answer: &ProbeAnswer<'_>) -> bool {
    answer.headers.iter().any(|(name, value)| {
        let scheme = value.split_ascii_whitespace().next().unwrap_or_default();
        name.eq_ignore_ascii_case("www-authenticate")
            && ["payment", "l402", "lsat"].iter().any(|other| scheme.eq_ignore_ascii_case(other))
    })
}

const fn code_of(fault: &WireError) -> FaultCode {
    match fault {
        WireError::TooLong | WireError::Json(JsonError::TooLong) => FaultCode::HeaderTooLarge,
        WireError::NotBase64 => FaultCode::HeaderNotBase64,
        WireError::Json(JsonError::TooDeep) => FaultCode::JsonTooDeep,
        WireError::Json(JsonError::DuplicateKey) => FaultCode::DuplicateJsonKey,
        WireError::Json(JsonError::StringTooLong) => FaultCode::StringTooLong,
        WireError::Json(JsonError::NotObject) => FaultCode::ChallengeMissing,
        WireError::Json(JsonError::NotJson) | WireError::Version | WireError::Field(_) => {
            FaultCode::HeaderNotJson
        }
    }
}
