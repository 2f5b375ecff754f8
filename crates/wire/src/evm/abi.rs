//! The few calls and logs of contracts that a payment needs.

use super::{Address, B256, Bytes, Signature, TransferAuthorization, U256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};

mod contract {
    #![allow(missing_docs, reason = "written by a macro")]
    alloy_sol_types::sol! {
        function transferWithAuthorization(address from, address to, uint256 value,
            uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s);
        function transferWithAuthorization(address from, address to, uint256 value,
            uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature);
        function authorizationState(address authorizer, bytes32 nonce) returns (bool);
        function balanceOf(address account) returns (uint256);
        function isValidSignature(bytes32 hash, bytes signature) returns (bytes4);
        function transferWithMemo(address to, uint256 value, bytes32 memo);
        event Transfer(address indexed from, address indexed to, uint256 value);
        event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce);
        event TransferWithMemo(address indexed from, address indexed to, uint256 value,
            bytes32 indexed memo);
    }
}

/// What a contract answers to `isValidSignature` when it takes a signature (EIP-1271).
pub const EIP1271_MAGIC: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];

/// The log `Transfer` of ERC-20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenTransfer {
    /// Who paid.
    pub from: Address,
    /// Who was paid.
    pub to: Address,
    /// How much, in units of the token.
    pub value: U256,
}

/// The log `AuthorizationUsed` of EIP-3009: the nonce is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorizationUsed {
    /// Who signed.
    pub authorizer: Address,
    /// The nonce of the authorization.
    pub nonce: B256,
}

/// The log `TransferWithMemo` of TIP-20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferWithMemo {
    /// Who paid.
    pub from: Address,
    /// Who was paid.
    pub to: Address,
    /// How much, in units of the token.
    pub value: U256,
    /// What the payer says it is for.
    pub memo: B256,
}

/// The call that carries out an authorization: the overload with `v, r, s` for 65 bytes, the one
/// with `bytes` for every other length (signatures that contracts check).
#[must_use]
pub fn transfer_with_authorization_call(
    authorization: &TransferAuthorization,
    signature: &Signature,
) -> Bytes {
    let TransferAuthorization { from, to, value, valid_after, valid_before, nonce } =
        *authorization;
    match signature.parts() {
        Ok((v, r, s)) => contract::transferWithAuthorization_0Call {
            from,
            to,
            value,
            validAfter: valid_after,
            validBefore: valid_before,
            nonce,
            v,
            r,
            s,
        }
        .abi_encode(),
        Err(_) => contract::transferWithAuthorization_1Call {
            from,
            to,
            value,
            validAfter: valid_after,
            validBefore: valid_before,
            nonce,
            signature: signature.as_bytes().clone(),
        }
        .abi_encode(),
    }
    .into()
}

/// Asks an EIP-3009 token whether a nonce is spent; [`decode_bool`] reads the answer.
#[must_use]
pub fn authorization_state_call(authorizer: Address, nonce: B256) -> Bytes {
    contract::authorizationStateCall { authorizer, nonce }.abi_encode().into()
}

/// Asks a token what an account holds; [`decode_uint256`] reads the answer.
#[must_use]
pub fn balance_of_call(account: Address) -> Bytes {
    contract::balanceOfCall { account }.abi_encode().into()
}

/// Asks an account's contract whether it takes a signature (EIP-1271); [`accepts_signature`]
/// reads the answer.
#[must_use]
pub fn is_valid_signature_call(digest: B256, signature: &Signature) -> Bytes {
    let signature = signature.as_bytes().clone();
    contract::isValidSignatureCall { hash: digest, signature }.abi_encode().into()
}

/// Moves tokens with a word for the payee (TIP-20, selector `0x95777d59`).
#[must_use]
pub fn transfer_with_memo_call(to: Address, value: U256, memo: B256) -> Bytes {
    contract::transferWithMemoCall { to, value, memo }.abi_encode().into()
}

/// Reads the answer of a call that returns `bool`: one word, 0 or 1.
#[must_use]
pub fn decode_bool(answer: &[u8]) -> Option<bool> {
    (answer.len() == 32).then(|| bool::abi_decode_validate(answer).ok()).flatten()
}

/// Reads the answer of a call that returns `uint256`: one word.
#[must_use]
pub fn decode_uint256(answer: &[u8]) -> Option<U256> {
    (answer.len() == 32).then(|| U256::abi_decode_validate(answer).ok()).flatten()
}

/// Whether a contract's answer to [`is_valid_signature_call`] says yes: one word that begins with
/// [`EIP1271_MAGIC`] and is zero after it.
#[must_use]
pub fn accepts_signature(answer: &[u8]) -> bool {
    let mut yes = [0; 32];
    yes[..4].copy_from_slice(&EIP1271_MAGIC);
    answer == yes
}

/// Reads a log; `None` when it is another one or not whole. The caller checks which contract
/// wrote it.
#[must_use]
pub fn decode_transfer(topics: &[B256], data: &[u8]) -> Option<TokenTransfer> {
    let log = contract::Transfer::decode_raw_log_validate(topics.iter().copied(), data).ok()?;
    Some(TokenTransfer { from: log.from, to: log.to, value: log.value })
}

/// Reads a log; `None` when it is another one or not whole. The caller checks which contract
/// wrote it.
#[must_use]
pub fn decode_authorization_used(topics: &[B256], data: &[u8]) -> Option<AuthorizationUsed> {
    let log =
        contract::AuthorizationUsed::decode_raw_log_validate(topics.iter().copied(), data).ok()?;
    Some(AuthorizationUsed { authorizer: log.authorizer, nonce: log.nonce })
}

/// Reads a log; `None` when it is another one or not whole. The caller checks which contract
/// wrote it.
#[must_use]
pub fn decode_transfer_with_memo(topics: &[B256], data: &[u8]) -> Option<TransferWithMemo> {
    let log =
        contract::TransferWithMemo::decode_raw_log_validate(topics.iter().copied(), data).ok()?;
    Some(TransferWithMemo { from: log.from, to: log.to, value: log.value, memo: log.memo })
}
