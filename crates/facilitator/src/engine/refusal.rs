//! Why a payment is not taken. Nothing was sent for it.

use farebox_store::StoreError;
use farebox_wire::evm::{Address, SignatureError};
use farebox_wire::x402::{ErrorCode, VerifyError};

/// A payment that is not taken; it cost nobody anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another chain than this engine's.
    #[error("payments on this network are not settled here")]
    Network,
    /// A token that the operator has not allowed.
    #[error("the token {0} is not on this server's list")]
    Asset(Address),
    /// A recipient that the operator has not allowed.
    #[error("payments to {0} are not settled here")]
    Recipient(Address),
    /// Signed for another recipient than the seller asks for.
    #[error("the authorization pays another account than the seller's")]
    PayTo,
    /// Signed over another amount than the seller asks for.
    #[error("the authorization is over another amount than the price")]
    Amount,
    /// Not good yet.
    #[error("the authorization is not good yet: sign with an earlier validAfter")]
    TooEarly,
    /// Not good any more, or not for long enough.
    #[error("the authorization has expired or is about to: sign a new one")]
    TooLate,
    /// Not signed by the payer.
    #[error("the signature is not the payer's: {0}")]
    Signature(String),
    /// The token's contract is not on the chain.
    #[error("there is no contract at the token's address")]
    NoContract,
    /// The payer has too little.
    #[error("the payer's balance is too low")]
    Balance,
    /// The nonce was used before, or with other contents.
    #[error("the payer has used this nonce before: sign with a new one")]
    NonceUsed,
    /// The same payment is being settled.
    #[error("this payment is being settled: ask for its outcome with the same payment")]
    InFlight,
    /// The token would refuse it.
    #[error("the token refuses the transfer: {0}")]
    Simulation(String),
    /// It would take more gas than the operator allows.
    #[error("the transfer needs {0} units of gas, which is too much")]
    Gas(u64),
    /// The node or the database does not answer, or gas is too dear. The same may do later.
    #[error("settlement is not available now: {0}")]
    Unavailable(String),
}

impl Refusal {
    /// The code that a facilitator answers.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Network => ErrorCode::Network,
            Self::Asset(_) | Self::Recipient(_) => ErrorCode::Requirements,
            Self::PayTo => ErrorCode::Recipient,
            Self::Amount => ErrorCode::Value,
            Self::TooEarly => ErrorCode::ValidAfter,
            Self::TooLate => ErrorCode::ValidBefore,
            Self::Signature(_) => ErrorCode::Signature,
            Self::NoContract => ErrorCode::AssetNotDeployed,
            Self::Balance => ErrorCode::InsufficientFunds,
            Self::NonceUsed => ErrorCode::NonceUsed,
            Self::InFlight => ErrorCode::SettlementPending,
            Self::Simulation(_) | Self::Gas(_) => ErrorCode::SimulationFailed,
            Self::Unavailable(_) => ErrorCode::UnexpectedSettle,
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<farebox_evm::RpcError> for Refusal {
    fn from(error: farebox_evm::RpcError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::ValidAfter => Self::TooEarly,
            VerifyError::ValidBefore | VerifyError::ValidTooLong => Self::TooLate,
            error => Self::Signature(error.to_string()),
        }
    }
}

impl From<SignatureError> for Refusal {
    fn from(error: SignatureError) -> Self {
        Self::Signature(error.to_string())
    }
}
