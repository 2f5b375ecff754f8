//! The parameters of a challenge, and the challenges of an answer together.

use super::{CheckedChallenge, Context, FaultCode, Sink, is_lightning};
use crate::http_auth::{Quoting, RawChallenge};
use crate::mpp::{
    PARAMETER_LEN_MAX, PAYMENT_AUTHORIZATION, REQUEST_LEN_MAX, digest, methods::CHARGE,
    opaque::Opaque, parse_timestamp,
};

/// A challenge that is good for less is worth a word.
const EXPIRY_MIN_S: u64 = 30;

/// The parameters that every challenge has, and what to say when they are missing.
const REQUIRED: [(&str, FaultCode); 5] = [
    ("id", FaultCode::IdMissing),
    ("realm", FaultCode::RealmMissing),
    ("method", FaultCode::MethodMissing),
    ("intent", FaultCode::IntentMissing),
    ("request", FaultCode::RequestMissing),
];

/// One challenge whose form was looked at.
pub(super) struct Parameters<'a> {
    raw: &'a RawChallenge,
}

fn starts_with_l402(line: &[u8]) -> bool {
    let scheme = line.trim_ascii_start().split(|byte| *byte == b' ').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"L402")
}

impl<'a> Parameters<'a> {
    /// Looks at the form of a challenge, which is from `line`.
    pub(super) fn read(raw: &'a RawChallenge, line: &[u8], sink: &mut Sink) -> Self {
        sink.add_if(line.iter().any(|byte| matches!(byte, b'\r' | b'\n')), FaultCode::FoldedLine);
        let is_open = raw.params.iter().any(|param| param.quoting == Quoting::Unclosed);
        sink.add_if(is_open || has_empty_name(line), FaultCode::HeaderSyntax);
        // A server that sells by L402 too sends both in one line for the sake of scripts.
        sink.add_if(raw.place > 0 && !starts_with_l402(line), FaultCode::ChallengeJoined);
        if let Some(twice) = raw.params.iter().find(|param| raw.values(&param.name).count() > 1) {
            sink.add_found(FaultCode::DuplicateParameter, &twice.name);
        }
        for (name, code) in REQUIRED {
            sink.add_if(raw.value(name).is_none_or(str::is_empty), code);
        }
        let parameters = Self { raw };
        parameters.check_texts(line, sink);
        parameters
    }

    /// A parameter that is there and not empty.
    pub(super) fn value(&self, name: &'a str) -> Option<&'a str> {
        self.raw.value(name).filter(|value| !value.is_empty())
    }

    fn check_texts(&self, line: &[u8], sink: &mut Sink) {
        let has_escape = line.windows(2).any(|pair| matches!(pair, [b'\\', b'u' | b'U']));
        for param in &self.raw.params {
            let name = param.name.to_ascii_lowercase();
            if name == "request" {
                sink.add_if(param.value.len() > REQUEST_LEN_MAX, FaultCode::RequestTooLong);
            } else if param.value.len() > PARAMETER_LEN_MAX {
                sink.add_found(FaultCode::ParameterTooLong, &name);
            }
            let is_plain = param.value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            let is_signed = name != "description";
            let is_split = is_signed && name != "request" && param.value.contains('|');
            let is_escaped = name == "realm" && has_escape;
            if is_signed && (!is_plain || is_split || is_escaped) {
                sink.add_found(FaultCode::Character, &name);
            }
        }
    }

    /// Looks at everything that a challenge says.
    pub(super) fn examine(&self, context: &Context<'_>, sink: &mut Sink) -> CheckedChallenge {
        let mut found = CheckedChallenge {
            method: self.value("method").unwrap_or_default().to_owned(),
            intent: self.value("intent").unwrap_or_default().to_owned(),
            ..CheckedChallenge::default()
        };
        self.check_names(context, sink);
        found.expires_at = self.check_expires(context.now, sink);
        self.check_digest(context.answer.request_body, sink);
        if let Some(opaque) = self.value("opaque") {
            sink.add_if(Opaque::decode(opaque).is_err(), FaultCode::OpaqueInvalid);
        }
        if let Some(name) = self.value("header") {
            let is_known = [PAYMENT_AUTHORIZATION, "Authorization"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known));
            sink.add_if(!is_known, FaultCode::HeaderUnsupported);
        }
        if let Some(request) = self.value("request").filter(|own| own.len() <= REQUEST_LEN_MAX) {
            super::request::examine(request, &mut found, context, sink);
        }
        found
    }

