//! Why an account's request is refused, with the code that the API answers.

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
            Self::InvalidAmount { .. } => "invalid_amount",
            Self::InvalidPayment => "invalid_payment",
            Self::PaymentPending => "payment_pending",
            Self::InvoiceExpired => "invoice_expired",
            Self::PaymentAlreadyUsed => "payment_already_used",
            Self::TooManyTopups => "too_many_open_invoices",
            Self::LightningUnavailable => "lightning_unavailable",
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
            Self::CapReached { .. } => StatusCode::FORBIDDEN,
            Self::ConflictingCredentials
            | Self::InvalidAmount { .. }
            | Self::InvalidPayment
            | Self::InvoiceExpired
            | Self::PaymentAlreadyUsed => StatusCode::BAD_REQUEST,
            Self::PaymentPending => StatusCode::CONFLICT,
            Self::TooManyTopups => StatusCode::TOO_MANY_REQUESTS,
            Self::LightningUnavailable | Self::ReadOnly | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }
}
