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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hash() -> impl Strategy<Value = B256> {
        any::<u8>().prop_map(B256::repeat_byte)
    }

    fn used_by() -> impl Strategy<Value = Option<(B256, Use)>> {
        let uses = [Use::CarriedOut, Use::Elsewhere, Use::Cancelled, Use::Unclear];
        prop::option::of((hash(), prop::sample::select(uses.to_vec())))
    }

    fn transaction() -> impl Strategy<Value = OurTransaction> {
        (hash(), prop::option::of(0..20_u64), any::<bool>()).prop_map(
            |(hash, reverted_in, is_overtaken)| OurTransaction { hash, reverted_in, is_overtaken },
        )
    }

    fn facts() -> impl Strategy<Value = Facts> {
        let transactions = prop::collection::vec(transaction(), 0..4);
        (0..20_u64, 0..2_000_u64, any::<bool>(), used_by(), transactions, 0..2_000_u64).prop_map(
            |(block, time, is_used, used_by, transactions, valid_before)| Facts {
                block,
                time,
                is_used,
                used_by,
                transactions,
                valid_before: U256::from(valid_before),
            },
        )
    }

    proptest! {
        #[test]
        fn settled_is_said_on_the_transfer_alone(facts in facts()) {
            let is_there = facts.is_used && matches!(facts.used_by, Some((_, Use::CarriedOut)));
            prop_assert_eq!(matches!(judge(&facts), Step::Settled(_)), is_there);
        }

        #[test]
        fn failed_is_said_on_proof_alone(facts in facts()) {
            let Step::Failed(failure, _) = judge(&facts) else { return Ok(()) };
            match failure {
                Failure::UsedElsewhere => prop_assert!(facts.is_used),
                Failure::Cancelled => prop_assert!(facts.is_used),
                Failure::Reverted => {
                    prop_assert!(!facts.is_used);
                    let reverted = |own: &OurTransaction| own.reverted_in.is_some();
                    prop_assert!(facts.transactions.iter().any(reverted));
                }
                Failure::Expired => {
                    prop_assert!(!facts.is_used);
                    prop_assert!(facts.valid_before < U256::from(facts.time));
                }
            }
        }

        #[test]
        fn nothing_is_concluded_or_sent_while_a_transaction_can_be_mined(facts in facts()) {
            let may_be_mined = |own: &OurTransaction| {
                !own.is_overtaken && own.reverted_in.is_none_or(|at| at > facts.block)
            };
            if !facts.is_used && facts.transactions.iter().any(may_be_mined) {
                prop_assert_eq!(judge(&facts), Step::Wait);
            }
        }

        #[test]
        fn what_is_used_is_never_sent_again(facts in facts()) {
            if facts.is_used {
                prop_assert!(!matches!(judge(&facts), Step::Send | Step::Wait));
            }
        }
    }
}
