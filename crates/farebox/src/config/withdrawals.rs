//! `[withdrawals]`: whether accounts can withdraw, from which wallet, and how much.

use super::node::NODE_WALLET;
use farebox_accounts::WithdrawalRules;
use farebox_money::Sats;
use farebox_wallet::WalletUrl;
use serde::{Deserialize, Serialize};

/// Withdrawals of prepaid balances.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct WithdrawalSettings {
    /// Whether accounts can withdraw.
    pub enabled: bool,
    /// The wallet that pays; the seller's when not given.
    pub wallet: Option<String>,
    /// A routing fee may always be so much.
    pub fee_min_sats: u64,
    /// A routing fee may be so many thousandths of the amount, where that is more.
    pub fee_per_mille: u64,
    /// The largest withdrawal.
    pub amount_max_sats: u64,
    /// What one account can withdraw in 24 hours.
    pub day_max_sats: u64,
    /// How many withdrawals one account can begin in an hour.
    pub hour_count_max: u64,
}

impl Default for WithdrawalSettings {
    fn default() -> Self {
        let rules = WithdrawalRules::default();
        Self {
            enabled: false,
            wallet: None,
            fee_min_sats: rules.fee_min.get(),
            fee_per_mille: rules.fee_per_mille,
            amount_max_sats: rules.amount_max.get(),
            day_max_sats: rules.day_max.get(),
            hour_count_max: rules.hour_count_max,
        }
    }
}

impl WithdrawalSettings {
    /// Checks each key by itself.
    ///
    /// # Errors
    /// One line that names the first key that cannot be used, without any password.
    pub fn check(&self) -> Result<(), String> {
        if let Some(wallet) = self.wallet.as_ref().filter(|wallet| *wallet != NODE_WALLET) {
            let parsed = wallet.parse::<WalletUrl>();
            parsed.map_err(|error| format!("withdrawals.wallet: {error}"))?;
        }
        for (key, sats) in [
            ("fee_min_sats", self.fee_min_sats),
            ("amount_max_sats", self.amount_max_sats),
            ("day_max_sats", self.day_max_sats),
        ] {
            if Sats::new(sats).to_msat().is_none() {
                return Err(format!("withdrawals.{key} is more than all bitcoin"));
            }
        }
        if self.fee_per_mille > 1_000 {
            return Err("withdrawals.fee_per_mille must be at most 1000".into());
        }
        Ok(())
    }

    /// The limits.
    pub fn rules(&self) -> WithdrawalRules {
        WithdrawalRules {
            fee_min: Sats::new(self.fee_min_sats),
            fee_per_mille: self.fee_per_mille,
            amount_max: Sats::new(self.amount_max_sats),
            day_max: Sats::new(self.day_max_sats),
            hour_count_max: self.hour_count_max,
            ..WithdrawalRules::default()
        }
    }
}
