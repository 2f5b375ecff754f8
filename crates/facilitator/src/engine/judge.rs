//! What the chain proves of a payment, and what is to be done next. Pure.

use super::evidence::Use;
use super::payment::Failure;
use farebox_evm::{B256, U256};

/// An unused authorization is believed to be dead this many seconds after its time: blocks that
/// are replaced by others could be older.
pub(crate) const EXPIRY_MARGIN_S: u64 = 120;

/// What the chain says, all of it as of one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The block's height.
    pub(crate) block: u64,
    /// The block's time, in seconds since 1970.
    pub(crate) time: u64,
    /// Whether the token says that the nonce is used.
    pub(crate) is_used: bool,
    /// What used it, when that was found.
    pub(crate) used_by: Option<(B256, Use)>,
    /// Our transactions, the newest first.
    pub(crate) transactions: Vec<OurTransaction>,
    /// When the authorization ends, in seconds since 1970.
    pub(crate) valid_before: U256,
}

/// One of our transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OurTransaction {
    pub(crate) hash: B256,
    /// The block in which it was refused by the token.
    pub(crate) reverted_in: Option<u64>,
    /// Whether its number is taken as of the block: if it is not mined by then, it never will be.
    pub(crate) is_overtaken: bool,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The money moved.
    Settled(B256),
    /// It did not, and will not.
    Failed(Failure, Option<B256>),
    /// The nonce is used and nobody knows by what: nothing can be said until that is found.
    Unknown,
    /// A transaction may still be mined; the node is given it again.
    Wait,
    /// Nothing of ours can be mined any more and the nonce is free: it is sent anew.
    Send,
}

pub(crate) fn judge(facts: &Facts) -> Step {
    if facts.is_used {
        return match facts.used_by {
            Some((hash, Use::CarriedOut)) => Step::Settled(hash),
            Some((hash, Use::Elsewhere)) => Step::Failed(Failure::UsedElsewhere, Some(hash)),
            Some((hash, Use::Cancelled)) => Step::Failed(Failure::Cancelled, Some(hash)),
            Some((_, Use::Unclear)) | None => Step::Unknown,
        };
    }
    // As of this block the nonce is free, so nothing that was mined until then has moved money.
    let is_over = |transaction: &OurTransaction| {
        transaction.is_overtaken || transaction.reverted_in.is_some_and(|at| at <= facts.block)
    };
    if !facts.transactions.iter().all(is_over) {
        return Step::Wait;
    }
    let end = U256::from(facts.time.saturating_sub(EXPIRY_MARGIN_S));
    if facts.valid_before <= end {
        let newest = facts.transactions.first().map(|transaction| transaction.hash);
        return Step::Failed(Failure::Expired, newest);
    }
    let reverted = facts.transactions.iter().find(|transaction| transaction.reverted_in.is_some());
    match reverted {
        Some(transaction) => Step::Failed(Failure::Reverted, Some(transaction.hash)),
        None => Step::Send,
    }
}
