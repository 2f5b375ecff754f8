//! Payment by a signed transfer of dollars on an EVM chain, which x402 and the `evm` method of MPP
//! share.

mod transfer;
mod verify;

use crate::amount::Amount;
use crate::paywall::Paywall;
use farebox_facilitator::Facilitator;
use farebox_money::{BtcUsd, MicroUsd};
use farebox_wire::evm::{Address, ChainId, TokenDomain, U256, from_micro_usd};
use farebox_wire::x402::{PaymentRequirements, SCHEME_EXACT};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, PoisonError};
pub(crate) use verify::EXTRA_NONCE;

/// How long a signed transfer can be settled, in seconds, unless the operator says otherwise.
pub const EVM_TIMEOUT_DEFAULT_S: u64 = 300;
/// Exchange rates remembered at most; each is a rate that prices were asked at.
const RATES_MAX: usize = 64;
/// How long a price that was asked is taken after its payment can be settled no more.
const RATE_SLACK_S: u64 = 60;

/// A token on a chain that the server is paid in.
#[derive(Clone)]
pub struct EvmRail {
    /// The token, by the domain that its transfers are signed for. It must be worth a dollar.
    pub token: TokenDomain,
    /// Its decimals.
    pub decimals: u8,
    /// Who is paid.
    pub pay_to: Address,
    /// How long a signed transfer can be settled, in seconds.
    pub timeout_s: u64,
    /// Who checks and settles.
    pub facilitator: Arc<dyn Facilitator>,
}

impl EvmRail {
    pub(crate) fn chain(&self) -> ChainId {
        self.token.id.chain
    }

    /// What x402 asks for.
    pub(crate) fn requirements(&self, units: U256) -> PaymentRequirements {
        let text = |text: &str| Value::String(text.to_owned());
        let extra = [("name", text(&self.token.name)), ("version", text(&self.token.version))];
        PaymentRequirements {
            scheme: SCHEME_EXACT.to_owned(),
            network: format!("eip155:{}", self.chain().get()),
            amount: units.to_string(),
            asset: self.token.id.address.to_checksum(None),
            pay_to: self.pay_to.to_checksum(None),
            max_timeout_seconds: self.timeout_s,
            extra: Some(extra.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()),
            other: Map::new(),
        }
    }
}

/// The rates that prices in satoshis were asked at lately. A payment takes a moment, and is good
/// for what was asked when it was signed.
#[derive(Default)]
pub(crate) struct AskedRates(Mutex<Vec<(BtcUsd, u64)>>);

impl AskedRates {
    fn note(&self, rate: BtcUsd, now: u64) {
        let mut rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match rates.iter_mut().find(|(known, _)| *known == rate) {
            Some((_, at)) => *at = now.max(*at),
            None => {
                if rates.len() >= RATES_MAX {
                    rates.remove(0);
                }
                rates.push((rate, now));
            }
        }
    }

    fn since(&self, then: u64) -> Vec<BtcUsd> {
        let rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rates.iter().filter(|(_, at)| *at >= then).map(|(rate, _)| *rate).collect()
    }
}

impl Paywall {
    /// How many dollars a price is now. `None` where it is in satoshis, and what they
    /// are worth is not known.
    pub(crate) fn usd_asked(&self, price: &Amount) -> Option<MicroUsd> {
        let now = self.now();
        match price {
            Amount::Usd { price, .. } => Some(*price),
            Amount::Sats(sats) => {
                let rate = self.rails().rates.as_ref()?.current(now).ok()?;
                self.asked_rates().note(rate, now);
                rate.to_usd_ceil(sats.to_msat()?)
            }
        }
    }

    /// Every number of units that was asked for a price while its payment could be settled.
    pub(crate) fn units_taken(&self, rail: &EvmRail, price: &Amount) -> Vec<U256> {
        let sats = match price {
            Amount::Usd { price, .. } => return units(rail.decimals, *price).into_iter().collect(),
            Amount::Sats(sats) => *sats,
        };
        // After a restart, or on another machine, the rate of now is the likeliest.
        self.usd_asked(price);
        let then = self.now().saturating_sub(rail.timeout_s.saturating_add(RATE_SLACK_S));
        let rates = self.asked_rates().since(then).into_iter();
        let usd = rates.filter_map(|rate| rate.to_usd_ceil(sats.to_msat()?));
        let mut taken: Vec<_> = usd.filter_map(|usd| units(rail.decimals, usd)).collect();
        taken.sort_unstable();
        taken.dedup();
        taken
    }
}

/// How many units of a dollar token a price is; `None` where the token cannot say it exactly.
pub(crate) fn units(decimals: u8, price: MicroUsd) -> Option<U256> {
    from_micro_usd(price, decimals).filter(|units| !units.is_zero())
}
