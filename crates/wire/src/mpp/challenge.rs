//! One challenge: what a seller asks for, as its header carries it.

use super::{
    Opaque, OpaqueError, PARAMETER_LEN_MAX, PAYMENT_AUTHORIZATION, REQUEST_LEN_MAX,
    jcs::{self, JsonError},
    timestamp::parse_timestamp,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// A challenge with its parameters exactly as they were sent, so that an answer can repeat them
/// byte by byte: the seller's signature is over these texts. Untrusted until
/// [`ChallengeSecrets::verify`](super::ChallengeSecrets::verify) has recognised it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Names this challenge; the seller binds it to everything below but the description.
    pub id: String,
    /// The protection space, by convention the host name.
    pub realm: String,
    /// The payment method, such as `lightning`.
    pub method: String,
    /// What kind of payment, such as `charge`.
    pub intent: String,
    /// Base64url of a JSON object of the method's own form; see [`super::methods`].
    pub request: String,
    /// Until when it can be paid, as sent; read it with [`Challenge::expires_at`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// For people only, not signed: never a reason to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The digest of the request body that it was made for; see [`super::digest`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The seller's own data, base64url; see [`Opaque`].
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "super::opaque::deserialize_echo"
    )]
    pub opaque: Option<String>,
    /// The header that the credential has to come in, as sent; read it with
    /// [`Challenge::credential_header`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
}

/// The header that a credential comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CredentialHeader {
    /// `Authorization`
    #[default]
    Authorization,
    /// `Payment-Authorization`, for routes where `Authorization` carries something else.
    PaymentAuthorization,
}

/// What a seller decides about a challenge; the id follows from it.
#[derive(Clone, Debug)]
pub struct ChallengeTerms {
    /// The protection space: printable ASCII without `|`.
    pub realm: String,
    /// The payment method.
    pub method: String,
    /// What kind of payment.
    pub intent: String,
    /// The method's request, encoded by one of [`super::methods`].
    pub request: String,
    /// Seconds since 1970. Never after what has to be paid expires itself.
    pub expires_at: u64,
    /// For people: printable ASCII.
    pub description: Option<String>,
    /// The digest of the request body, where the price depends on it.
    pub digest: Option<String>,
    /// Nonce and route: what makes the challenge unique and ties it to its place. Left out where it
    /// is empty: some clients send back only the parameters that every challenge has.
    pub opaque: Opaque,
    /// Where the credential has to come.
    pub header: CredentialHeader,
}

/// A challenge that can be neither answered nor sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeError {
    /// The header is not a list of authentication challenges.
    #[error("the header is not well formed: {0}")]
    Syntax(String),
    /// A parameter that every challenge has is missing or empty.
    #[error("the parameter '{0}' is missing or empty")]
    Missing(&'static str),
    /// A parameter comes twice, so that it is open which of the two was signed.
    #[error("the parameter '{0}' comes twice")]
    Duplicate(String),
    /// Longer than [`REQUEST_LEN_MAX`] or [`PARAMETER_LEN_MAX`].
    #[error("the parameter '{0}' is too long")]
    TooLong(&'static str),
    /// Lower-case letters first, then also digits and `:_-`.
    #[error("'{0}' is no name of a payment method, which is lower case")]
    Method(String),
    /// Letters, digits, `-` and `_`.
    #[error("'{0}' is no name of an intent")]
    Intent(String),
    /// Not base64url of a JSON object.
    #[error("the request cannot be read: {0}")]
    Request(JsonError),
    /// Neither RFC 3339 nor seconds since 1970.
    #[error("'{0}' is no time of expiry")]
    Expires(String),
    /// Neither `Authorization` nor `Payment-Authorization`.
    #[error("a credential cannot be sent in '{0}'")]
    Header(String),
    /// A character that would make two challenges look alike, or break the header.
    #[error("the parameter '{0}' contains a character that is not allowed in it")]
    Character(&'static str),
    /// The seller's own data cannot be written.
    #[error("{0}")]
    Opaque(#[from] OpaqueError),
}

impl Challenge {
    /// Until when it can be paid, in seconds since 1970. `None` when it does not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<u64> {
        self.expires.as_deref().and_then(parse_timestamp)
    }

    /// Whether it can no longer be paid. A time that cannot be read has passed.
    #[must_use]
    pub fn is_expired(&self, now_s: u64, tolerance_s: u64) -> bool {
        let Some(expires) = &self.expires else {
            return false;
        };
        parse_timestamp(expires).is_none_or(|expires| expires.saturating_add(tolerance_s) <= now_s)
    }

    /// Where the credential has to be sent.
    #[must_use]
    pub fn credential_header(&self) -> CredentialHeader {
        match &self.header {
            Some(name) if name.eq_ignore_ascii_case(PAYMENT_AUTHORIZATION) => {
                CredentialHeader::PaymentAuthorization
            }
            _ => CredentialHeader::Authorization,
        }
    }

    /// The request, read as one of the types in [`super::methods`] or as any JSON.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn request_as<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        if self.request.len() > REQUEST_LEN_MAX {
            return Err(JsonError::TooLong);
        }
        jcs::decode(&self.request)
    }

    /// The seller's own data; empty when there is none.
    ///
    /// # Errors
    /// When it is not a flat object of texts.
    pub fn opaque_data(&self) -> Result<Opaque, OpaqueError> {
        self.opaque.as_deref().map_or_else(|| Ok(Opaque::default()), Opaque::decode)
    }

    /// Checks what every reader relies on, with the leniency that a buyer needs.
    pub(super) fn check(&self) -> Result<(), ChallengeError> {
        self.check_lengths()?;
        if !is_method(&self.method) {
            return Err(ChallengeError::Method(self.method.clone()));
        }
        if !is_intent(&self.intent) {
            return Err(ChallengeError::Intent(self.intent.clone()));
        }
        let request: Result<Map<String, Value>, JsonError> = self.request_as();
        request.map_err(ChallengeError::Request)?;
        match &self.expires {
            Some(expires) if parse_timestamp(expires).is_none() => {
                Err(ChallengeError::Expires(expires.clone()))
            }
            _ => self.check_header(),
        }
    }

    fn check_lengths(&self) -> Result<(), ChallengeError> {
        for (name, value) in self.parameters() {
            let len_max = if name == "request" { REQUEST_LEN_MAX } else { PARAMETER_LEN_MAX };
            match value {
                Some(value) if value.len() > len_max => return Err(ChallengeError::TooLong(name)),
                Some("") if matches!(name, "id" | "realm" | "method" | "intent" | "request") => {
                    return Err(ChallengeError::Missing(name));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_header(&self) -> Result<(), ChallengeError> {
        match self.header.as_deref() {
            Some(name) if !name.eq_ignore_ascii_case(PAYMENT_AUTHORIZATION) => {
                Err(ChallengeError::Header(name.to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// All parameters in the order in which they are written.
    pub(super) fn parameters(&self) -> [(&'static str, Option<&str>); 10] {
        [
            ("id", Some(&self.id)),
            ("realm", Some(&self.realm)),
            ("method", Some(&self.method)),
            ("intent", Some(&self.intent)),
            ("request", Some(&self.request)),
            ("expires", self.expires.as_deref()),
            ("description", self.description.as_deref()),
            ("digest", self.digest.as_deref()),
            ("header", self.header.as_deref()),
            ("opaque", self.opaque.as_deref()),
        ]
    }
}

/// The draft says letters only; the implementations also take what follows here.
fn is_method(name: &str) -> bool {
    let more =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b":_-".contains(&byte);
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(more)
}

fn is_intent(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
