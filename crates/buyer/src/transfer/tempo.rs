//! Payments on Tempo: the buyer brings a transaction onto the chain and shows its hash. As with
//! Lightning, the money moves first.

use super::chain::Fate;
use super::sign::SignedOffer;
use crate::BuyError;
use crate::backoff::Backoff;
use crate::evm_wallet::EvmWallet;
use crate::lock::Held;
use crate::observer::Step;
use crate::offer::TransferOffer;
use crate::proof::payment_header;
use crate::run::Run;
use crate::spend::{Charge, host_of};
use crate::store::{Signed, Transfer, TransferState, now_s};
use farebox_evm::calls::{
    block, chain_id, estimate_gas, max_priority_fee, send_raw_transaction, transaction_count,
};
use farebox_evm::{BlockTag, Fees, Rpc, RpcError, UnsignedTransaction, quote};
use farebox_money::MicroUsd;
use farebox_wire::evm::{Bytes, U256, transfer_with_memo_call};
use farebox_wire::mpp::attribution::attribution_memo;
use farebox_wire::mpp::methods::tempo::{TempoCharge, TempoPayload};
use farebox_wire::mpp::{Challenge, Credential, PayerSource};
use std::time::Duration;
use tokio::time::Instant;

/// How this program names itself in the memo.
const CLIENT: &str = "farebox";
/// What fees are counted in, in parts of a millionth of a dollar: Tempo's are dollars with 18
/// decimals.
const FEE_UNITS_PER_MICRO_USD: u128 = 1_000_000_000_000;
const POLL_FIRST: Duration = Duration::from_millis(200);
const POLL_MAX: Duration = Duration::from_secs(2);

impl Run<'_> {
    /// Builds and signs the transaction of an offer; nobody gets it yet. Also what it can cost
    /// in fees.
    pub(super) async fn sign_transaction(
        &self,
        evm: &EvmWallet,
        offer: &TransferOffer,
        challenge: &Challenge,
    ) -> Result<(SignedOffer, MicroUsd), BuyError> {
        let refuse = |why: &dyn std::fmt::Display| BuyError::BadOffer(why.to_string());
        let charge = TempoCharge::decode(&challenge.request).map_err(|error| refuse(&error))?;
        let chain = charge.chain.ok_or_else(|| refuse(&"it does not say which chain"))?;
        let own = || attribution_memo(&challenge.id, &challenge.realm, Some(CLIENT));
        let memo = charge.memo.unwrap_or_else(own);
        let data = transfer_with_memo_call(charge.recipient, charge.amount, memo);
        let node = evm.node(chain).ok_or_else(|| BuyError::Chain("no node".to_owned()))?;
        let built = build(node, evm, offer, data).await;
        let transaction = built.map_err(|error| BuyError::Chain(error.to_string()))?;
        let transaction = transaction.map_err(|why| refuse(&why))?;
        let fee = fee_max(&transaction).ok_or_else(|| refuse(&"its fee is past every amount"))?;
        let signed = transaction.sign(&evm.key);
        let source = PayerSource::Evm { chain, address: evm.address() };
        let payload = TempoPayload::Hash(signed.hash).payload();
        let header = payment_header(challenge.clone(), Some(source.to_string()), payload)?;
        let raw = signed.raw.to_vec();
        let signed_offer = SignedOffer {
            key: signed.hash,
            header,
            signed: Signed::Transaction { raw, account_nonce: signed.nonce },
        };
        Ok((signed_offer, fee))
    }

    /// Brings a transaction that was written down a moment ago onto the chain. The account is
    /// somebody else's turn as soon as the node has it.
    pub(crate) async fn broadcast_new(
        &self,
        transfer: &mut Transfer,
        turn: Option<Held>,
    ) -> Result<(), BuyError> {
        let deadline = Instant::now() + self.limits.payment_timeout;
        let sent = self.broadcast(transfer).await;
        drop(turn);
        match sent {
            // Never sent before and refused now: no node has it.
            Err(error) if error.is_certain() && !is_known(&error) => {
                self.dead(transfer, &error.to_string()).await?;
                let (facts, reason) = (transfer.facts(), error.to_string());
                Err(BuyError::TransferFailed { facts, reason })
            }
            _ => self.follow(transfer, deadline).await,
        }
    }

    /// Finds out what became of the transaction of an earlier run, and sends the very same one
    /// again where it is not on the chain. Leaves the transfer settled or dead.
    pub(super) async fn resume_transaction(&self, transfer: &mut Transfer) -> Result<(), BuyError> {
        let deadline = Instant::now() + self.limits.payment_timeout;
        if self.buyer.fate(transfer).await == Fate::Open {
            if challenge_is_over(transfer) {
                // Sent now, it would be paid for nothing. Another transaction of the account takes
                // its place some day.
                let reason = "its challenge has expired, so that it is not sent again".to_owned();
                let facts = transfer.facts();
                return Err(BuyError::TransferUnderWay { facts, reason: Some(reason) });
            }
            // Whatever the node says to this, only what is on the chain counts.
            let _ = self.broadcast(transfer).await;
        }
        match self.follow(transfer, deadline).await {
            Err(BuyError::TransferFailed { .. }) => Ok(()),
            followed => followed,
        }
    }

    async fn broadcast(&self, transfer: &Transfer) -> Result<(), RpcError> {
        let missing = || RpcError::Unreachable("no node of the chain is configured".to_owned());
        let chain = transfer.token.chain;
        let node = self.buyer.evm.as_ref().and_then(|evm| evm.node(chain)).ok_or_else(missing)?;
        let Signed::Transaction { raw, .. } = &transfer.signed else { return Ok(()) };
        self.observer.step(&Step::TransferSending {
            charge: &transfer.charge,
            seller: &host_of(&transfer.url),
            payment: transfer.payment(),
        });
        node.call(send_raw_transaction(&Bytes::from(raw.clone()))).await.map(|_| ())
    }

    /// Waits until the chain has decided.
    async fn follow(&self, transfer: &mut Transfer, deadline: Instant) -> Result<(), BuyError> {
        let mut backoff = Backoff::new(POLL_FIRST, POLL_MAX);
        loop {
            let unknown = match self.buyer.fate(transfer).await {
                Fate::Moved => {
                    return self.settled(transfer, None, "settled, by the chain's word").await;
                }
                Fate::Dead(reason) => {
                    self.dead(transfer, &reason).await?;
                    let facts = transfer.facts();
                    return Err(BuyError::TransferFailed { facts, reason });
                }
                Fate::Open => None,
                Fate::Unknown(reason) => Some(reason),
            };
            let wait = backoff.next();
            if wait > deadline.saturating_duration_since(Instant::now()) {
                let facts = transfer.facts();
                return Err(BuyError::TransferUnderWay { facts, reason: unknown });
            }
            self.observer.step(&Step::TransferPending { payment: transfer.payment() });
            tokio::time::sleep(wait).await;
        }
    }

    async fn dead(&self, transfer: &mut Transfer, why: &str) -> Result<(), BuyError> {
        self.buyer.store.record_dead(transfer, why).await?;
        transfer.state = TransferState::Dead;
        self.observer.step(&Step::TransferDead { payment: transfer.payment() });
        Ok(())
    }
}

