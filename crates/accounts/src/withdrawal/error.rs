//! Why a withdrawal is refused. A refusal costs nothing.

use farebox_money::{Msat, Sats};
use http::StatusCode;

/// A refusal, before any money was set aside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WithdrawalError {
    /// No wallet pays withdrawals here.
    #[error("this server pays no withdrawals; its operator can turn them on")]
    NotConfigured,
    /// Not an invoice.
    #[error("{0}")]
    InvalidInvoice(String),
    /// An invoice of another chain.
    #[error("the invoice is for {theirs} and this server pays on {ours}")]
    WrongNetwork {
        /// The invoice's chain.
        theirs: &'static str,
        /// The wallet's.
        ours: &'static str,
    },
    /// An invoice that leaves the amount to the payer.
    #[error("the invoice names no amount; make one over amount_sats")]
    AmountMissing,
    /// An invoice over something else than what was asked for.
    #[error("the invoice is over {invoice} and amount_sats says {asked}")]
    AmountMismatch {
        /// The invoice's amount.
        invoice: Msat,
        /// What the request says.
        asked: Sats,
    },
    /// Nothing, or more than is allowed.
    #[error("amount_sats must be 1 to {max}")]
    InvalidAmount {
        /// The most.
        max: Sats,
    },
    /// Expired, or about to.
    #[error("the invoice expires in less than {left_min_s} seconds; make a new one")]
    InvoiceExpired {
        /// What must be left.
        left_min_s: u64,
    },
    /// An invoice of this server.
    #[error("the invoice is this server's own; withdraw to a wallet of yours")]
    SelfPayment,
    /// No hinted route is cheap enough.
    #[error("the cheapest way that the invoice names takes {fee}, more than the {limit} allowed")]
    RouteTooExpensive {
        /// What it takes.
        fee: Msat,
        /// What is allowed.
        limit: Msat,
    },
    /// Another one of the account is not finished.
    #[error("another withdrawal of this account is under way; wait for its end")]
    InProgress,
    /// The payment hash belongs to another withdrawal.
    #[error("the invoice, or another one of its payment hash, was used already; make a new one")]
    InvoiceAlreadyUsed,
    /// Too many, or too much, in a time.
    #[error(
        "too many withdrawals of this account; the next is possible in {retry_after_s} seconds"
    )]
    RateLimited {
        /// When to try again.
        retry_after_s: u64,
    },
    /// The balance does not cover the amount and the fee.
    #[error(
        "this takes {required} with the routing fee set aside and {balance} are there; up to \
         {max_collectable} can be withdrawn"
    )]
    InsufficientBalance {
        /// What is there.
        balance: Msat,
        /// What is needed from the balance.
        required: Msat,
        /// The largest amount that the balance covers.
        max_collectable: Sats,
    },
    /// No such withdrawal of this account.
    #[error("this account has no withdrawal with that payment hash")]
    NotFound,
}

impl WithdrawalError {
    /// What programs compare; never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotConfigured => "withdrawals_not_configured",
            Self::InvalidInvoice(_) => "invalid_invoice",
            Self::WrongNetwork { .. } => "wrong_network",
            Self::AmountMissing => "invoice_amount_missing",
            Self::AmountMismatch { .. } => "amount_mismatch",
            Self::InvalidAmount { .. } => "invalid_amount",
            Self::InvoiceExpired { .. } => "invoice_expired",
            Self::SelfPayment => "self_payment",
            Self::RouteTooExpensive { .. } => "route_too_expensive",
            Self::InProgress => "withdrawal_in_progress",
            Self::InvoiceAlreadyUsed => "invoice_already_used",
            Self::RateLimited { .. } => "rate_limited",
            Self::InsufficientBalance { .. } => "insufficient_balance",
            Self::NotFound => "not_found",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NotConfigured => StatusCode::SERVICE_UNAVAILABLE,
            Self::InProgress | Self::InvoiceAlreadyUsed => StatusCode::CONFLICT,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::InsufficientBalance { .. } => StatusCode::PAYMENT_REQUIRED,
            Self::NotFound => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}
