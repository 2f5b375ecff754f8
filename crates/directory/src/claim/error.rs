//! What can go wrong with a claim, and how the API says it.

use super::HostnameError;
use super::rules::ClaimRefusal;
use crate::http_answer::refusal;
use axum::response::Response;
use farebox_net::GuardError;
use farebox_store::StoreError;
use http::{HeaderValue, StatusCode, header};

/// A claim's request that was not done.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// What was named is no host that can be claimed.
    #[error("domain: {0}")]
    Hostname(#[from] HostnameError),
    /// A field is missing or malformed.
    #[error("{parameter}: {what}")]
    Parameter {
        /// Its name.
        parameter: &'static str,
        /// What it should be.
        what: &'static str,
    },
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] ClaimRefusal),
    /// The proof was looked at and does not hold.
    #[error(transparent)]
    Proof(#[from] ProofFailure),
    /// There is no such service.
    #[error("there is no service {0:?}; GET /api/services lists them")]
    UnknownService(String),
    /// The service has somebody who manages it.
    #[error("this service is managed by its provider already; its management_key changes it")]
    ServiceClaimed,
    /// Who verifies does not say which claim is theirs.
    #[error(
        "send the claim_token that POST /api/claim/{{service_id}} answered, as \
             'Authorization: Bearer CLAIM_TOKEN' or as the field claim_token: the challenge hash \
             is public, so it cannot show whose claim this is"
    )]
    ClaimTokenMissing,
    /// Too many proofs are being looked at.
    #[error("too many claims are being verified; try again in a few seconds")]
    Busy,
    /// The system has no random bytes.
    #[error("no random bytes")]
    Random,
    /// The database did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a proof does not hold. Each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFailure {
    /// What was found is not the hash of a token that waits.
    #[error(
        "what was found is not the verification_hash of a pending claim: publish the hash, \
             and nothing else, exactly as it was answered"
    )]
    TokenMismatch,
    /// The host sends us elsewhere.
    #[error("the host answers with a redirect: the file itself must be there")]
    Redirect,
    /// Nothing usable answers.
    #[error("{0}")]
    Unreachable(String),
    /// More than a hash.
    #[error("the file is larger than 1024 bytes: it holds the verification_hash and nothing else")]
    FileTooLarge,
    /// The host, or where its name leads, is not public.
    #[error("{0}")]
    SsrfBlocked(String),
    /// No record.
    #[error("there is no TXT record {0}; new records can take minutes to show")]
    NoRecord(String),
    /// The signature is none, or not of the one who is paid.
    #[error("{0}")]
    SignatureMismatch(String),
    /// Who is paid cannot be seen.
    #[error(
        "a signature needs at least one active listing of the domain that asks for payment; \
             prove the domain with the file or the TXT record"
    )]
    NoListing,
    /// Too many endpoints to ask each.
    #[error(
        "the domain has too many listings to ask each whom it pays; prove it with the file \
             or the TXT record"
    )]
    TooManyListings,
}

impl ProofFailure {
    /// The stable reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TokenMismatch => "token_mismatch",
            Self::Redirect => "redirect",
            Self::Unreachable(_) => "unreachable",
            Self::FileTooLarge => "file_too_large",
            Self::SsrfBlocked(_) => "ssrf_blocked",
            Self::NoRecord(_) => "no_record",
            Self::SignatureMismatch(_) => "signature_mismatch",
            Self::NoListing => "no_listing",
            Self::TooManyListings => "too_many_listings",
        }
    }
}

impl From<GuardError> for ProofFailure {
    fn from(error: GuardError) -> Self {
        let text = format!("{error}: {}", error.hint());
        match error {
            GuardError::Host { .. }
            | GuardError::Address { .. }
            | GuardError::Port(_)
            | GuardError::Scheme
            | GuardError::UserInfo
            | GuardError::Url { .. } => Self::SsrfBlocked(text),
            GuardError::Redirect { .. } | GuardError::TooManyRedirects { .. } => Self::Redirect,
            GuardError::Dns { .. }
            | GuardError::Tls { .. }
            | GuardError::Connect { .. }
            | GuardError::Timeout { .. }
            | GuardError::HeadersTooLong { .. }
            | GuardError::Answer { .. } => Self::Unreachable(text),
        }
    }
}

impl ClaimError {
    /// The stable code, and the status it goes with.
    #[must_use]
    pub const fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Hostname(_) => (StatusCode::BAD_REQUEST, "invalid_domain"),
            Self::Parameter { .. } => (StatusCode::BAD_REQUEST, "invalid_parameter"),
            Self::Refused(refusal) => refused(*refusal),
            Self::Proof(failure) => (StatusCode::UNPROCESSABLE_ENTITY, failure.code()),
            Self::UnknownService(_) => (StatusCode::NOT_FOUND, "not_found"),
            Self::ServiceClaimed => (StatusCode::CONFLICT, "already_claimed"),
            Self::ClaimTokenMissing => (StatusCode::UNAUTHORIZED, "claim_token_missing"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Random | Self::Store(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
        }
    }
}

const fn refused(refusal: ClaimRefusal) -> (StatusCode, &'static str) {
    match refusal {
        ClaimRefusal::AlreadyVerified => (StatusCode::CONFLICT, "already_verified"),
        ClaimRefusal::NoClaim => (StatusCode::NOT_FOUND, "no_claim"),
        ClaimRefusal::Expired => (StatusCode::GONE, "claim_expired"),
        ClaimRefusal::InvalidToken => (StatusCode::FORBIDDEN, "invalid_token"),
        ClaimRefusal::NotVerified => (StatusCode::FORBIDDEN, "domain_not_verified"),
        ClaimRefusal::HostMismatch => (StatusCode::FORBIDDEN, "host_mismatch"),
    }
}

impl ClaimError {
    /// The answer of the API.
    #[must_use]
    pub fn response(&self) -> Response {
        let (status, code) = self.code();
        if let Self::Store(error) = self {
            tracing::error!(%error, "a claim's request failed");
        }
        let message = match self {
            Self::Store(_) => "the database did not take it; try again in a few seconds".to_owned(),
            other => other.to_string(),
        };
        let parameters = match self {
            Self::Hostname(_) => vec!["domain".to_owned()],
            Self::Parameter { parameter, .. } => vec![(*parameter).to_owned()],
            _ => Vec::new(),
        };
        let mut response = refusal(status, code, format!("{message}."), parameters);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let wait = HeaderValue::from_static("5");
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        if status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}
