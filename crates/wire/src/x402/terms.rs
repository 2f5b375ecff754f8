//! A way to pay, checked: what is signed and what is verified.

use super::{CodeFamily, ErrorCode, PaymentRequirements, RequirementsV1, SCHEME_EXACT};
use crate::evm::{
    Address, AddressError, AmountError, Asset, AssetId, Network, TokenDomain, TransferMethod, U256,
    known_asset, parse_address, parse_amount, to_decimal, to_micro_usd_ceil,
};
use farebox_money::MicroUsd;

/// Longest name or version of a token that is taken from a stranger.
const DOMAIN_LEN_MAX: usize = 64;

/// Version of the protocol that a payment is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolVersion {
    /// Version 1: the buyer may pay more than is asked.
    V1,
    /// Version 2: the buyer pays exactly what is asked.
    V2,
}

/// The terms of `exact` with an EIP-3009 token: all that a signature binds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExactTerms {
    /// The token and its EIP-712 domain.
    pub domain: TokenDomain,
    /// What we know of the token; `None` for one that is not in our table.
    pub asset: Option<&'static Asset>,
    /// Who is paid.
    pub pay_to: Address,
    /// How much, in units of the token; more than zero.
    pub amount: U256,
    /// How long the seller waits, in seconds; more than zero.
    pub max_timeout_s: u64,
}

/// Why a way to pay cannot be paid by us, or is not payable at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// Another scheme than `exact`.
    #[error("the scheme is not `exact`, the only one that is paid here")]
    Scheme,
    /// Not an EVM chain, or a name that is none.
    #[error("the network is not an EVM chain named in the form of its protocol version")]
    Network,
    /// The token has no address.
    #[error("the asset is not usable: {0}")]
    Asset(AddressError),
    /// The payee has no address.
    #[error("the payee (payTo) is not usable: {0}")]
    PayTo(AddressError),
    /// Nobody has the address of the payee: it is zero, or the token's own.
    #[error("the payee (payTo) is the zero address or the token itself: the money would be lost")]
    PayToNobody,
    /// Not a number.
    #[error("the amount is not usable: {0}")]
    Amount(AmountError),
    /// Nothing to pay.
    #[error("the amount is zero")]
    AmountZero,
    /// No time to pay in.
    #[error("maxTimeoutSeconds is zero")]
    Timeout,
    /// Not paid with EIP-3009.
    #[error("the token is not moved by EIP-3009 authorizations here, the only way that is paid")]
    Method,
    /// The token is unknown and the seller does not say its EIP-712 name and version.
    #[error("the token is unknown, and extra.name and extra.version are missing")]
    MissingDomain,
    /// The seller's name for a known token is wrong, so every payment would fail.
    #[error("extra.name is not the name in the token's contract, {known}: payments would fail")]
    NameMismatch {
        /// The name in the contract.
        known: &'static str,
    },
    /// The seller's version for a known token is wrong, so every payment would fail.
    #[error(
        "extra.version is not the version in the token's contract, {known}: payments would fail"
    )]
    VersionMismatch {
        /// The version in the contract.
        known: &'static str,
    },
}

impl ExactTerms {
    /// Checks a way to pay of version 2.
    pub fn from_v2(requirements: &PaymentRequirements) -> Result<Self, TermsError> {
        if requirements.scheme != SCHEME_EXACT {
            return Err(TermsError::Scheme);
        }
        let network = requirements.known_network().and_then(Network::evm);
        let chain = network.ok_or(TermsError::Network)?;
        let address = parse_address(&requirements.asset).map_err(TermsError::Asset)?;
        let pay_to = parse_address(&requirements.pay_to).map_err(TermsError::PayTo)?;
        if pay_to.is_zero() || pay_to == address {
            return Err(TermsError::PayToNobody);
        }
        let amount = parse_amount(&requirements.amount).map_err(TermsError::Amount)?;
        if amount.is_zero() {
            return Err(TermsError::AmountZero);
        }
        if requirements.max_timeout_seconds == 0 {
            return Err(TermsError::Timeout);
        }
        let id = AssetId { chain, address };
        let asset = known_asset(id);
        let domain = domain_of(requirements, id, asset)?;
        let max_timeout_s = requirements.max_timeout_seconds;
        Ok(Self { domain, asset, pay_to, amount, max_timeout_s })
    }

    /// Checks a way to pay of version 1.
    pub fn from_v1(requirements: &RequirementsV1) -> Result<Self, TermsError> {
        Self::from_v2(&requirements.to_v2().ok_or(TermsError::Network)?)
    }

    /// The price in dollars, rounded up, where the token is worth one.
    #[must_use]
    pub fn price_usd_ceil(&self) -> Option<MicroUsd> {
        let asset = self.asset.filter(|asset| asset.is_dollar)?;
        to_micro_usd_ceil(self.amount, asset.decimals)
    }

    /// The price for people: `0.01 USDC`, or units of a token that we do not know.
    #[must_use]
    pub fn price_text(&self) -> String {
        match self.asset {
            Some(asset) => format!("{} {}", to_decimal(self.amount, asset.decimals), asset.symbol),
            None => format!("{} units of {}", self.amount, self.domain.id),
        }
    }
}

/// The domain in the token's contract. The seller's word counts only for tokens that we do not
/// know; for others it must agree with ours.
fn domain_of(
    requirements: &PaymentRequirements,
    id: AssetId,
    asset: Option<&'static Asset>,
) -> Result<TokenDomain, TermsError> {
    let other_method =
        requirements.extra_text("assetTransferMethod").is_some_and(|method| method != "eip3009");
    let no_eip3009 = asset.is_some_and(|asset| asset.method != TransferMethod::Eip3009);
    if other_method || no_eip3009 {
        return Err(TermsError::Method);
    }
    let (name, version) = (requirements.extra_text("name"), requirements.extra_text("version"));
    if let Some((known_name, known_version)) = asset.and_then(|asset| asset.domain) {
        if name.is_some_and(|name| name != known_name) {
            return Err(TermsError::NameMismatch { known: known_name });
        }
        if version.is_some_and(|version| version != known_version) {
            return Err(TermsError::VersionMismatch { known: known_version });
        }
        let (name, version) = (known_name.to_owned(), known_version.to_owned());
        return Ok(TokenDomain { name, version, id });
    }
    let short = |text: Option<&str>| {
        text.filter(|text| !text.is_empty() && text.len() <= DOMAIN_LEN_MAX).map(str::to_owned)
    };
    let (name, version) = short(name).zip(short(version)).ok_or(TermsError::MissingDomain)?;
    Ok(TokenDomain { name, version, id })
}

impl TermsError {
    /// The code that a facilitator answers.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Scheme => ErrorCode::UnsupportedScheme,
            Self::Network => ErrorCode::Network,
            Self::Method => ErrorCode::Eip3009NotSupported,
            Self::MissingDomain => ErrorCode::MissingDomain,
            Self::NameMismatch { .. } => ErrorCode::TokenName,
            Self::VersionMismatch { .. } => ErrorCode::TokenVersion,
            Self::Asset(_)
            | Self::PayTo(_)
            | Self::PayToNobody
            | Self::Amount(_)
            | Self::AmountZero
            | Self::Timeout => ErrorCode::Requirements,
        }
    }

    /// The code as text.
    #[must_use]
    pub const fn code_name(&self, family: CodeFamily) -> &'static str {
        self.code().name(family)
    }
}