    fn check_names(&self, context: &Context<'_>, sink: &mut Sink) {
        if let (Some(realm), Some(host)) = (self.value("realm"), context.answer.host) {
            let name = realm.rsplit_once(':').map_or(realm, |(name, _)| name);
            if !name.eq_ignore_ascii_case(host) && !realm.eq_ignore_ascii_case(host) {
                sink.add_found(FaultCode::RealmDiffers, realm);
            }
        }
        if let Some(method) = self.value("method") {
            let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            if method.bytes().any(|byte| byte.is_ascii_uppercase()) {
                sink.add_found(FaultCode::MethodCase, method);
            } else if !method.bytes().all(|byte| is_part(byte) || b":_-".contains(&byte)) {
                sink.add_found(FaultCode::MethodInvalid, method);
            }
        }
        match self.value("intent") {
            Some("session") => sink.add(FaultCode::IntentSession),
            Some("subscription") => sink.add(FaultCode::IntentSubscription),
            Some(intent) if intent != CHARGE => {
                sink.add_found(FaultCode::IntentUnknown, intent);
            }
            _ => {}
        }
    }

    fn check_expires(&self, now: u64, sink: &mut Sink) -> Option<u64> {
        let Some(text) = self.value("expires") else {
            sink.add(FaultCode::ExpiresMissing);
            return None;
        };
        let Some(expires_at) = parse_timestamp(text) else {
            sink.add_found(FaultCode::ExpiresInvalid, text);
            return None;
        };
        sink.add_if(text.bytes().all(|byte| byte.is_ascii_digit()), FaultCode::ExpiresUnix);
        match expires_at.saturating_sub(now) {
            0 => sink.add_found(FaultCode::ChallengeExpired, text),
            1..EXPIRY_MIN_S => sink.add(FaultCode::ExpiresSoon),
            _ => {}
        }
        Some(expires_at)
    }

    fn check_digest(&self, body: &[u8], sink: &mut Sink) {
        let Some(text) = self.value("digest") else {
            sink.add_if(!body.is_empty(), FaultCode::DigestMissing);
            return;
        };
        let inner = text.strip_prefix("sha-256=:").and_then(|inner| inner.strip_suffix(':'));
        sink.add_if(inner.is_none(), FaultCode::DigestForm);
        sink.add_if(!digest::matches_content(text, body), FaultCode::DigestMismatch);
    }
}

/// Whether a line has a value without a name: `, ="x"`.
fn has_empty_name(line: &[u8]) -> bool {
    let (mut in_quotes, mut is_escaped, mut last) = (false, false, b',');
    for byte in line {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_quotes => is_escaped = true,
            b'"' => in_quotes = !in_quotes,
            b'=' if !in_quotes && last == b',' => return true,
            _ => {}
        }
        if !in_quotes && !byte.is_ascii_whitespace() {
            last = *byte;
        }
    }
    false
}

/// What is wrong with several challenges together.
pub(super) fn check_together(
    raw: &[RawChallenge],
    challenges: &[CheckedChallenge],
    sink: &mut Sink,
) {
    if raw.len() < 2 {
        return;
    }
    sink.add(FaultCode::SeveralChallenges);
    let is_behind = challenges.iter().skip(1).any(is_lightning)
        && !challenges.first().is_some_and(is_lightning);
    sink.add_if(is_behind, FaultCode::LightningNotFirst);
    let mut ids: Vec<_> = raw.iter().filter_map(|challenge| challenge.value("id")).collect();
    ids.sort_unstable();
    let is_shared = ids.windows(2).any(|pair| matches!(pair, [one, other] if one == other));
    sink.add_if(is_shared, FaultCode::IdShared);
}
