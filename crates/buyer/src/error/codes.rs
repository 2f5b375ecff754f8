//! What programs compare.

use super::BuyError;
use crate::policy::Refusal;
use crate::transport::NO_ANSWER_IN_TIME;
use farebox_wallet::WalletError;

impl BuyError {
    /// 1 general, 2 wrong input, too expensive or forbidden by the policy, 3 not paid or not known whether paid, or a
    /// payment that the seller does not take, 4 network (the wallet's included), 5 paid and
    /// answered with an error, 7 waits for an approval.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Output { .. }
            | Self::TooLong { .. }
            | Self::Redirect(_)
            | Self::Store(_)
            | Self::PaidUnrecorded { .. }
            | Self::Lock(_)
            | Self::Random(_)
            | Self::NoUsableChallenge { .. } => 1,
            Self::Request(_) | Self::Denied(_) | Self::Refused(_) | Self::BadOffer(_) => 2,
            Self::ApprovalRequired(_) => 7,
            Self::Network { .. }
            | Self::Chain(_)
            | Self::TransferAnswerLost { .. }
            | Self::Wallet(WalletError::Unreachable(_))
            | Self::PaidAnswerLost { .. } => 4,
            Self::PaidNotDelivered { .. } | Self::TransferNotDelivered { .. } => 5,
            Self::InvoiceInUse(_)
            | Self::NoWallet { .. }
            | Self::NoKey { .. }
            | Self::NotOffered { .. }
            | Self::TransferRefused { .. }
            | Self::TransferUnderWay { .. }
            | Self::TransferFailed { .. }
            | Self::TransferUnknown { .. }
            | Self::Wallet(_)
            | Self::PaymentFailed { .. }
            | Self::PaymentUnderWay { .. }
            | Self::FalsePreimage { .. }
            | Self::OtherWallet { .. }
            | Self::PaidButRefused { .. } => 3,
        }
    }

    /// Stable, lower case with underscores: what programs compare.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Request(_) => "invalid_request",
            Self::Output { .. } => "output",
            Self::TooLong { .. } => "answer_too_long",
            Self::Network { .. } => "network",
            Self::Redirect(_) => "redirect_refused",
            Self::Store(_) | Self::PaidUnrecorded { .. } => "store",
            Self::Lock(_) => "lock",
            Self::Random(_) => "random",
            Self::Denied(denial) => denial.code(),
            Self::ApprovalRequired(_) => "approval_required",
            Self::NoUsableChallenge { .. } => "no_usable_challenge",
            Self::BadOffer(_) => "bad_offer",
            Self::Refused(Refusal::TooExpensive { .. } | Refusal::TooManyDollars { .. }) => {
                "payment_too_expensive"
            }
            Self::Refused(Refusal::FeeTooHigh { .. }) => "fee_too_high",
            Self::Refused(Refusal::UnknownToken { .. } | Refusal::NoSignedTransfers { .. }) => {
                "unknown_token"
            }
            Self::Refused(Refusal::OtherChain { .. }) => "chain_refused",
            Self::Refused(Refusal::NoNode { .. }) => "no_node",
            Self::Refused(Refusal::NoRate) => "rate_unknown",
            Self::Refused(Refusal::ChallengeExpired) => "challenge_expired",
            Self::Refused(Refusal::TooLarge) => "amount_too_large",
            Self::Refused(_) => "invoice_refused",
            Self::InvoiceInUse(_) => "invoice_in_use",
            Self::NoWallet { .. } | Self::NoKey { .. } => "no_wallet",
            Self::NotOffered { .. } => "rail_not_offered",
            Self::Chain(_) => "chain",
            Self::TransferRefused { .. } => "payment_refused",
            Self::TransferNotDelivered { .. } => "payment_not_delivered",
            Self::TransferAnswerLost { .. } => "payment_answer_lost",
            Self::TransferUnderWay { .. } | Self::TransferUnknown { .. } => "payment_pending",
            Self::TransferFailed { .. } => "payment_failed",
            Self::Wallet(WalletError::Unreachable(_)) => "wallet_unreachable",
            Self::Wallet(_) => "wallet",
            Self::PaymentFailed { .. } => "payment_failed",
            Self::PaymentUnderWay { .. } => "payment_pending",
            Self::FalsePreimage { .. } => "false_preimage",
            Self::OtherWallet { .. } => "other_wallet",
            Self::PaidButRefused { .. } => "paid_but_refused",
            Self::PaidNotDelivered { .. } => "paid_not_delivered",
            Self::PaidAnswerLost { .. } => "paid_answer_lost",
        }
    }

    /// Whether a server was there and did not answer in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Network { reason, .. }
            | Self::PaidAnswerLost { reason, .. }
            | Self::TransferAnswerLost { reason, .. } => reason == NO_ANSWER_IN_TIME,
            _ => false,
        }
    }
}
