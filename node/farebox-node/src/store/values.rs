//! Hashes and preimages as the record keeps them.

use super::StoreError;
use ldk_node::lightning_types::payment::{PaymentHash, PaymentPreimage};

pub(super) fn hash(bytes: &[u8]) -> Result<PaymentHash, StoreError> {
    bytes.try_into().map(PaymentHash).map_err(|_| StoreError::Unreadable("a payment hash"))
}

pub(super) fn preimage(bytes: Option<Vec<u8>>) -> Result<Option<PaymentPreimage>, StoreError> {
    let read = |bytes: Vec<u8>| {
        let unreadable = |_| StoreError::Unreadable("a preimage");
        bytes.try_into().map(PaymentPreimage).map_err(unreadable)
    };
    bytes.map(read).transpose()
}
