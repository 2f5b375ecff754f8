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
