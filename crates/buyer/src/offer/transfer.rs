//! A token transfer that the payer signs: x402, and MPP on EVM chains and on Tempo.

use super::NoOffer;
use crate::rules::KnownToken;
use crate::spend::{Charge, Rail};
use farebox_wire::evm::{Address, AssetId, TokenDomain, U256, to_micro_usd_ceil};
use farebox_wire::mpp::Challenge;
use farebox_wire::x402::{PaymentRequired, PaymentRequirements, RequirementsV1};

/// In which form a transfer is shown to the seller, with what the seller wrote.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// `X-PAYMENT`
    X402V1(RequirementsV1),
    /// `PAYMENT-SIGNATURE`
    X402V2 {
        /// The whole challenge, parts of which are sent back.
        required: PaymentRequired,
        /// The chosen one of its ways to pay.
        option: PaymentRequirements,
    },
    /// `Payment`, with a signed authorization.
    MppEvm(Challenge),
    /// `Payment`, with the hash of a transaction that is on the chain by then.
    MppTempo(Challenge),
}

/// What every way agrees on before anything is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TransferTerms {
    pub(crate) token: AssetId,
    /// What is known of the token; `None` for one that is not known here.
    pub(crate) known: Option<KnownToken>,
    /// What a signature is bound to; `None` for a token that takes none.
    pub(crate) domain: Option<TokenDomain>,
    pub(crate) pay_to: Address,
    pub(crate) amount: U256,
    /// From then on the seller does not take it, where it says so; in seconds since 1970.
    pub(crate) expires_at: Option<u64>,
    /// How long a signature is to be good, in seconds.
    pub(crate) validity_s: u64,
}

/// One such offer.
#[derive(Clone, Debug)]
pub(crate) struct TransferOffer {
    pub(crate) way: Way,
    pub(crate) terms: TransferTerms,
}

impl Way {
    /// As stored.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::X402V1(_) => "x402-v1",
            Self::X402V2 { .. } => "x402-v2",
            Self::MppEvm(_) => "mpp-evm",
            Self::MppTempo(_) => "mpp-tempo",
        }
    }

    pub(crate) const fn rail(&self) -> Rail {
        match self {
            Self::X402V1(_) | Self::X402V2 { .. } => Rail::X402,
            Self::MppEvm(_) | Self::MppTempo(_) => Rail::Mpp,
        }
    }

    /// As users know it.
    pub(crate) const fn scheme(&self) -> &'static str {
        match self {
            Self::X402V1(_) | Self::X402V2 { .. } => "x402",
            Self::MppEvm(_) | Self::MppTempo(_) => farebox_wire::mpp::SCHEME,
        }
    }
}

impl TransferOffer {
    /// What it costs; `None` past what can be counted.
    pub(crate) fn charge(&self) -> Option<Charge> {
        let TransferTerms { token, known, amount, .. } = &self.terms;
        let units = u128::try_from(*amount).ok()?;
        let network = format!("eip155:{}", token.chain);
        Some(match known {
            Some(KnownToken { symbol, decimals, .. }) => Charge::Token {
                asset: format!("{}@{network}", symbol.to_ascii_lowercase()),
                units,
                worth: to_micro_usd_ceil(*amount, *decimals),
            },
            None => {
                let asset = format!("{}@{network}", token.address);
                Charge::Token { asset, units, worth: None }
            }
        })
    }

    pub(super) fn refuse(reason: impl std::fmt::Display) -> NoOffer {
        NoOffer::Useless(reason.to_string())
    }
}
