//! Who pays withdrawals, and within which limits.

use farebox_money::{Msat, Sats};
use farebox_wallet::Payer;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The wallet that withdrawals are paid from.
pub struct Payout {
    /// The wallet.
    pub payer: Arc<dyn Payer>,
    /// Names the wallet, such as by its URL, the same at every start: only the wallet that was
    /// asked to pay can say that it did not. Only a digest is kept.
    pub wallet: String,
    /// The limits.
    pub rules: WithdrawalRules,
}

impl fmt::Debug for Payout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payout").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// Limits of withdrawals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalRules {
    /// A routing fee may always be so much.
    pub fee_min: Sats,
    /// A routing fee may be so many thousandths of the amount, where that is more.
    pub fee_per_mille: u64,
    /// The largest withdrawal.
    pub amount_max: Sats,
    /// What one account can withdraw in 24 hours.
    pub day_max: Sats,
    /// How many withdrawals one account can begin in an hour.
    pub hour_count_max: u64,
    /// The kinds of income that count as fees: what an account has paid of these, the operator
    /// pays of its routing fees where the rest of its balance does not reach.
    pub fee_income: Vec<String>,
    /// How long the wallet may take before the outcome is called unknown.
    pub pay_wait: Duration,
}

impl Default for WithdrawalRules {
    fn default() -> Self {
        Self {
            fee_min: Sats::new(5),
            fee_per_mille: 10,
            amount_max: Sats::new(1_000_000),
            day_max: Sats::new(1_000_000),
            hour_count_max: 10,
            fee_income: vec!["post_task".to_owned(), "post_quote".to_owned()],
            pay_wait: Duration::from_secs(60),
        }
    }
}

impl WithdrawalRules {
    /// What the routing fee of a withdrawal may be at most.
    #[must_use]
    pub fn fee_limit(&self, amount: Msat) -> Msat {
        let (msat, part) = (amount.min(Msat::MAX).get(), self.fee_per_mille.min(1_000));
        // In two parts, because all bitcoin times a thousand does not fit.
        let share = Msat::new(msat / 1_000 * part + msat % 1_000 * part / 1_000);
        share.max(self.fee_min.to_msat().unwrap_or(Msat::MAX))
    }

    /// How long a process that is about to ask the wallet may dawdle: past it, it does not ask.
    pub(super) fn start_max(&self) -> Duration {
        self.pay_wait / 2
    }

    /// When a wallet that does not answer is not waited for any more.
    pub(super) fn give_up(&self) -> Duration {
        self.pay_wait + self.pay_wait / 4
    }

    /// How long nobody else takes a withdrawal up that is being sent: longer than the two above.
    pub(super) fn lease_ms(&self) -> i64 {
        i64::try_from((self.pay_wait * 2).as_millis()).unwrap_or(i64::MAX)
    }
}
