//! A signed transaction is handed to the node, and what its answer means.

use crate::calls;
use crate::error::RpcError;
use crate::rpc::Rpc;
use crate::transaction::SignedTransaction;
use std::time::Duration;

/// The same bytes are handed over again when the answer got lost.
const TRIES_MAX: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broadcast {
    /// The node has it.
    Accepted,
    /// The node may have it.
    Unknown,
    /// The node does not have it, and has another of the same number.
    NumberTaken(RpcError),
    /// The node does not take it at this price.
    FeeTooLow(RpcError),
    /// The node does not have it.
    Refused(RpcError),
}

pub(super) async fn broadcast(rpc: &Rpc, signed: &SignedTransaction) -> Broadcast {
    let mut may_be_there = false;
    let mut unreachable = None;
    for attempt in 0..TRIES_MAX {
        if attempt > 0 {
            tokio::time::sleep(PAUSE * attempt).await;
        }
        match rpc.call(calls::send_raw_transaction(&signed.raw)).await {
            Ok(hash) if hash == signed.hash => return Broadcast::Accepted,
            Err(error @ RpcError::Refused { .. }) => {
                let refusal = read_refusal(error);
                // A refusal of the repeat says nothing of the first: it may be mined by now.
                let is_settled = refusal == Broadcast::Accepted || !may_be_there;
                return if is_settled { refusal } else { Broadcast::Unknown };
            }
            Err(error @ RpcError::Unreachable(_)) => unreachable = Some(error),
            Ok(_) | Err(_) => may_be_there = true,
        }
    }
    match unreachable {
        Some(error) if !may_be_there => Broadcast::Refused(error),
        _ => Broadcast::Unknown,
    }
}

/// Nodes have no common codes for these; the words are those of geth, erigon, nethermind, besu and
/// reth.
fn read_refusal(error: RpcError) -> Broadcast {
    let RpcError::Refused { message, .. } = &error else { return Broadcast::Refused(error) };
    let message = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
    if says(&["already known", "alreadyknown", "already imported", "known transaction"]) {
        return Broadcast::Accepted;
    }
    let taken = ["nonce too low", "nonce is too low", "oldnonce", "replacement", "invalid nonce"];
    if says(&taken) {
        return Broadcast::NumberTaken(error);
    }
    if says(&["underpriced", "less than block base fee", "fee too low", "feetoolow"]) {
        return Broadcast::FeeTooLow(error);
    }
    Broadcast::Refused(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(message: &str) -> Broadcast {
        let message = message.to_owned();
        read_refusal(RpcError::Refused { code: -32000, message, data: None })
    }

    #[test]
    fn refusals_are_told_apart() {
        assert_eq!(refused("already known"), Broadcast::Accepted);
        let taken =
            ["nonce too low: next nonce 5, tx nonce 4", "replacement transaction underpriced"];
        for text in taken {
            assert!(matches!(refused(text), Broadcast::NumberTaken(_)), "{text}");
        }
        let priced = ["transaction underpriced", "max fee per gas less than block base fee: 1"];
        for text in priced {
            assert!(matches!(refused(text), Broadcast::FeeTooLow(_)), "{text}");
        }
        let text = "insufficient funds for gas * price + value";
        assert!(matches!(refused(text), Broadcast::Refused(_)));
    }
}
