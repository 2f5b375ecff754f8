//! Who pays the routing fee. Pure.
//!
//! First what the balance has beyond the amount; where that does not reach, the operator, up to
//! what the account has paid in fees itself. So an account that earned 400 can withdraw 400, and
//! whoever routes payments to a node of their own for the fees earns nothing.

use super::WithdrawalRules;
use farebox_money::{Msat, Sats};

/// What is set aside for a routing fee, or what was paid of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FeeShares {
    /// The account's part.
    pub(super) user: Msat,
    /// The operator's part.
    pub(super) operator: Msat,
}

impl FeeShares {
    /// Both parts.
    pub(super) fn total(self) -> Msat {
        self.user.checked_add(self.operator).unwrap_or(Msat::MAX)
    }
}

/// The parts of a fee of up to `fee` for withdrawing `amount`; `None` when they do not reach.
pub(super) fn reserve(
    balance: Msat,
    amount: Msat,
    fee: Msat,
    operator_max: Msat,
) -> Option<FeeShares> {
    let rest = balance.checked_sub(amount)?;
    let user = rest.min(fee);
    let operator = fee.checked_sub(user)?;
    (operator <= operator_max).then_some(FeeShares { user, operator })
}

/// The parts of the fee that was really paid. What is above the reserve is the operator's, whose
/// wallet did not keep to it.
pub(super) fn settle(reserved: FeeShares, paid: Msat) -> FeeShares {
    let user = reserved.user.min(paid);
    FeeShares { user, operator: paid.checked_sub(user).unwrap_or(Msat::ZERO) }
}

/// The largest amount that [`reserve`] takes, where `fee_of` never falls as the amount grows.
pub(super) fn max_collectable(
    balance: Msat,
    operator_max: Msat,
    rules: &WithdrawalRules,
    fee_of: impl Fn(Msat) -> Msat,
) -> Sats {
    let reaches = |sats: u64| {
        let amount = Sats::new(sats).to_msat();
        amount
            .is_some_and(|amount| reserve(balance, amount, fee_of(amount), operator_max).is_some())
    };
    let (mut low, mut high) = (0, balance.to_sats_floor().min(rules.amount_max).get());
    while low < high {
        let middle = high - (high - low) / 2;
        if reaches(middle) { low = middle } else { high = middle - 1 }
    }
    Sats::new(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sats(sats: u64) -> Msat {
        Sats::new(sats).to_msat().unwrap()
    }

    #[test]
    fn who_earned_400_and_paid_for_a_quote_withdraws_400() {
        let fee = WithdrawalRules::default().fee_limit(sats(400));
        assert_eq!(fee, sats(5));
        let shares = reserve(sats(400), sats(400), fee, sats(10)).unwrap();
        assert_eq!(shares, FeeShares { user: Msat::ZERO, operator: sats(5) });
        assert_eq!(reserve(sats(400), sats(400), fee, sats(4)), None, "never paid so much in fees");
        assert_eq!(
            reserve(sats(402), sats(400), fee, sats(3)),
            Some(FeeShares { user: sats(2), operator: sats(3) }),
            "the rest of the balance comes first"
        );
        assert_eq!(reserve(sats(399), sats(400), fee, sats(1_000)), None, "never the amount");
    }

    #[test]
    fn the_limit_is_five_sats_or_one_percent() {
        let rules = WithdrawalRules::default();
        for (amount, limit) in [(1, 5), (500, 5), (501, 5), (600, 6), (1_000_000, 10_000)] {
            let found = rules.fee_limit(sats(amount)).to_sats_floor();
            assert_eq!(found, Sats::new(limit), "{amount}");
        }
        assert!(rules.fee_limit(Msat::MAX) < Msat::MAX);
    }

    proptest! {
        #[test]
        fn a_reserve_is_covered_and_the_balance_comes_first(
            balance in 0..3_000_000_u64,
            amount in 1..3_000_000_u64,
            fee in 0..50_000_u64,
            operator_max in 0..50_000_u64,
            paid in 0..80_000_u64,
        ) {
            let [balance, amount, fee, operator_max, paid] =
                [balance, amount, fee, operator_max, paid].map(Msat::new);
            let reach = balance.get() + operator_max.get();
            match reserve(balance, amount, fee, operator_max) {
                Some(shares) => {
                    prop_assert_eq!(shares.total(), fee);
                    prop_assert!(shares.operator <= operator_max);
                    prop_assert!(amount.get() + shares.user.get() <= balance.get());
                    let spares = amount.get() + shares.user.get() < balance.get();
                    prop_assert!(shares.operator.is_zero() || !spares);
                    let settled = settle(shares, paid);
                    prop_assert_eq!(settled.total(), paid);
                    prop_assert!(settled.user <= shares.user);
                    prop_assert!(paid > fee || settled.operator <= shares.operator);
                }
                None => prop_assert!(
                    amount > balance || amount.get() + fee.get() > reach
                ),
            }
        }

        #[test]
        fn what_is_called_collectable_is_and_a_sat_more_is_not(
            balance in 0..3_000_000_u64,
            operator_max in 0..30_000_u64,
        ) {
            let (balance, operator_max) = (Msat::new(balance), Msat::new(operator_max));
            let rules = WithdrawalRules::default();
            let fee_of = |amount| rules.fee_limit(amount);
            let most = max_collectable(balance, operator_max, &rules, fee_of).to_msat().unwrap();
            let reaches = |amount| reserve(balance, amount, fee_of(amount), operator_max).is_some();
            prop_assert!(most.is_zero() || reaches(most));
            prop_assert!(!reaches(most.checked_add(sats(1)).unwrap()));
        }
    }
}
