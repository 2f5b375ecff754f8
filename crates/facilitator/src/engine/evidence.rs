//! What the logs of a transaction prove. Pure.

use super::payment::Payment;
use farebox_evm::{Address, B256, Log, MinedStatus, Receipt};
use farebox_wire::evm::{
    AuthorizationUsed, TokenTransfer, decode_authorization_used, decode_transfer, keccak256,
};
use std::sync::LazyLock;

/// The event by which a payer makes a nonce useless (EIP-3009).
static AUTHORIZATION_CANCELED: LazyLock<B256> =
    LazyLock::new(|| keccak256("AuthorizationCanceled(address,bytes32)"));
static AUTHORIZATION_USED: LazyLock<B256> =
    LazyLock::new(|| keccak256("AuthorizationUsed(address,bytes32)"));

/// What a mined transaction did with a payment's nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It moved the money as authorized.
    CarriedOut,
    /// It spent the nonce on something else.
    Elsewhere,
    /// It cancelled the authorization.
    Cancelled,
    /// It is not seen what it did.
    Unclear,
}

/// The topics of the events that spend a nonce.
pub(crate) fn spending_topics() -> [B256; 2] {
    [*AUTHORIZATION_USED, *AUTHORIZATION_CANCELED]
}

/// Reads what a transaction did with a payment's nonce; `None` when it did nothing with it.
///
/// Somebody else's transaction can carry out several authorizations of one payer, so a transfer
/// counts for the one whose event stands right before it: otherwise one transfer could pay twice.
/// A call of the token itself carries out one authorization, in whatever order it logs.
pub(crate) fn read_use(receipt: &Receipt, payment: &Payment) -> Option<Use> {
    if receipt.outcome() != MinedStatus::Success {
        return None;
    }
    let place = receipt.logs.iter().position(|log| spends(log, payment))?;
    let spending = receipt.logs.get(place)?;
    if spending.topics.first() == Some(&*AUTHORIZATION_CANCELED) {
        return Some(Use::Cancelled);
    }
    let token = payment.asset.address;
    if receipt.to == Some(token) {
        let mut transfers = receipt.logs.iter().filter_map(|log| transfer(log, token));
        let carried_out = transfers.any(|transfer| is_of(transfer, payment));
        return Some(if carried_out { Use::CarriedOut } else { Use::Elsewhere });
    }
    Some(match receipt.logs.get(place + 1).map(|log| transfer(log, token)) {
        Some(Some(transfer)) if is_of(transfer, payment) => Use::CarriedOut,
        Some(Some(transfer)) if transfer.from == payment.authorization.from => Use::Elsewhere,
        _ => Use::Unclear,
    })
}

fn spends(log: &Log, payment: &Payment) -> bool {
    let authorization = &payment.authorization;
    if log.removed || log.address != payment.asset.address {
        return false;
    }
    if log.topics.first() == Some(&*AUTHORIZATION_CANCELED) {
        let payer = authorization.from.into_word();
        return log.topics.get(1..) == Some(&[payer, authorization.nonce]);
    }
    let expected = AuthorizationUsed { authorizer: authorization.from, nonce: authorization.nonce };
    decode_authorization_used(&log.topics, &log.data) == Some(expected)
}

fn transfer(log: &Log, token: Address) -> Option<TokenTransfer> {
    if log.address != token { None } else { decode_transfer(&log.topics, &log.data) }
}

fn is_of(transfer: TokenTransfer, payment: &Payment) -> bool {
    let authorization = &payment.authorization;
    transfer.from == authorization.from
        && transfer.to == authorization.to
        && transfer.value == authorization.value
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_evm::{Bytes, U256};
    use farebox_wire::evm::{AssetId, ChainId, Signature, TransferAuthorization};

    const TOKEN: Address = Address::repeat_byte(1);
    const PAYER: Address = Address::repeat_byte(2);
    const SELLER: Address = Address::repeat_byte(3);
    const STRANGER: Address = Address::repeat_byte(4);

    fn payment(nonce: u8) -> Payment {
        Payment {
            asset: AssetId { chain: ChainId::new(1), address: TOKEN },
            authorization: TransferAuthorization {
                from: PAYER,
                to: SELLER,
                value: U256::from(5),
                valid_after: U256::ZERO,
                valid_before: U256::MAX,
                nonce: B256::repeat_byte(nonce),
            },
            signature: Signature::new(vec![1]).unwrap(),
        }
    }

    fn log(address: Address, topics: Vec<B256>, data: Bytes) -> Log {
        serde_json::from_value(serde_json::json!({
            "address": address, "topics": topics, "data": data, "logIndex": "0x0",
            "transactionHash": B256::ZERO, "blockNumber": "0x1",
        }))
        .unwrap()
    }

    fn used(nonce: u8) -> Log {
        let topics = vec![*AUTHORIZATION_USED, PAYER.into_word(), B256::repeat_byte(nonce)];
        log(TOKEN, topics, Bytes::new())
    }

    fn moved(token: Address, to: Address, value: u64) -> Log {
        let event = keccak256("Transfer(address,address,uint256)");
        let value = Bytes::from(U256::from(value).to_be_bytes::<32>());
        log(token, vec![event, PAYER.into_word(), to.into_word()], value)
    }

    fn receipt(to: Address, status: &str, logs: Vec<Log>) -> Receipt {
        let mut receipt: Receipt = serde_json::from_value(serde_json::json!({
            "transactionHash": B256::ZERO, "blockNumber": "0x1", "from": STRANGER, "to": to,
            "status": status, "logs": [], "gasUsed": "0x1",
        }))
        .unwrap();
        receipt.logs = logs;
        receipt
    }

    #[test]
    fn one_transfer_pays_for_one_authorization() {
        // Two authorizations in one transaction of a stranger, of which the second paid others.
        let logs = vec![used(1), moved(TOKEN, SELLER, 5), used(2), moved(TOKEN, STRANGER, 5)];
        let receipt = receipt(STRANGER, "0x1", logs);
        assert_eq!(read_use(&receipt, &payment(1)), Some(Use::CarriedOut));
        assert_eq!(read_use(&receipt, &payment(2)), Some(Use::Elsewhere));
        assert_eq!(read_use(&receipt, &payment(3)), None);
    }

    #[test]
    fn only_the_token_s_own_logs_count() {
        let own = |logs| read_use(&receipt(TOKEN, "0x1", logs), &payment(1));
        assert_eq!(own(vec![used(1), moved(TOKEN, SELLER, 5)]), Some(Use::CarriedOut));
        assert_eq!(own(vec![moved(TOKEN, SELLER, 5), used(1)]), Some(Use::CarriedOut));
        assert_eq!(own(vec![used(1), moved(STRANGER, SELLER, 5)]), Some(Use::Elsewhere));
        assert_eq!(own(vec![used(1), moved(TOKEN, SELLER, 4)]), Some(Use::Elsewhere));
        assert_eq!(own(vec![moved(TOKEN, SELLER, 5)]), None);
    }

    #[test]
    fn a_transaction_that_reverted_did_nothing() {
        let logs = vec![used(1), moved(TOKEN, SELLER, 5)];
        assert_eq!(read_use(&receipt(TOKEN, "0x0", logs), &payment(1)), None);
    }

    #[test]
    fn an_authorization_can_be_cancelled() {
        let topics = vec![*AUTHORIZATION_CANCELED, PAYER.into_word(), B256::repeat_byte(1)];
        let receipt = receipt(TOKEN, "0x1", vec![log(TOKEN, topics, Bytes::new())]);
        assert_eq!(read_use(&receipt, &payment(1)), Some(Use::Cancelled));
    }
}
