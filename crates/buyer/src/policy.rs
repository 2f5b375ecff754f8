//! What may be paid. Decides on the decoded invoice alone, never on a seller's word.

use crate::spend::Rail;
use farebox_money::{MicroUsd, Msat, Sats};
use farebox_wallet::WalletInfo;
use farebox_wire::bolt11::{Invoice, Network};
use farebox_wire::evm::{AssetId, ChainId};
use std::time::Duration;

/// An invoice that expires sooner is not paid any more.
const EXPIRY_MARGIN_S: u64 = 5;
/// Wallets pay whole sats at least.
const LEAST: Msat = Msat::new(1_000);

/// The bounds of one get. All of them hold at once, and so do the rules of the policy: these only
/// narrow them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Paid to the seller at most.
    pub cost_max: Msat,
    /// Paid to the Lightning network on top at most.
    pub fee_max: Msat,
    /// Paid to the seller at most where it is paid in tokens. Without, [`Limits::cost_max`] holds,
    /// converted, and nothing is paid while the price of bitcoin is not known.
    pub cost_max_usd: Option<MicroUsd>,
    /// Paid over this rail only.
    pub only: Option<Rail>,
    /// Paid over this rail where there is a choice.
    pub prefer: Option<Rail>,
    /// How long the outcome of a payment is waited for.
    pub payment_timeout: Duration,
    /// How long a paid request is sent again and again while the seller does not answer it.
    pub answer_timeout: Duration,
    /// Redirects followed at most; zero follows none.
    pub redirects_max: u32,
    /// Bytes of an answer at most, where there is a bound.
    pub body_len_max: Option<u64>,
    /// Whether a get that needs an approval waits for it; else it ends at once.
    pub approval_wait: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cost_max: sats(1_000),
            fee_max: sats(10),
            cost_max_usd: Some(MicroUsd::new(1_000_000)),
            only: None,
            prefer: None,
            payment_timeout: Duration::from_secs(60),
            answer_timeout: Duration::from_secs(300),
            redirects_max: 10,
            body_len_max: None,
            approval_wait: false,
        }
    }
}

fn sats(sats: u64) -> Msat {
    Sats::new(sats).to_msat().unwrap_or_default()
}

/// Why an invoice is not paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Costs more than [`Limits::cost_max`].
    #[error("it costs {amount}, more than the limit of {limit}")]
    TooExpensive {
        /// What the invoice asks for.
        amount: Msat,
        /// The limit.
        limit: Msat,
    },
    /// The wallet does not let its users limit the fee, and it may be above the limit.
    #[error("the fee for {amount} may be {fee}, more than the limit of {limit}")]
    FeeTooHigh {
        /// What the invoice asks for.
        amount: Msat,
        /// What the wallet may pay on top.
        fee: Msat,
        /// The limit.
        limit: Msat,
    },
    /// Whoever pays it chooses the amount.
    #[error("the seller's invoice names no amount")]
    NoAmount,
    /// Less than a wallet can pay.
    #[error("the seller's invoice asks for a part of a sat ({amount})")]
    PartOfSat {
        /// What the invoice asks for.
        amount: Msat,
    },
    /// Too late to pay it.
    #[error("the seller's invoice has expired or is about to")]
    Expired,
    /// Too late to pay it.
    #[error("the seller's challenge has expired or is about to")]
    ChallengeExpired,
    /// No limit could count it.
    #[error("the token {token} is not known, so that no limit can count it")]
    UnknownToken {
        /// The token.
        token: AssetId,
    },
    /// What a signature would be bound to is not known.
    #[error("the token {token} is not one whose signed payments are known")]
    NoSignedTransfers {
        /// The token.
        token: AssetId,
    },
    /// The key is not for this chain.
    #[error("the key may not pay on the chain eip155:{chain}")]
    OtherChain {
        /// The chain.
        chain: ChainId,
    },
    /// Nothing to bring a transaction onto the chain with.
    #[error("no node of the chain eip155:{chain} is configured")]
    NoNode {
        /// The chain.
        chain: ChainId,
    },
    /// Costs more than [`Limits::cost_max_usd`] or [`Limits::cost_max`].
    #[error("it costs {price} USD, more than the limit of {limit} USD")]
    TooManyDollars {
        /// What it costs.
        price: MicroUsd,
        /// The limit.
        limit: MicroUsd,
    },
    /// The limit is in satoshis and cannot be held against dollars.
    #[error("it costs dollars, and without a price of bitcoin a limit in sats cannot be held")]
    NoRate,
    /// Past every amount.
    #[error("it costs more than can be counted")]
    TooLarge,
    /// For another chain than the wallet's.
    #[error("the seller wants {} money and the wallet holds {}", .invoice.name(), .wallet.name())]
    OtherNetwork {
        /// The invoice's chain.
        invoice: Network,
        /// The wallet's chain.
        wallet: Network,
    },
}

impl Refusal {
    /// Whether a higher limit would allow it.
    #[must_use]
    pub const fn is_about_limits(&self) -> bool {
        matches!(
            self,
            Self::TooExpensive { .. } | Self::FeeTooHigh { .. } | Self::TooManyDollars { .. }
        )
    }
}

/// Whether it is not too late to pay an invoice at `now`, in seconds since 1970.
pub(crate) const fn is_payable(invoice: &Invoice, now: u64) -> bool {
    now.saturating_add(EXPIRY_MARGIN_S) < invoice.expires_at
}

/// Whether an invoice that was never tried will never be paid any more: past its end by long
/// enough that no wallet still has it in hand.
pub(crate) const fn is_dead(invoice: &Invoice, now: u64) -> bool {
    now >= invoice.expires_at.saturating_add(EXPIRY_MARGIN_S)
}

/// The amount of an invoice that is within the limits at `now`, in seconds since 1970, the wallet
/// aside.
///
/// # Errors
/// Why it is not to be paid.
pub fn check_invoice(invoice: &Invoice, limits: &Limits, now: u64) -> Result<Msat, Refusal> {
    let amount = invoice.amount.filter(|amount| !amount.is_zero());
    let amount = amount.ok_or(Refusal::NoAmount)?;
    if amount < LEAST {
        return Err(Refusal::PartOfSat { amount });
    }
    if amount > limits.cost_max {
        return Err(Refusal::TooExpensive { amount, limit: limits.cost_max });
    }
    if !is_payable(invoice, now) {
        return Err(Refusal::Expired);
    }
    Ok(amount)
}

/// Whether a wallet can pay `amount` of `invoice` within the limits. `worst_fee` is the most
/// that it may pay on top where it takes no limit.
///
/// # Errors
/// Why it is not to be paid.
pub fn check_wallet(
    invoice: &Invoice,
    amount: Msat,
    wallet: &WalletInfo,
    worst_fee: Msat,
    limits: &Limits,
) -> Result<(), Refusal> {
    if invoice.network != wallet.network {
        return Err(Refusal::OtherNetwork { invoice: invoice.network, wallet: wallet.network });
    }
    if !wallet.capabilities.fee_limit && worst_fee > limits.fee_max {
        return Err(Refusal::FeeTooHigh { amount, fee: worst_fee, limit: limits.fee_max });
    }
    Ok(())
}
