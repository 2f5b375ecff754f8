//! EIP-3009: a signed permission to move tokens once.

use super::{AssetId, B256, EvmKey, Signature, SignatureError, U256};
use alloy_primitives::Address;
use alloy_sol_types::{Eip712Domain, SolStruct};

mod typed {
    #![allow(missing_docs, reason = "written by a macro")]
    alloy_sol_types::sol! {
        /// The typed data of EIP-3009.
        struct TransferWithAuthorization {
            address from;
            address to;
            uint256 value;
            uint256 validAfter;
            uint256 validBefore;
            bytes32 nonce;
        }
    }
}

/// What a token's signatures are bound to (EIP-712): its name and version, as its contract has
/// them, its chain and its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenDomain {
    /// The name in the contract, which is not always the symbol: `USD Coin`.
    pub name: String,
    /// The version in the contract.
    pub version: String,
    /// The token.
    pub id: AssetId,
}

/// A permission to move tokens from one account to another, once, within a time.
///
/// The token's contract takes it while `valid_after < time of the block < valid_before`, and each
/// nonce once per `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransferAuthorization {
    /// Who pays, and who signs.
    pub from: Address,
    /// Who is paid.
    pub to: Address,
    /// How much, in units of the token.
    pub value: U256,
    /// Good after this time, in seconds since 1970.
    pub valid_after: U256,
    /// Good before this time, in seconds since 1970.
    pub valid_before: U256,
    /// Any number that this payer has not used with this token.
    pub nonce: B256,
}

impl TokenDomain {
    /// The domain separator of EIP-712, which the contract returns as `DOMAIN_SEPARATOR()`.
    #[must_use]
    pub fn separator(&self) -> B256 {
        self.eip712().separator()
    }

    fn eip712(&self) -> Eip712Domain {
        Eip712Domain::new(
            Some(self.name.clone().into()),
            Some(self.version.clone().into()),
            Some(U256::from(self.id.chain.get())),
            Some(self.id.address),
            None,
        )
    }
}

impl TransferAuthorization {
    /// The 32 bytes that are signed (EIP-712).
    #[must_use]
    pub fn digest(&self, domain: &TokenDomain) -> B256 {
        let typed = typed::TransferWithAuthorization {
            from: self.from,
            to: self.to,
            value: self.value,
            validAfter: self.valid_after,
            validBefore: self.valid_before,
            nonce: self.nonce,
        };
        typed.eip712_signing_hash(&domain.eip712())
    }

    /// Signs. The same key, domain and authorization give the same signature each time.
    #[must_use]
    pub fn sign(&self, domain: &TokenDomain, key: &EvmKey) -> Signature {
        key.sign(self.digest(domain))
    }

    /// Whose key made a 65-byte signature of this. An account with code is not bound by it: its
    /// contract decides (EIP-1271).
    pub fn recover(
        &self,
        domain: &TokenDomain,
        signature: &Signature,
    ) -> Result<Address, SignatureError> {
        signature.recover(self.digest(domain))
    }
}
