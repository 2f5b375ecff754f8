//! Ethereum and its kin as data: addresses, amounts, known tokens, EIP-712 signatures of
//! EIP-3009 transfers, and the few calls and logs that a payment needs.
//!
//! Sources: EIP-55 (addresses), EIP-712 (typed data), EIP-3009 (`transferWithAuthorization`),
//! EIP-1271 (signatures of contracts), CAIP-2 (names of networks).

mod abi;
mod address;
mod amount;
mod asset;
mod asset_table;
mod authorization;
mod key;
mod network;
mod personal;
mod signature;

pub use abi::{
    AuthorizationUsed, EIP1271_MAGIC, TokenTransfer, TransferWithMemo, accepts_signature,
    authorization_state_call, balance_of_call, decode_authorization_used, decode_bool,
    decode_transfer, decode_transfer_with_memo, decode_uint256, is_valid_signature_call,
    transfer_with_authorization_call, transfer_with_memo_call,
};
pub use address::{AddressError, is_evm_address, parse_address};
pub use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
pub use amount::{
    AMOUNT_LEN_MAX, AmountError, from_micro_usd, parse_amount, to_decimal, to_micro_usd_ceil,
};
pub use asset::{Asset, AssetId, SOLANA_ASSETS, SolanaAsset, TransferMethod, known_asset};
pub use asset_table::ASSETS;
pub use authorization::{TokenDomain, TransferAuthorization};
pub use key::{EvmKey, KeyError};
pub use network::{ChainId, Network, SolanaCluster, is_caip2};
pub use personal::{personal_digest, recover_personal};
pub use signature::{SIGNATURE_LEN_MAX, Signature, SignatureError};
