//! Why an account's request is refused, with the code that the API answers.

use crate::WithdrawalError;
use farebox_money::Msat;
use farebox_store::StoreError;
use http::StatusCode;

/// A refusal.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// No token where one is needed.
    #[error("a token is needed: send Authorization: Bearer abl_… or X-Token")]
    MissingToken,
    /// Not a token of this server, or one that was replaced.
    #[error("the token is not known here; top up to get one")]
    InvalidToken,
    /// Two different tokens in one request.
    #[error("Authorization and X-Token carry different tokens; send one of them")]
    ConflictingCredentials,
    /// The balance is too small.
    #[error("this costs {price} and {available} are available; top up at /api/v1/topup")]
    InsufficientBalance {
        /// What it costs.
        price: Msat,
        /// What is there.
        available: Msat,
    },
    /// The token's own cap is too small.
    #[error(
        "this costs {price} and the token may spend {available} more; its owner can make another"
    )]
    CapReached {
        /// What it costs.
        price: Msat,
        /// What the token may still spend.
        available: Msat,
    },
    /// A child token where the account's own is needed.
    #[error("this token may only spend; use the token of the account that made it")]
    Forbidden,
    /// The account has no such child token.
    #[error("the account has no such token")]
    NotFound,
    /// The account has too many child tokens.
    #[error("an account has at most {max} tokens in force; revoke one")]
    TooManyTokens {
        /// How many it can have.
        max: u64,
    },
    /// A field that cannot be taken.
    #[error("{field} must be {allowed}")]
    InvalidField {
        /// Its name.
        field: &'static str,
        /// What is taken.
        allowed: &'static str,
    },
    /// Not one header of the form that is taken.
    #[error("Idempotency-Key must be one header of 1 to 255 printable characters")]
    InvalidIdempotencyKey,
    /// The key was used for another request.
    #[error("the Idempotency-Key was used for another request; choose a new one")]
    IdempotencyKeyReused,
    /// The first request with the key is not answered yet.
    #[error("the request with this Idempotency-Key is being answered; ask again in a moment")]
    RequestInProgress,
    /// An amount that cannot be topped up.
    #[error("amount_sats must be 1 to {max}")]
    InvalidAmount {
        /// The largest, in satoshis.
        max: u64,
    },
    /// No such payment, or not for this account.
    #[error("the preimage is not that of a top-up made here")]
    InvalidPayment,
    /// The node does not say paid.
    #[error("the payment has not arrived yet; ask again in a moment")]
    PaymentPending,
    /// Not paid in time.
    #[error("the top-up expired unpaid; make a new one")]
    InvoiceExpired,
    /// Claimed before, and not by whoever asks now.
    #[error("the top-up was claimed already")]
    PaymentAlreadyUsed,
    /// The client has too many unpaid top-ups.
    #[error("too many unpaid top-ups; pay one or wait until they expire")]
    TooManyTopups,
    /// The node does not answer.
    #[error("the Lightning node does not answer; nothing was stored, try again")]
    LightningUnavailable,
    /// A withdrawal was refused.
    #[error(transparent)]
    Withdrawal(#[from] WithdrawalError),
    /// The books are wrong.
    #[error("no money is taken at the moment; what was paid stays good, try again later")]
    ReadOnly,
    /// The records cannot be read or written.
    #[error("the records cannot be written; try again later")]
    Store(#[from] StoreError),
}

impl From<farebox_ledger::writer::WriteError> for AccountError {
    fn from(error: farebox_ledger::writer::WriteError) -> Self {
        Self::Store(error.into())
    }
}

impl AccountError {
    /// What programs compare; never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingToken => "missing_token",
            Self::InvalidToken => "invalid_token",
            Self::ConflictingCredentials => "conflicting_credentials",
            Self::InsufficientBalance { .. } => "insufficient_balance",
            Self::CapReached { .. } => "token_cap_reached",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::TooManyTokens { .. } => "too_many_tokens",
            Self::InvalidField { .. } => "invalid_field",
            Self::InvalidIdempotencyKey => "invalid_idempotency_key",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::RequestInProgress => "request_in_progress",
            Self::InvalidAmount { .. } => "invalid_amount",
            Self::InvalidPayment => "invalid_payment",
            Self::PaymentPending => "payment_pending",
            Self::InvoiceExpired => "invoice_expired",
            Self::PaymentAlreadyUsed => "payment_already_used",
            Self::TooManyTopups => "too_many_open_invoices",
            Self::LightningUnavailable => "lightning_unavailable",
            Self::Withdrawal(error) => error.code(),
            Self::ReadOnly => "read_only",
            Self::Store(error) if error.is_full() => "read_only",
            Self::Store(_) => "store_unavailable",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::MissingToken | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::InsufficientBalance { .. } => StatusCode::PAYMENT_REQUIRED,
            Self::CapReached { .. } | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::ConflictingCredentials
            | Self::InvalidField { .. }
            | Self::InvalidIdempotencyKey
            | Self::InvalidAmount { .. }
            | Self::InvalidPayment
            | Self::InvoiceExpired
            | Self::PaymentAlreadyUsed => StatusCode::BAD_REQUEST,
            Self::PaymentPending | Self::TooManyTokens { .. } | Self::RequestInProgress => {
                StatusCode::CONFLICT
            }
            Self::Withdrawal(error) => error.status(),
            Self::TooManyTopups => StatusCode::TOO_MANY_REQUESTS,
            Self::LightningUnavailable | Self::ReadOnly | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }
}
