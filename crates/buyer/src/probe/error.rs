//! A probe that got no answer.

use crate::transport::reason;
use farebox_net::GuardError;
use http::HeaderName;
use std::error::Error;

/// Why there is no answer to judge.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// The request carries something that could pay or log in.
    #[error("a probe sends no credentials, and the header {0} can carry one")]
    Credential(HeaderName),
    /// The name of the host leads nowhere.
    #[error("{place} cannot be found: {reason}")]
    Dns {
        /// Where.
        place: String,
        /// As the system says it.
        reason: String,
    },
    /// The certificate or the handshake is not right.
    #[error("{place} has no valid TLS: {reason}")]
    Tls {
        /// Where.
        place: String,
        /// As the TLS library says it.
        reason: String,
    },
    /// Nobody listens, or the way is closed.
    #[error("{place} cannot be reached: {reason}")]
    Connect {
        /// Where.
        place: String,
        /// As the system says it.
        reason: String,
    },
    /// No whole answer in time.
    #[error("{place} did not answer in time")]
    Timeout {
        /// Where.
        place: String,
    },
    /// What came is not HTTP, or breaks off.
    #[error("{place} does not answer in HTTP: {reason}")]
    Answer {
        /// Where.
        place: String,
        /// As the HTTP library says it.
        reason: String,
    },
    /// The address is not one that outsiders may have asked, so that nothing was sent.
    #[error(transparent)]
    Refused(GuardError),
}

impl From<GuardError> for ProbeError {
    fn from(error: GuardError) -> Self {
        match error {
            GuardError::Dns { place, reason } => Self::Dns { place, reason },
            GuardError::Tls { place, reason } => Self::Tls { place, reason },
            GuardError::Connect { place, reason } => Self::Connect { place, reason },
            GuardError::Timeout { place } => Self::Timeout { place },
            GuardError::Answer { place, reason } => Self::Answer { place, reason },
            GuardError::HeadersTooLong { place, limit } => {
                Self::Answer { place, reason: format!("more than {limit} bytes of header lines") }
            }
            refused => Self::Refused(refused),
        }
    }
}

impl ProbeError {
    /// Tells failures apart by what they are made of.
    pub(super) fn of(place: &str, error: &reqwest::Error) -> Self {
        let place = place.to_owned();
        let reason = reason(error);
        if error.is_timeout() {
            return Self::Timeout { place };
        }
        let chain = chain(error);
        let says = |words: &[&str]| words.iter().any(|word| chain.contains(word));
        if says(&["dns error", "failed to lookup", "name or service not known"]) {
            return Self::Dns { place, reason };
        }
        if says(&["certificate", "tls", "handshake", "corruptmessage", "invalidcontenttype"]) {
            return Self::Tls { place, reason };
        }
        if error.is_connect() {
            return Self::Connect { place, reason };
        }
        Self::Answer { place, reason }
    }

    /// The stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Credential(_) => "credential_in_probe",
            Self::Dns { .. } => "dns_failure",
            Self::Tls { .. } => "tls_invalid",
            Self::Connect { .. } => "connect_failed",
            Self::Timeout { .. } => "timeout",
            Self::Answer { .. } => "answer_malformed",
            Self::Refused(refused) => refused.code(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Credential(_) => "leave it out; farebox get sends credentials",
            Self::Dns { .. } => "check the name; sellers: check the domain's DNS records",
            Self::Tls { .. } => {
                "sellers: renew the certificate, for this name and with its whole chain"
            }
            Self::Connect { .. } => "check host and port; sellers: check that the server runs",
            Self::Timeout { .. } => "try again; sellers: answer 402 without waiting for anything",
            Self::Answer { .. } => "check that an HTTP server listens at this port",
            Self::Refused(refused) => refused.hint(),
        }
    }

    /// What programs compare: the same as for a get.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Credential(_) => 2,
            _ => 4,
        }
    }

    /// One of each that the person at this machine can meet, for lists of them.
    #[must_use]
    pub fn examples() -> Vec<Self> {
        let (place, reason) = (String::new(), String::new());
        vec![
            Self::Credential(http::header::AUTHORIZATION),
            Self::Dns { place: place.clone(), reason: reason.clone() },
            Self::Tls { place: place.clone(), reason: reason.clone() },
            Self::Connect { place: place.clone(), reason: reason.clone() },
            Self::Timeout { place: place.clone() },
            Self::Answer { place, reason },
        ]
    }
}

/// Every reason of a failure in lower case, the outermost first; without its address, whose words
/// say nothing about what went wrong.
fn chain(error: &reqwest::Error) -> String {
    let mut texts = Vec::new();
    let mut next = error.source();
    while let Some(source) = next {
        texts.push(source.to_string().to_ascii_lowercase());
        next = source.source();
    }
    texts.join(": ")
}