/// With the account's next count, and gas as the node estimates it with a fifth more.
async fn build(
    node: &Rpc,
    evm: &EvmWallet,
    offer: &TransferOffer,
    data: Bytes,
) -> Result<Result<UnsignedTransaction, String>, RpcError> {
    let (from, to) = (evm.address(), offer.terms.token.address);
    let chain = offer.terms.token.chain.get();
    let found: u64 = node.call(chain_id()).await?.to();
    if found != chain {
        return Ok(Err(format!("the node is one of the chain eip155:{found}, not {chain}")));
    }
    let gas: u64 = match node.call(estimate_gas(from, to, &data)).await {
        Err(error) if error.is_revert() => {
            return Ok(Err(format!("the chain would refuse the transfer: {error}")));
        }
        estimate => estimate?.to(),
    };
    let latest = node.call(block(BlockTag::Latest)).await?;
    let base = latest.and_then(|latest| latest.base_fee_per_gas).unwrap_or_default();
    let tip = node.call(max_priority_fee()).await?;
    let number = |value: U256| u128::try_from(value).unwrap_or(u128::MAX);
    let fees: Fees = match quote(number(base), number(tip), evm.gas_price_max) {
        Ok(fees) => fees,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let nonce = node.call(transaction_count(from, BlockTag::Pending)).await?.to();
    let gas_limit = gas.saturating_add(gas / 5);
    let value = U256::ZERO;
    Ok(Ok(UnsignedTransaction { chain_id: chain, nonce, fees, gas_limit, to, value, data }))
}

/// Whether the seller does not take the proof any more, by the challenge in it.
fn challenge_is_over(transfer: &Transfer) -> bool {
    let token = transfer.header.1.split_once(' ').map_or("", |(_, token)| token);
    Credential::decode(token).is_ok_and(|shown| shown.challenge.is_expired(now_s(), 0))
}

/// What the chain can take for a transaction at most, rounded up.
fn fee_max(transaction: &UnsignedTransaction) -> Option<MicroUsd> {
    let units = u128::from(transaction.gas_limit).checked_mul(transaction.fees.max_fee)?;
    let micro = u64::try_from(units.div_ceil(FEE_UNITS_PER_MICRO_USD)).ok()?;
    Some(MicroUsd::new(micro)).filter(|fee| *fee <= MicroUsd::MAX)
}

/// Whether a node refuses a transaction because it has it already, or one in its place.
fn is_known(error: &RpcError) -> bool {
    let RpcError::Refused { message, .. } = error else { return false };
    let message = message.to_ascii_lowercase();
    ["already", "known", "nonce"].iter().any(|word| message.contains(word))
}

/// With a fee on top, which limits count.
pub(super) fn with_fee(charge: Charge, fee: MicroUsd) -> Option<Charge> {
    match charge {
        Charge::Token { asset, units, worth: Some(worth) } => {
            let worth = MicroUsd::new(worth.get().checked_add(fee.get())?);
            Some(Charge::Token { asset, units, worth: Some(worth) })
        }
        Charge::Token { .. } | Charge::Lightning(_) => None,
    }
}
