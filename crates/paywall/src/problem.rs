//! Why a request was not admitted, with a stable code for programs.

use farebox_money::Msat;
use farebox_wire::l402::{CredentialError, GrantError};
use farebox_wire::mpp::{self, ProblemType};
use farebox_wire::x402::WireError;

/// The reason of a 402.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No credential at all.
    #[error("pay the invoice and send the request again with the credential")]
    PaymentRequired,
    /// More requests than are free.
    #[error(
        "more than {free} requests in a minute: wait {retry_after_s} seconds, or pay to send \
         {paid} a minute"
    )]
    RateLimited {
        /// How many are free in a minute.
        free: u32,
        /// How many those who pay can send in a minute.
        paid: u32,
        /// When to come back without paying, in seconds.
        retry_after_s: u64,
    },
    /// The header cannot be read.
    #[error("the L402 credential cannot be read: {0}")]
    Malformed(#[from] CredentialError),
    /// Not a token of this server.
    #[error("the token was not issued here")]
    NotIssuedHere,
    /// The HMAC chain does not hold.
    #[error("the token's signature does not hold")]
    BadSignature,
    /// Several macaroons that do not belong together.
    #[error("the macaroons name different payments")]
    MixedPayments,
    /// The preimage does not prove the payment that the token names.
    #[error("the preimage does not belong to this token's invoice")]
    WrongPreimage,
    /// A caveat refuses.
    #[error("{0}")]
    Caveat(#[from] GrantError),
    /// `HEAD` would use up a token for an answer without a body.
    #[error("what pays for one request is not spent on HEAD; send GET")]
    HeadSpendsNothing,
    /// Bought for less than this request costs.
    #[error("the token was bought for {bought} and this request costs {price}")]
    TooCheap {
        /// What was paid for, as people read it.
        bought: String,
        /// What it takes.
        price: String,
    },
    /// A prepaid balance that is too small.
    #[error("this costs {price} and {available} are in the balance; top up at /api/v1/topup")]
    InsufficientBalance {
        /// What it costs.
        price: Msat,
        /// What is there.
        available: Msat,
    },
    /// The node does not know the payment as settled.
    #[error("the invoice of this token is not paid")]
    NotSettled,
    /// Used for another request, or for this one too often or too long ago.
    #[error("the payment was used already; one payment buys one request")]
    Used,
    /// The header of an MPP credential cannot be read.
    #[error("the Payment credential cannot be read: {0}")]
    MalformedMpp(#[from] mpp::CredentialError),
    /// The header of an x402 payment cannot be read.
    #[error("the payment header cannot be read: {0}")]
    MalformedX402(#[from] WireError),
    /// What the credential has as its proof has the wrong form.
    #[error("the payment in the credential cannot be used: {0}")]
    MalformedPayment(String),
    /// Not a challenge of this server, or one that was changed.
    #[error("the challenge was not issued by this server")]
    ForeignChallenge,
    /// A challenge for another route, request or body.
    #[error("the challenge was issued for another request")]
    ChallengeOfAnotherRequest,
    /// Too late.
    #[error("the challenge has expired")]
    ExpiredChallenge,
    /// A payment that answers nothing that is offered for this request: another token, network,
    /// payee, or a price that is not asked any more.
    #[error("the payment is not one of those that are offered for this request")]
    NotOffered,
    /// The record of the authorization would have to be kept as long.
    #[error("the authorization is good for more than a week; sign one with an earlier validBefore")]
    ValidTooLong,
    /// The facilitator, or the chain, refuses.
    #[error("the payment was refused ({reason}) {message}")]
    PaymentRefused {
        /// The facilitator's code.
        reason: String,
        /// More, for people.
        message: String,
    },
    /// Not used up, and its first request was another one.
    #[error("this payment was shown for another request before and is good for that one only")]
    OfAnotherRequest,
}

impl Problem {
    /// What programs compare; never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PaymentRequired => "payment_required",
            Self::RateLimited { .. } => "rate_limited",
            Self::Malformed(_) => "malformed_credential",
            Self::NotIssuedHere => "unknown_token",
            Self::BadSignature => "bad_signature",
            Self::MixedPayments => "mixed_payments",
            Self::WrongPreimage => "wrong_preimage",
            Self::Caveat(GrantError::Expired { .. }) => "expired_token",
            Self::Caveat(GrantError::Method { .. }) | Self::HeadSpendsNothing => "wrong_method",
            Self::Caveat(GrantError::Path { .. }) => "wrong_path",
            Self::Caveat(GrantError::Body) => "wrong_body",
            Self::Caveat(_) => "caveat_refused",
            Self::TooCheap { .. } => "insufficient_payment",
            Self::InsufficientBalance { .. } => "insufficient_balance",
            Self::NotSettled => "invoice_not_paid",
            Self::Used => "token_used",
            Self::MalformedMpp(_) | Self::MalformedX402(_) | Self::MalformedPayment(_) => {
                "malformed_credential"
            }
            Self::ForeignChallenge => "unknown_challenge",
            Self::ChallengeOfAnotherRequest => "challenge_of_another_request",
            Self::ExpiredChallenge => "expired_challenge",
            Self::NotOffered => "payment_not_offered",
            Self::ValidTooLong => "authorization_too_long",
            Self::PaymentRefused { .. } => "payment_refused",
            Self::OfAnotherRequest => "payment_of_another_request",
        }
    }

    /// The kind of problem in the language of MPP.
    pub(crate) const fn mpp_type(&self) -> ProblemType {
        match self {
            Self::PaymentRequired | Self::RateLimited { .. } => ProblemType::PaymentRequired,
            Self::MalformedMpp(_) | Self::Malformed(_) | Self::MalformedX402(_) => {
                ProblemType::MalformedCredential
            }
            Self::MalformedPayment(_) => ProblemType::InvalidPayload,
            Self::ForeignChallenge | Self::ChallengeOfAnotherRequest | Self::NotOffered => {
                ProblemType::InvalidChallenge
            }
            Self::ExpiredChallenge => ProblemType::PaymentExpired,
            Self::TooCheap { .. } | Self::InsufficientBalance { .. } => {
                ProblemType::PaymentInsufficient
            }
            _ => ProblemType::VerificationFailed,
        }
    }
}
