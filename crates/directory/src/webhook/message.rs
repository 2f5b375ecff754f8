//! What is sent to a webhook.

use super::secret::WebhookSecret;
use crate::ListingEvent;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Bytes of a body at most; of an event that needs more, only the listing's id is told.
const BODY_LEN_MAX: usize = 32 * 1_024;

/// The body that tells of an event: the same bytes each time it is sent.
#[must_use]
pub fn event_body(event: &ListingEvent) -> String {
    let data: Value = serde_json::from_str(&event.body).unwrap_or_default();
    let whole = body(event, &data);
    if whole.len() <= BODY_LEN_MAX {
        return whole;
    }
    body(event, &json!({ "id": event.listing_id }))
}

fn body(event: &ListingEvent, data: &Value) -> String {
    let kind = event.kind.name();
    json!({ "type": kind, "event": kind, "timestamp": event.at, "seq": event.seq, "data": data })
        .to_string()
}

/// The body that asks whether a receiver wants to be a webhook. The answer has the challenge in
/// another place than the question, so that a server which answers everybody with what they sent
/// does not become one.
#[must_use]
pub fn challenge_body(webhook_id: &str, challenge: &str, now: Timestamp) -> String {
    let data = json!({ "webhook_id": webhook_id, "challenge": challenge });
    json!({ "type": "webhook.verify", "event": "webhook.verify", "timestamp": now, "data": data })
        .to_string()
}

/// Whether an answer has the challenge: as its text, or as a JSON object's `challenge`.
#[must_use]
pub fn answers_challenge(answer: &[u8], challenge: &str) -> bool {
    let Ok(text) = std::str::from_utf8(answer) else { return false };
    let object: Option<Value> = serde_json::from_str(text).ok();
    let field = object.as_ref().and_then(|object| object.get("challenge")?.as_str());
    text.trim() == challenge || field == Some(challenge)
}

/// The headers of a message, with both signatures. `None` when one cannot be written.
#[must_use]
pub fn headers(
    secret: &WebhookSecret,
    message_id: &str,
    kind: &str,
    body: &str,
    now: Timestamp,
) -> Option<HeaderMap> {
    let timestamp = now.as_second();
    let body = body.as_bytes();
    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).ok()?;
        headers.insert(HeaderName::from_static(name), value);
        Some(())
    };
    put("webhook-id", message_id)?;
    put("webhook-timestamp", &timestamp.to_string())?;
    put("webhook-signature", &secret.standard_signature(message_id, timestamp, body))?;
    put("x-402index-signature", &secret.body_signature(body))?;
    put("x-402index-event", kind)?;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Some(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventKind, Protocol};

    fn event(body: String) -> ListingEvent {
        ListingEvent {
            seq: 7,
            listing_id: "abc".to_owned(),
            kind: EventKind::Down,
            protocol: Protocol::L402,
            is_bulk: false,
            body,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_body_has_a_bound() {
        let small: Value =
            serde_json::from_str(&event_body(&event(r#"{"id":"abc","name":"x"}"#.to_owned())))
                .unwrap();
        assert_eq!(small["type"], "service.down");
        assert_eq!(small["timestamp"], "1970-01-01T00:00:00Z");
        assert_eq!(small["data"]["name"], "x");
        let large = json!({ "name": "x".repeat(BODY_LEN_MAX) }).to_string();
        let large: Value = serde_json::from_str(&event_body(&event(large))).unwrap();
        assert_eq!(large["data"], json!({ "id": "abc" }));
    }

    #[test]
    fn an_echo_does_not_answer_a_challenge() {
        let body = challenge_body("wh_1", "c0ffee", Timestamp::UNIX_EPOCH);
        assert!(!answers_challenge(body.as_bytes(), "c0ffee"));
        assert!(answers_challenge(b"c0ffee\n", "c0ffee"));
        assert!(answers_challenge(br#"{"challenge":"c0ffee"}"#, "c0ffee"));
        for other in [&b""[..], b"ok", b"c0ffe", br#"{"data":{"challenge":"c0ffee"}}"#, b"\xff"] {
            assert!(!answers_challenge(other, "c0ffee"));
        }
    }
}
