//! What is to be settled, and what may come of it.

use farebox_evm::{Address, B256, U256};
use farebox_wire::evm::{AssetId, Signature, TransferAuthorization, keccak256};
use farebox_wire::x402::ExactEvmPayload;
use std::fmt;

/// A signed authorization of a token (EIP-3009).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The token.
    pub asset: AssetId,
    /// What is allowed.
    pub authorization: TransferAuthorization,
    /// By whom, not yet checked.
    pub signature: Signature,
}

/// The name of a payment in the store: one for each nonce of a payer with a token of a chain, as
/// the token takes each of them once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentId(B256);

impl PaymentId {
    pub(crate) const fn new(id: B256) -> Self {
        Self(id)
    }

    pub(crate) const fn digest(self) -> B256 {
        self.0
    }
}

impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Payment {
    pub(crate) fn payload(&self) -> ExactEvmPayload {
        let (authorization, signature) = (self.authorization, self.signature.clone());
        ExactEvmPayload { authorization, signature }
    }

    /// Its name in the store.
    #[must_use]
    pub fn id(&self) -> PaymentId {
        let mut bytes = Vec::with_capacity(80);
        bytes.extend_from_slice(&self.asset.chain.get().to_be_bytes());
        bytes.extend_from_slice(self.asset.address.as_slice());
        bytes.extend_from_slice(self.authorization.from.as_slice());
        bytes.extend_from_slice(self.authorization.nonce.as_slice());
        PaymentId(keccak256(bytes))
    }
}

/// What a seller asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Who is to be paid.
    pub pay_to: Address,
    /// How much.
    pub amount: AmountRule,
}

/// How the amount is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountRule {
    /// Exactly this (x402 version 2).
    Exactly(U256),
    /// This or more (x402 version 1).
    AtLeast(U256),
}

/// What became of a payment that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The money moved; the chain says so.
    Settled {
        /// The transaction.
        transaction: B256,
        /// Whether a caller was told so before: whoever keeps no record of payments of his own must
        /// not deliver again.
        is_repeat: bool,
    },
    /// It may have moved. The same payment, settled again, brings the outcome.
    Pending {
        /// The transaction that was sent last, when there is one.
        transaction: Option<B256>,
    },
    /// It did not move, and by this payment it will not; the chain proves it.
    Failed {
        /// Why.
        failure: Failure,
        /// The transaction that proves it, when there is one.
        transaction: Option<B256>,
    },
}

/// Why a payment that was taken did not move money, each with its proof on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The transaction was mined and the token refused it.
    Reverted,
    /// The payer's nonce was used for another transfer.
    UsedElsewhere,
    /// The payer cancelled the authorization.
    Cancelled,
    /// It was unused when its time was over.
    Expired,
}

impl Failure {
    const ALL: [Self; 4] = [Self::Reverted, Self::UsedElsewhere, Self::Cancelled, Self::Expired];

    /// How it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reverted => "reverted",
            Self::UsedElsewhere => "used_elsewhere",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.name() == name)
    }
}
