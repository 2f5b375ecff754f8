//! Why a request was not admitted, with a stable code for programs.

use farebox_money::Msat;
use farebox_wire::l402::{CredentialError, GrantError};

/// The reason of a 402.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No credential at all.
    #[error("pay the invoice and send the request again with the credential")]
    PaymentRequired,
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
    #[error("a one-shot token is not spent on HEAD; send GET")]
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
            Self::OfAnotherRequest => "payment_of_another_request",
        }
    }
}
