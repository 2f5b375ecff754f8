//! What a client shows: the challenge that it answers and the proof of payment.

use super::{
    Challenge, ChallengeError, CredentialHeader, ProblemType, SCHEME, base64url,
    credential_header::CREDENTIAL_LEN_MAX,
    jcs::{self, JsonError},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// A credential as it was shown or is to be shown. Its payload can be a secret that proves a
/// payment, so `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// The challenge that it answers, repeated text by text.
    pub challenge: Challenge,
    /// Who pays, where the client says so; see [`PayerSource`](super::PayerSource). A claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The proof, in the form of the payment method; see [`super::methods`].
    pub payload: Value,
}

/// A credential that cannot be read or sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Longer than [`CREDENTIAL_LEN_MAX`].
    #[error("the credential is longer than {CREDENTIAL_LEN_MAX} bytes")]
    TooLong,
    /// Several in one request: it would be open which of them pays.
    #[error("the request carries more than one Payment credential; send one")]
    Several,
    /// Not base64url of the JSON of a credential.
    #[error("the credential cannot be read: {0}")]
    Invalid(JsonError),
    /// The challenge in it is none.
    #[error("the challenge in the credential is not valid: {0}")]
    Challenge(#[from] ChallengeError),
}

impl CredentialError {
    /// What to answer.
    #[must_use]
    pub fn problem_type(&self) -> ProblemType {
        match self {
            Self::Several => ProblemType::BadRequest,
            Self::TooLong | Self::Invalid(_) | Self::Challenge(_) => {
                ProblemType::MalformedCredential
            }
        }
    }
}

impl Credential {
    /// Reads what follows the scheme.
    ///
    /// # Errors
    /// When it is not a credential for a well-formed challenge.
    pub fn decode(token: &str) -> Result<Self, CredentialError> {
        if SCHEME.len() + 1 + token.len() > CREDENTIAL_LEN_MAX {
            return Err(CredentialError::TooLong);
        }
        let mut credential: Self = jcs::decode(token).map_err(Self::unreadable)?;
        let challenge = &mut credential.challenge;
        challenge
            .header
            .take_if(|name| name.is_empty() || name.eq_ignore_ascii_case("Authorization"));
        challenge.check()?;
        Ok(credential)
    }

    /// Texts of the library quote what was sent, which can be a proof.
    fn unreadable(error: JsonError) -> CredentialError {
        CredentialError::Invalid(match error {
            JsonError::Invalid(text) if !text.starts_with("missing field") => {
                JsonError::Invalid("a part has the wrong form".to_owned())
            }
            other => other,
        })
    }

    /// The value of the header that [`Credential::header`] names.
    ///
    /// # Errors
    /// When it is longer than servers read.
    pub fn render(&self) -> Result<String, CredentialError> {
        let token =
            jcs::to_string(self).map(base64url::encode).map_err(CredentialError::Invalid)?;
        let rendered = format!("{SCHEME} {token}");
        if rendered.len() > CREDENTIAL_LEN_MAX {
            return Err(CredentialError::TooLong);
        }
        Ok(rendered)
    }

    /// Where the seller wants it. It replaces what stands in that header.
    #[must_use]
    pub fn header(&self) -> CredentialHeader {
        self.challenge.credential_header()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("challenge", &self.challenge)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
