//! What a transaction may cost for each unit of gas. Pure.

/// One ether for a unit of gas is no price but an error.
const WEI_MAX: u128 = 1_000_000_000_000_000_000;

/// The two fees of a transaction, in wei for each unit of gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// The most that is paid in all.
    pub max_fee: u128,
    /// The most of it that goes to whoever makes the block.
    pub max_priority_fee: u128,
}

/// Gas costs more than the operator allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("gas costs {price} wei and the limit is {limit}")]
pub struct GasPriceTooHigh {
    /// What it costs now, in wei for each unit.
    pub price: u128,
    /// The operator's limit.
    pub limit: u128,
}

/// Fees for the next block: enough for six full blocks in a row, where the limit allows it.
///
/// # Errors
/// [`GasPriceTooHigh`] when the limit would not even do for the next block.
pub fn quote(base_fee: u128, tip: u128, limit: u128) -> Result<Fees, GasPriceTooHigh> {
    let price = base_fee.saturating_add(tip);
    if price > limit || price > WEI_MAX {
        return Err(GasPriceTooHigh { price, limit: limit.min(WEI_MAX) });
    }
    let max_fee = base_fee.saturating_mul(2).saturating_add(tip).min(limit);
    Ok(Fees { max_fee, max_priority_fee: tip })
}

/// Fees with which a waiting transaction is replaced: nodes take a replacement that pays an
/// eighth more of both. `None` when the limit does not allow it.
#[must_use]
pub fn replacement(before: Fees, now: Fees, limit: u128) -> Option<Fees> {
    let more = |fee: u128| fee.saturating_add(fee.div_ceil(8)).saturating_add(1);
    let max_priority_fee = more(before.max_priority_fee).max(now.max_priority_fee);
    let max_fee = more(before.max_fee).max(now.max_fee).max(max_priority_fee);
    (max_fee <= limit).then_some(Fees { max_fee, max_priority_fee })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_limit_is_never_passed(base: u128, tip: u128, limit: u128) {
            if let Ok(fees) = quote(base, tip, limit) {
                prop_assert!(fees.max_fee <= limit && fees.max_priority_fee <= fees.max_fee);
                prop_assert!(fees.max_fee >= base.saturating_add(tip));
                if let Some(next) = replacement(fees, fees, limit) {
                    prop_assert!(next.max_fee <= limit && next.max_priority_fee <= next.max_fee);
                    prop_assert!(next.max_fee - fees.max_fee >= fees.max_fee / 10);
                    let tips = next.max_priority_fee - fees.max_priority_fee;
                    prop_assert!(tips >= fees.max_priority_fee / 10);
                }
            } else {
                prop_assert!(base.saturating_add(tip) > limit.min(WEI_MAX));
            }
        }
    }
}
