//! What a chain says of a signed payment.

use crate::Buyer;
use crate::run::Run;
use crate::store::{Signed, Transfer, now_s};
use farebox_evm::calls::{block, block_number, chain_id, receipt, transaction_count, view};
use farebox_evm::{BlockTag, MinedStatus, Rpc, RpcError};
use farebox_wire::evm::{B256, authorization_state_call, decode_bool};

/// An authorization counts as dead only so many seconds past its end, by the chain's clock and by
/// ours: blocks near it may still be replaced.
pub(super) const DEATH_MARGIN_S: u64 = 30;

/// A transaction counts as dead only for what happened so many blocks ago: newer blocks may still
/// be replaced, and the nodes behind one address are not all at the same block.
const CONFIRMATIONS: u64 = 12;

/// What became of a payment, or can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The money moved.
    Moved,
    /// It did not and never will; says why.
    Dead(String),
    /// It can still move.
    Open,
    /// Nobody could be asked; says why.
    Unknown(String),
}

impl Buyer {
    /// Asks the chain about a payment.
    pub(crate) async fn fate(&self, transfer: &Transfer) -> Fate {
        let chain = transfer.token.chain;
        let Some(node) = self.evm.as_ref().and_then(|evm| evm.node(chain)) else {
            return Fate::Unknown(format!("no node of the chain eip155:{chain} is configured"));
        };
        let asked = match transfer.signed {
            Signed::Authorization { valid_before } => {
                of_authorization(node, transfer, valid_before).await
            }
            Signed::Transaction { account_nonce, .. } => {
                of_transaction(node, transfer, transfer.key, account_nonce).await
            }
        };
        asked.unwrap_or_else(|error| Fate::Unknown(error.to_string()))
    }

    /// Whether a node of a payment's chain is configured.
    pub(crate) fn has_node(&self, transfer: &Transfer) -> bool {
        self.evm.as_ref().is_some_and(|evm| evm.node(transfer.token.chain).is_some())
    }
}

impl Run<'_> {
    /// Whether the chain says that the money moved.
    pub(super) async fn has_moved(&self, transfer: &Transfer) -> bool {
        self.buyer.fate(transfer).await == Fate::Moved
    }
}

/// A node of another chain would know nothing of this payment and call it unused.
async fn check_chain(node: &Rpc, transfer: &Transfer) -> Result<Option<Fate>, RpcError> {
    let found: u64 = node.call(chain_id()).await?.to();
    let own = transfer.token.chain.get();
    let other = || Fate::Unknown(format!("the node is one of the chain eip155:{found}, not {own}"));
    Ok((found != own).then(other))
}

/// State and time are of one block, so that no payment slips in between.
async fn of_authorization(
    node: &Rpc,
    transfer: &Transfer,
    valid_before: u64,
) -> Result<Fate, RpcError> {
    if let Some(other) = check_chain(node, transfer).await? {
        return Ok(other);
    }
    let Some(latest) = node.call(block(BlockTag::Latest)).await? else {
        return Ok(Fate::Unknown("the node has no block".to_owned()));
    };
    let call = authorization_state_call(transfer.payer, transfer.key);
    let at = BlockTag::Number(latest.number.to());
    let state = node.call(view(None, transfer.token.address, &call, at)).await?;
    let dead_at = valid_before.saturating_add(DEATH_MARGIN_S);
    let time: u64 = latest.timestamp.to();
    Ok(match decode_bool(&state) {
        Some(true) => Fate::Moved,
        Some(false) if time >= dead_at && now_s() >= dead_at => {
            Fate::Dead("it expired and the chain says that it was never used".to_owned())
        }
        Some(false) => Fate::Open,
        None => Fate::Unknown("the token does not say whether it was used".to_owned()),
    })
}

/// A transaction is dead once it failed, or another one took its place.
async fn of_transaction(
    node: &Rpc,
    transfer: &Transfer,
    hash: B256,
    account_nonce: u64,
) -> Result<Fate, RpcError> {
    if let Some(other) = check_chain(node, transfer).await? {
        return Ok(other);
    }
    let latest: u64 = node.call(block_number()).await?.to();
    let Some(settled) = latest.checked_sub(CONFIRMATIONS) else {
        let mined = node.call(receipt(hash)).await?;
        let moved = mined.is_some_and(|mined| mined.outcome() == MinedStatus::Success);
        return Ok(if moved { Fate::Moved } else { Fate::Open });
    };
    // The count first: what is mined after it was asked for is then found.
    let at = BlockTag::Number(settled);
    let sent: u64 = node.call(transaction_count(transfer.payer, at)).await?.to();
    Ok(match node.call(receipt(hash)).await? {
        Some(mined) => match mined.outcome() {
            MinedStatus::Success => Fate::Moved,
            MinedStatus::Reverted if mined.block_number.to::<u64>() <= settled => {
                Fate::Dead("the chain refused the transfer".to_owned())
            }
            MinedStatus::Reverted => Fate::Open,
        },
        None if sent > account_nonce => {
            Fate::Dead("another transaction of the same account took its place".to_owned())
        }
        None => Fate::Open,
    })
}
