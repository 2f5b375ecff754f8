//! Why a payment was not taken, as `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const BASE: &str = "https://paymentauth.org/problems/";

/// The kinds of problem that the protocol names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemType {
    /// Nothing was paid yet.
    PaymentRequired,
    /// Less was paid than asked.
    PaymentInsufficient,
    /// The challenge, or what pays it, has expired.
    PaymentExpired,
    /// The proof of payment is wrong or was used before.
    VerificationFailed,
    /// The credential cannot be read.
    MalformedCredential,
    /// The challenge is not from here, or not for this.
    InvalidChallenge,
    /// The method is not offered.
    MethodUnsupported,
    /// The payload has not the form of its method.
    InvalidPayload,
    /// The payer has to confirm the payment first.
    PaymentActionRequired,
    /// Something else is wrong with the request.
    BadRequest,
    /// The seller could not check the payment: whether it counts is open.
    InternalPaymentError,
    /// `lightning/charge`: the payload is no preimage.
    LightningMalformedCredential,
    /// `lightning/charge`: the challenge is unknown, or was used.
    LightningUnknownChallenge,
    /// `lightning/charge`: the preimage is of another payment.
    LightningInvalidPreimage,
    /// `lightning/charge`: the invoice has expired.
    LightningExpiredInvoice,
}

use ProblemType as P;

const TYPES: [(ProblemType, &str, &str, u16); 15] = [
    (P::PaymentRequired, "payment-required", "Payment required", 402),
    (P::PaymentInsufficient, "payment-insufficient", "Payment insufficient", 402),
    (P::PaymentExpired, "payment-expired", "Payment expired", 402),
    (P::VerificationFailed, "verification-failed", "Payment verification failed", 402),
    (P::MalformedCredential, "malformed-credential", "Malformed credential", 402),
    (P::InvalidChallenge, "invalid-challenge", "Invalid challenge", 402),
    (P::MethodUnsupported, "method-unsupported", "Payment method unsupported", 400),
    (P::InvalidPayload, "invalid-payload", "Invalid payload", 402),
    (P::PaymentActionRequired, "payment-action-required", "Payment action required", 402),
    (P::BadRequest, "bad-request", "Bad request", 400),
    (P::InternalPaymentError, "internal-payment-error", "Internal payment error", 500),
    (
        P::LightningMalformedCredential,
        "lightning/malformed-credential",
        "Malformed credential",
        402,
    ),
    (P::LightningUnknownChallenge, "lightning/unknown-challenge", "Unknown challenge", 402),
    (P::LightningInvalidPreimage, "lightning/invalid-preimage", "Invalid preimage", 402),
    (P::LightningExpiredInvoice, "lightning/expired-invoice", "Expired invoice", 402),
];

impl ProblemType {
    /// The kind that a `type` names; `None` for those of other methods and of later versions.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        let name = uri.strip_prefix(BASE)?;
        TYPES.iter().find(|(_, own, ..)| *own == name).map(|(kind, ..)| *kind)
    }

    /// The `type`.
    #[must_use]
    pub fn uri(self) -> String {
        format!("{BASE}{}", self.row().0)
    }

    /// The `title`.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().1
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(self) -> u16 {
        self.row().2
    }

    fn row(self) -> (&'static str, &'static str, u16) {
        let row = TYPES.iter().find(|(kind, ..)| *kind == self);
        row.map_or(("", "", 500), |(_, name, title, status)| (name, title, *status))
    }
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// See [`ProblemType::from_uri`].
    #[serde(rename = "type")]
    pub type_uri: String,
    /// What kind of problem, for people.
    #[serde(default)]
    pub title: String,
    /// The status of the answer.
    #[serde(default)]
    pub status: u16,
    /// What went wrong this time and what to do next.
    #[serde(default)]
    pub detail: String,
    /// The challenge that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge_id: Option<String>,
    /// Everything else, kept as it came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Problem {
    /// A problem of that kind.
    #[must_use]
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self {
            type_uri: kind.uri(),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: detail.into(),
            challenge_id: None,
            extra: Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_row_and_is_found_by_its_uri() {
        for (kind, name, title, status) in TYPES {
            assert_eq!(kind.uri(), format!("https://paymentauth.org/problems/{name}"));
            assert_eq!(ProblemType::from_uri(&kind.uri()), Some(kind));
            assert_eq!((kind.title(), kind.status()), (title, status));
        }
        assert_eq!(ProblemType::from_uri("https://example.com/payment-required"), None);
        assert_eq!(ProblemType::from_uri("https://paymentauth.org/problems/session/x"), None);
    }

    #[test]
    fn a_problem_is_read_back_with_what_it_does_not_know() {
        let problem = Problem::new(P::PaymentExpired, "Ask again.");
        let json = serde_json::to_value(&problem).unwrap();
        let expected = serde_json::json!({
            "type": "https://paymentauth.org/problems/payment-expired",
            "title": "Payment expired",
            "status": 402,
            "detail": "Ask again.",
        });
        assert_eq!(json, expected);
        let foreign = r#"{"type":"about:blank","hint":"h","challengeId":"c"}"#;
        let read: Problem = serde_json::from_str(foreign).unwrap();
        assert_eq!(
            (read.extra["hint"].as_str(), read.challenge_id.as_deref()),
            (Some("h"), Some("c"))
        );
    }
}
