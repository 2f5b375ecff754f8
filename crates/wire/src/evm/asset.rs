//! Tokens that we know: what they are called, how fine they are, what they are worth.

use super::{Address, ChainId, SolanaCluster, TokenDomain, asset_table::ASSETS};
use std::fmt;

/// How a token is taken from a payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferMethod {
    /// `transferWithAuthorization` of the token itself (EIP-3009).
    Eip3009,
    /// Through the Permit2 contract, since the token has no EIP-3009.
    Permit2,
}

/// One token on one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AssetId {
    /// The chain.
    pub chain: ChainId,
    /// The token's contract.
    pub address: Address,
}

/// What is known of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Where it is.
    pub id: AssetId,
    /// What people call it: `USDC`.
    pub symbol: &'static str,
    /// Name and version of the EIP-712 domain, as the contract on this chain has them. `None`
    /// where a contract has none that a payment uses.
    pub domain: Option<(&'static str, &'static str)>,
    /// One token is 10 to the power of this many units.
    pub decimals: u8,
    /// How it is taken from a payer.
    pub method: TransferMethod,
    /// Whether one token is meant to be worth one US dollar.
    pub is_dollar: bool,
}

impl Asset {
    /// Whether the token is on a network for tests, and so worth nothing.
    #[must_use]
    pub fn is_testnet(&self) -> bool {
        self.id.chain.is_testnet()
    }

    /// The EIP-712 domain of the token.
    #[must_use]
    pub fn token_domain(&self) -> Option<TokenDomain> {
        let (name, version) = self.domain?;
        Some(TokenDomain { name: name.to_owned(), version: version.to_owned(), id: self.id })
    }
}

/// Looks a token up in [`ASSETS`].
#[must_use]
pub fn known_asset(id: AssetId) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.id == id)
}

/// A token on Solana: paid through remote facilitators only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SolanaAsset {
    /// The network.
    pub cluster: SolanaCluster,
    /// The mint's address, in base 58.
    pub mint: &'static str,
    /// What people call it.
    pub symbol: &'static str,
    /// One token is 10 to the power of this many units.
    pub decimals: u8,
}

/// The tokens on Solana that we know; each is meant to be worth one US dollar.
pub const SOLANA_ASSETS: [SolanaAsset; 2] = [
    SolanaAsset {
        cluster: SolanaCluster::Mainnet,
        mint: "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        symbol: "USDC",
        decimals: 6,
    },
    SolanaAsset {
        cluster: SolanaCluster::Devnet,
        mint: "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU",
        symbol: "USDC",
        decimals: 6,
    },
];

/// `eip155:8453/0x8335…`, with the address in its checksummed form.
impl fmt::Display for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "eip155:{}/{}", self.chain, self.address.to_checksum(None))
    }
}
