//! Signed transactions are what a node reads, by the eyes of another decoder.

#![allow(clippy::unwrap_used, reason = "tests")]

use farebox_evm::{Address, Bytes, EvmKey, Fees, U256, UnsignedTransaction};
use farebox_testing::evm_node::decode;
use proptest::prelude::*;

fn transaction() -> impl Strategy<Value = UnsignedTransaction> {
    let numbers = (any::<u64>(), any::<u64>(), any::<u128>(), any::<u128>(), any::<u64>());
    (numbers, any::<[u8; 20]>(), any::<Vec<u8>>()).prop_map(|(numbers, to, data)| {
        let (chain_id, nonce, max_fee, max_priority_fee, gas_limit) = numbers;
        UnsignedTransaction {
            chain_id,
            nonce,
            fees: Fees { max_fee, max_priority_fee },
            gas_limit,
            to: Address::new(to),
            value: U256::ZERO,
            data: Bytes::from(data),
        }
    })
}

proptest! {
    #[test]
    fn what_is_signed_is_what_is_read(transaction in transaction(), secret in 1..255_u8) {
        let key = EvmKey::new([secret; 32]).unwrap();
        let signed = transaction.sign(&key);
        let read = decode(&signed.raw).unwrap();
        prop_assert_eq!(read.hash, signed.hash);
        prop_assert_eq!(read.from, key.address());
        prop_assert_eq!(read.chain_id, transaction.chain_id);
        prop_assert_eq!(read.nonce, transaction.nonce);
        prop_assert_eq!(read.max_fee, transaction.fees.max_fee);
        prop_assert_eq!(read.max_priority_fee, transaction.fees.max_priority_fee);
        prop_assert_eq!(read.gas_limit, transaction.gas_limit);
        prop_assert_eq!(read.to, transaction.to);
        prop_assert_eq!(read.data, transaction.data);
    }
}
