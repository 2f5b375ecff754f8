//! Signed transactions of EIP-1559, read back from their bytes.

use alloy_rlp::{Decodable, Header};
use farebox_wire::evm::{Address, B256, Bytes, Signature, U256, keccak256};

/// A transaction as a node reads it.
#[derive(Clone, Debug)]
pub struct RawTransaction {
    /// Its name.
    pub hash: B256,
    /// Whose signature it has.
    pub from: Address,
    /// The chain.
    pub chain_id: u64,
    /// The sender's count.
    pub nonce: u64,
    /// In wei for each unit of gas.
    pub max_priority_fee: u128,
    /// In wei for each unit of gas.
    pub max_fee: u128,
    /// Units.
    pub gas_limit: u64,
    /// The contract.
    pub to: Address,
    /// The call.
    pub data: Bytes,
}

/// Reads the bytes; `None` when they are no such transaction.
#[must_use]
pub fn decode(raw: &[u8]) -> Option<RawTransaction> {
    let (2, mut rest) = (*raw.first()?, raw.get(1..)?) else { return None };
    let header = Header::decode(&mut rest).ok()?;
    if !header.list || rest.len() != header.payload_length {
        return None;
    }
    let fields = rest;
    let number = |rest: &mut &[u8]| u64::decode(rest).ok();
    let (chain_id, nonce) = (number(&mut rest)?, number(&mut rest)?);
    let max_priority_fee = u128::decode(&mut rest).ok()?;
    let max_fee = u128::decode(&mut rest).ok()?;
    let gas_limit = number(&mut rest)?;
    let to = Address::from_slice(Header::decode_bytes(&mut rest, false).ok()?);
    let value = Header::decode_bytes(&mut rest, false).ok()?;
    let data = Bytes::copy_from_slice(Header::decode_bytes(&mut rest, false).ok()?);
    let access = Header::decode(&mut rest).ok()?;
    if !access.list || access.payload_length != 0 || !value.is_empty() {
        return None;
    }
    let unsigned = fields.get(..fields.len() - rest.len())?;
    let is_odd = bool::decode(&mut rest).ok()?;
    let (r, s) = (word(&mut rest)?, word(&mut rest)?);
    let mut message = vec![2];
    Header { list: true, payload_length: unsigned.len() }.encode(&mut message);
    message.extend_from_slice(unsigned);
    let signature = [&r.to_be_bytes::<32>()[..], &s.to_be_bytes::<32>(), &[27 + u8::from(is_odd)]];
    let from = Signature::new(signature.concat()).ok()?.recover(keccak256(message)).ok()?;
    let hash = keccak256(raw);
    Some(RawTransaction {
        hash,
        from,
        chain_id,
        nonce,
        max_priority_fee,
        max_fee,
        gas_limit,
        to,
        data,
    })
}

fn word(rest: &mut &[u8]) -> Option<U256> {
    let bytes = Header::decode_bytes(rest, false).ok()?;
    (bytes.len() <= 32 && bytes.first() != Some(&0)).then(|| U256::from_be_slice(bytes))
}
