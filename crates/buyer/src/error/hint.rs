//! What to do about an error.

use super::BuyError;
use crate::policy::Refusal;
use crate::rules::Denial;
use farebox_wallet::WalletError;

impl BuyError {
    /// What to do next, where there is something to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        const AGAIN: &str = "run the same command again: it shows the seller the proof of \
            payment again and pays nothing";
        match self {
            Self::Output { paid: Some(_), .. } => Some(AGAIN),
            Self::TooLong { paid: Some(_), .. } => Some(
                "run it again with -o FILE: it shows the seller the proof of payment again and \
                 pays nothing",
            ),
            Self::TooLong { paid: None, .. } => Some("write it to a file with -o FILE"),
            Self::Refused(Refusal::TooExpensive { .. }) => Some("allow more with --max-cost SATS"),
            Self::Refused(Refusal::FeeTooHigh { .. }) => Some("allow more with --max-fee SATS"),
            Self::Denied(Denial::ByHuman { .. } | Denial::Unanswered { .. }) => {
                Some("ask whoever approves payments, then run the same command again")
            }
            Self::Denied(Denial::Hook(_)) => {
                Some("ask whoever runs the hook that the policy names")
            }
            Self::Denied(Denial::TooManyQuestions) => {
                Some("a human answers them with: farebox approve list")
            }
            Self::Denied(Denial::NoRate { .. }) => Some(
                "its human sets the price of bitcoin, or where to ask for it, in [rates] of the \
                 policy",
            ),
            Self::Denied(_) => Some(
                "only its human changes the policy; farebox policy show and farebox budget say \
                 what holds",
            ),
            Self::ApprovalRequired(_) => Some(
                "once it is approved, run the same command again; with --wait it waits for the \
                 answer",
            ),
            Self::NoWallet { demo: true, .. } => Some(
                "the demo's play wallet pays with \
                 --wallet phoenixd:http://:farebox-demo@127.0.0.1:9740",
            ),
            Self::NoWallet { .. } => Some(
                "name a wallet with --wallet phoenixd:http://:PASSWORD@127.0.0.1:9740 or in \
                 FAREBOX_WALLET",
            ),
            Self::NoKey { .. } => Some(
                "name a key file in FAREBOX_EVM__KEY_FILE or key_file under [evm] in the settings",
            ),
            Self::Refused(Refusal::TooManyDollars { .. } | Refusal::NoRate) => {
                Some("allow more with --max-cost-usd USD")
            }
            Self::Refused(Refusal::NoNode { .. }) => {
                Some("name a node of the chain in nodes under [evm] in the settings")
            }
            Self::Refused(Refusal::UnknownToken { .. }) => {
                Some("only its human adds a token to the policy, under [[tokens]]")
            }
            Self::TransferRefused { .. } | Self::TransferNotDelivered { .. } => Some(
                "run the same command again: it shows the same payment and signs no other until \
                 this one is dead for certain; --buy-again gives it up and pays anew",
            ),
            Self::TransferAnswerLost { .. } | Self::TransferUnderWay { .. } => Some(
                "run the same command again: it shows the same payment again and signs no other",
            ),
            Self::TransferUnknown { .. } => Some(
                "configure a node of that chain, and the same command finds out; --buy-again \
                 gives it up and pays anew",
            ),
            Self::Wallet(WalletError::Unreachable(_)) => {
                Some("start the wallet or name another with --wallet")
            }
            Self::Wallet(WalletError::Unauthorized) => {
                Some("correct the password or key in --wallet")
            }
            Self::Store(_) | Self::PaidUnrecorded { .. } => Some(
                "see that the data folder can be written, then run the same command again: \
                 nothing is paid twice",
            ),
            Self::InvoiceInUse(_) => Some("run the same command again in a minute"),
            Self::PaymentUnderWay { .. } | Self::FalsePreimage { .. } => Some(
                "run the same command again: it asks the wallet what became of this payment \
                 and begins no other",
            ),
            Self::OtherWallet { .. } => Some(
                "use that wallet again, or buy anew with --buy-again if you are sure that it \
                 did not pay",
            ),
            Self::PaidButRefused { .. } => Some(
                "run the same command again to show the proof again without paying; \
                 --buy-again gives this purchase up and pays anew",
            ),
            Self::PaidNotDelivered { .. } => Some(
                "run the same command again to send the paid request again without paying; \
                 --buy-again gives this purchase up and pays anew",
            ),
            Self::PaidAnswerLost { .. } => Some(AGAIN),
            _ => None,
        }
    }
}
