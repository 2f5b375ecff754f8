//! Transactions of EIP-1559: built, signed, and nothing else.

use crate::fees::Fees;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::{BufMut, Encodable, Header};
use farebox_wire::evm::EvmKey;

/// The type of these transactions (EIP-2718).
const TYPE: u8 = 2;

/// A transaction that calls a contract or pays an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedTransaction {
    /// The chain's number.
    pub chain_id: u64,
    /// How many transactions the account sent before.
    pub nonce: u64,
    /// What is paid for gas.
    pub fees: Fees,
    /// Units of gas at most.
    pub gas_limit: u64,
    /// The contract or account.
    pub to: Address,
    /// Wei that go along.
    pub value: U256,
    /// The call.
    pub data: Bytes,
}

/// A transaction as it is sent to nodes; whoever has it can send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTransaction {
    /// Its name on the chain.
    pub hash: B256,
    /// Who sends it.
    pub from: Address,
    /// How many transactions the account sent before.
    pub nonce: u64,
    /// What is paid for gas.
    pub fees: Fees,
    /// What nodes take.
    pub raw: Bytes,
}

impl UnsignedTransaction {
    /// Signs; the same transaction and key give the same bytes each time.
    #[must_use]
    pub fn sign(&self, key: &EvmKey) -> SignedTransaction {
        let (is_odd, signature) = key.sign_parity(keccak256(self.encode(None)));
        let (r, s) = signature.split_at(32);
        let raw = self.encode(Some((is_odd, U256::from_be_slice(r), U256::from_be_slice(s))));
        SignedTransaction {
            hash: keccak256(&raw),
            from: key.address(),
            nonce: self.nonce,
            fees: self.fees,
            raw: raw.into(),
        }
    }

    fn encode(&self, signature: Option<(bool, U256, U256)>) -> Vec<u8> {
        let mut fields = Vec::new();
        self.chain_id.encode(&mut fields);
        self.nonce.encode(&mut fields);
        self.fees.max_priority_fee.encode(&mut fields);
        self.fees.max_fee.encode(&mut fields);
        self.gas_limit.encode(&mut fields);
        self.to.encode(&mut fields);
        self.value.encode(&mut fields);
        self.data.encode(&mut fields);
        // The list of accounts and places that the call announces: empty.
        Header { list: true, payload_length: 0 }.encode(&mut fields);
        if let Some((is_odd, r, s)) = signature {
            is_odd.encode(&mut fields);
            r.encode(&mut fields);
            s.encode(&mut fields);
        }
        let mut raw = vec![TYPE];
        Header { list: true, payload_length: fields.len() }.encode(&mut raw);
        raw.put_slice(&fields);
        raw
    }
}
