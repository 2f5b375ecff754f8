//! Counts, and what the keys have for gas.

use super::Engine;
use farebox_evm::{Address, U256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const BALANCE_PERIOD: Duration = Duration::from_secs(60);

/// Counts since the process started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineStats {
    /// Payments that moved money.
    pub settled: u64,
    /// Payments that certainly did not.
    pub failed: u64,
    /// What the keys have for gas, as of the last minute.
    pub balances: Vec<KeyBalance>,
}

/// What a key has for gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyBalance {
    /// Its account.
    pub account: Address,
    /// In wei.
    pub balance: U256,
    /// Whether that is less than the operator wants there.
    pub is_low: bool,
}

#[derive(Default)]
pub(super) struct Counts {
    settled: AtomicU64,
    failed: AtomicU64,
    balances: Mutex<Vec<KeyBalance>>,
}

impl Counts {
    pub(super) fn settled(&self) {
        self.settled.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }
}

impl Engine {
    /// Counts, and what the keys have for gas.
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        let counts = &self.0.stats;
        EngineStats {
            settled: counts.settled.load(Ordering::Relaxed),
            failed: counts.failed.load(Ordering::Relaxed),
            balances: counts.balances.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    pub(super) async fn watch_balances(&self) {
        loop {
            let mut balances = Vec::new();
            for sender in &self.0.senders {
                let account = sender.address();
                match sender.balance().await {
                    Ok(balance) => balances.push(self.judge_balance(account, balance)),
                    Err(error) => tracing::warn!(%error, %account, "a balance is not known"),
                }
            }
            *self.0.stats.balances.lock().unwrap_or_else(PoisonError::into_inner) = balances;
            tokio::time::sleep(BALANCE_PERIOD).await;
        }
    }

    fn judge_balance(&self, account: Address, balance: U256) -> KeyBalance {
        let is_low = balance < self.0.options.low_balance;
        if is_low {
            tracing::warn!(
                %account, %balance, chain = %self.0.options.chain,
                "the account that pays for gas runs low: send it some"
            );
        }
        KeyBalance { account, balance, is_low }
    }
}
