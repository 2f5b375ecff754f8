//! What is paid on the chain of the tests: a cent of the stand-in for USDC.

use crate::Failed;
use farebox_money::MicroUsd;
use farebox_wire::evm::{
    Address, Asset, AssetId, B256, ChainId, EvmKey, U256, known_asset, parse_address,
};
use farebox_wire::x402::{Payment, PaymentRequired, PaymentRequirements, SignInputs, pay_v2};
use std::time::{SystemTime, UNIX_EPOCH};

/// A cent.
pub const PRICE: MicroUsd = MicroUsd::new(10_000);
const USDC: &str = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
/// The account 2 of the chain of the tests.
const PAY_TO: &str = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
/// The account 3, whose key is public.
const BUYER: &str = "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6";

pub fn asset() -> Result<&'static Asset, Failed> {
    let id = AssetId { chain: ChainId::BASE_SEPOLIA, address: parse_address(USDC)? };
    known_asset(id).ok_or_else(|| "no such token".into())
}

pub fn pay_to() -> Result<Address, Failed> {
    Ok(parse_address(PAY_TO)?)
}

/// What a seller asks.
pub fn requirements() -> Result<PaymentRequirements, Failed> {
    let asked = PaymentRequirements::exact(asset()?, pay_to()?, U256::from(PRICE.get()), 3_600);
    asked.ok_or_else(|| "no such token".into())
}

/// Payments for it that were never made before.
pub fn payments(len: usize) -> Result<Vec<Payment>, Failed> {
    let (key, option) = (EvmKey::parse(BUYER)?, requirements()?);
    let required = PaymentRequired { accepts: vec![option.clone()], ..PaymentRequired::default() };
    let mut first = [0; 32];
    getrandom::fill(&mut first).map_err(|error| error.to_string())?;
    let first = U256::from_be_bytes(first);
    let payment = |number: usize| {
        let nonce = B256::from(first.wrapping_add(U256::from(number)));
        Ok(pay_v2(&required, &option, &SignInputs { key: &key, nonce, now_s: now_s() })?)
    };
    (0..len).map(payment).collect()
}

pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
