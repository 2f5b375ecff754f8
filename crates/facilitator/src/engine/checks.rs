//! Whether a payment is one that may be settled: first by itself, then by what the chain says.

use super::options::EngineOptions;
use super::payment::{AmountRule, Payment, Terms};
use super::refusal::Refusal;
use farebox_evm::{Address, BlockTag, Bytes, Rpc, RpcError, calls};
use farebox_wire::evm::{
    TokenDomain, accepts_signature, authorization_state_call, balance_of_call, decode_bool,
    decode_uint256, is_valid_signature_call, transfer_with_authorization_call,
};
use farebox_wire::x402::{Payer, Timing, verify_authorization};

/// Room above what a node estimates, in percent: the contract's state may change meanwhile.
const GAS_ROOM_PERCENT: u64 = 25;

/// What the payment says by itself; its signature aside, which the payer may have had made by a
/// contract.
pub(crate) fn check_alone<'a>(
    payment: &Payment,
    terms: &Terms,
    options: &'a EngineOptions,
    now_s: u64,
) -> Result<&'a TokenDomain, Refusal> {
    if payment.asset.chain != options.chain {
        return Err(Refusal::Network);
    }
    let domain = options.assets.iter().find(|domain| domain.id == payment.asset);
    let domain = domain.ok_or(Refusal::Asset(payment.asset.address))?;
    if !options.recipients.contains(terms.pay_to) {
        return Err(Refusal::Recipient(terms.pay_to));
    }
    check_terms(payment, terms)?;
    // The signature is read later: who has code may sign in other ways.
    let _ =
        verify_authorization(payment.payload(), domain, timing(options, now_s), Payer::Contract)?;
    Ok(domain)
}

const fn timing(options: &EngineOptions, now_s: u64) -> Timing {
    Timing { now_s, margin_s: options.validity_min_s, validity_max_s: None }
}

/// Whether the payment is what the seller asks for.
pub(crate) fn check_terms(payment: &Payment, terms: &Terms) -> Result<(), Refusal> {
    let authorization = &payment.authorization;
    // Who pays himself moves nothing.
    if authorization.to != terms.pay_to || authorization.from == authorization.to {
        return Err(Refusal::PayTo);
    }
    let is_right = match terms.amount {
        AmountRule::Exactly(amount) => authorization.value == amount,
        AmountRule::AtLeast(amount) => authorization.value >= amount,
    };
    if !is_right || authorization.value.is_zero() {
        return Err(Refusal::Amount);
    }
    Ok(())
}

/// What the chain says of a payment that would be taken.
pub(crate) struct OnChain {
    /// The newest block.
    pub(crate) block: u64,
    /// Units of gas for the transfer, with room.
    pub(crate) gas_limit: u64,
}

/// Asks the chain, in one request as a rule. `sender` is who would send the transaction.
pub(crate) async fn check_on_chain(
    rpc: &Rpc,
    payment: &Payment,
    domain: &TokenDomain,
    sender: Address,
    options: &EngineOptions,
) -> Result<OnChain, Refusal> {
    let (token, authorization) = (payment.asset.address, &payment.authorization);
    let view = |data: Bytes| calls::view(None, token, &data, BlockTag::Latest);
    let transfer = transfer_with_authorization_call(authorization, &payment.signature);
    let mut batch = rpc.batch();
    let block = batch.add(calls::block_number());
    let code = batch.add(calls::code(token));
    let payer_code = batch.add(calls::code(authorization.from));
    let balance = batch.add(view(balance_of_call(authorization.from)));
    let used = batch.add(view(authorization_state_call(authorization.from, authorization.nonce)));
    let gas = batch.add(calls::estimate_gas(sender, token, &transfer));
    let mut answers = batch.send().await;
    let block = answers.take(block)?.to();
    if answers.take(code)?.is_empty() {
        return Err(Refusal::NoContract);
    }
    let payer_code = answers.take(payer_code)?;
    check_signature(rpc, payment, domain, !payer_code.is_empty()).await?;
    let unreadable = || Refusal::Unavailable("the token's answer is unreadable".to_owned());
    if decode_bool(&answers.take(used)?).ok_or_else(unreadable)? {
        return Err(Refusal::NonceUsed);
    }
    if decode_uint256(&answers.take(balance)?).ok_or_else(unreadable)? < authorization.value {
        return Err(Refusal::Balance);
    }
    let gas: u64 = answers.take(gas).map_err(simulation)?.to();
    let gas_limit = gas.saturating_add(gas.saturating_mul(GAS_ROOM_PERCENT) / 100);
    if gas_limit > options.gas_limit_max {
        return Err(Refusal::Gas(gas));
    }
    Ok(OnChain { block, gas_limit })
}

/// An account with code is bound by what its contract says, and by nothing else (EIP-1271): its
/// key, if there is one, may have lost that right (EIP-7702).
async fn check_signature(
    rpc: &Rpc,
    payment: &Payment,
    domain: &TokenDomain,
    has_code: bool,
) -> Result<(), Refusal> {
    let Payment { authorization, signature, .. } = payment;
    if !has_code {
        let signer = authorization.recover(domain, signature)?;
        let is_payer = signer == authorization.from;
        let other = || Refusal::Signature(format!("{signer} signed"));
        return if is_payer { Ok(()) } else { Err(other()) };
    }
    let question = is_valid_signature_call(authorization.digest(domain), signature);
    let answer = calls::view(None, authorization.from, &question, BlockTag::Latest);
    match rpc.call(answer).await {
        Ok(answer) if accepts_signature(&answer) => Ok(()),
        Ok(_) => Err(Refusal::Signature("the payer's contract says no".to_owned())),
        Err(error) if error.is_revert() => {
            Err(Refusal::Signature("the payer's contract refuses".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

fn simulation(error: RpcError) -> Refusal {
    match error {
        RpcError::Refused { ref message, .. } if error.is_revert() => {
            Refusal::Simulation(message.clone())
        }
        error => error.into(),
    }
}
