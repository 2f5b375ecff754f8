//! One rate out of what several sources answered.

use farebox_money::BtcUsd;

/// When answers count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Sources that must agree, at least.
    pub agreeing_min: usize,
    /// An answer further from the median than this share of it agrees with nobody, in percent.
    pub spread_max_percent: u32,
}

/// Answers that make no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// Not enough answers.
    #[error("{answered} sources answered and {needed} must agree")]
    TooFew {
        /// Answers that could be used.
        answered: usize,
        /// How many it takes.
        needed: usize,
    },
    /// Too many that are far from the median.
    #[error("of {answered} sources {agreeing} agree, and it takes {needed}")]
    Apart {
        /// Answers that could be used.
        answered: usize,
        /// Those near the median.
        agreeing: usize,
        /// How many it takes.
        needed: usize,
    },
}

/// The median of the answers that agree. Answers far from the median of all are left out; those
/// that stay must be more than half of all and at least `agreeing_min`, so that of two that
/// contradict each other neither is believed.
///
/// Of an even number the lower of the two in the middle counts: a rate that somebody named, and
/// the one at which a seller never gets less than the price.
///
/// # Errors
/// [`Disagreement`] when the answers are too few or too far apart.
pub fn agree(answers: &[BtcUsd], rule: Agreement) -> Result<BtcUsd, Disagreement> {
    let answered = answers.len();
    let needed = rule.agreeing_min.max(1);
    let too_few = Disagreement::TooFew { answered, needed };
    if answered < needed {
        return Err(too_few);
    }
    let middle = median(answers).ok_or(too_few)?;
    let near: Vec<_> = answers
        .iter()
        .copied()
        .filter(|rate| is_near(*rate, middle, rule.spread_max_percent))
        .collect();
    let needed = needed.max(answered / 2 + 1);
    if near.len() < needed {
        return Err(Disagreement::Apart { answered, agreeing: near.len(), needed });
    }
    median(&near).ok_or(too_few)
}

fn median(rates: &[BtcUsd]) -> Option<BtcUsd> {
    let mut sorted = rates.to_vec();
    sorted.sort_unstable_by_key(|rate| rate.usd_per_btc());
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

fn is_near(rate: BtcUsd, middle: BtcUsd, percent: u32) -> bool {
    let (rate, middle) = (rate.usd_per_btc().get(), middle.usd_per_btc().get());
    u128::from(rate.abs_diff(middle)) * 100 <= u128::from(middle) * u128::from(percent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_money::MicroUsd;
    use proptest::prelude::*;

    const RULE: Agreement = Agreement { agreeing_min: 2, spread_max_percent: 5 };

    fn rates(dollars: &[u64]) -> Vec<BtcUsd> {
        let rate = |usd: &u64| BtcUsd::new(MicroUsd::new(usd * 1_000_000)).unwrap();
        dollars.iter().map(rate).collect()
    }

    fn agreed(dollars: &[u64]) -> Result<u64, Disagreement> {
        agree(&rates(dollars), RULE).map(|rate| rate.usd_per_btc().get() / 1_000_000)
    }

    #[test]
    fn the_median_counts_and_of_an_even_number_the_lower_middle() {
        assert_eq!(agreed(&[95_200, 95_000, 95_100]), Ok(95_100));
        assert_eq!(agreed(&[95_200, 95_000]), Ok(95_000));
        assert_eq!(agreed(&[95_300, 95_000, 95_200, 95_100]), Ok(95_100));
    }

    #[test]
    fn one_that_lies_is_left_out() {
        for lie in [1_000, 50_000, 100_900, 9_000_000] {
            assert_eq!(agreed(&[lie, 96_000, 96_000]), Ok(96_000), "{lie}");
        }
        let apart = Disagreement::Apart { answered: 2, agreeing: 1, needed: 2 };
        assert_eq!(agreed(&[95_000, 9_500]), Err(apart), "nobody knows which one lies");
    }

    #[test]
    fn one_alone_is_believed_only_where_that_is_the_rule() {
        let too_few = |answered| Err(Disagreement::TooFew { answered, needed: 2 });
        assert_eq!(agreed(&[]), too_few(0));
        assert_eq!(agreed(&[95_000]), too_few(1));
        let alone = Agreement { agreeing_min: 1, ..RULE };
        assert!(agree(&rates(&[95_000]), alone).is_ok());
        let contradicted = agree(&rates(&[95_000, 50_000]), alone);
        assert_eq!(contradicted, Err(Disagreement::Apart { answered: 2, agreeing: 1, needed: 2 }));
        let none = Agreement { agreeing_min: 0, ..RULE };
        assert!(agree(&[], none).is_err());
    }

    #[test]
    fn two_camps_make_no_rate() {
        let apart = Disagreement::Apart { answered: 4, agreeing: 2, needed: 3 };
        assert_eq!(agreed(&[95_000, 95_000, 50_000, 50_000]), Err(apart));
    }

    proptest! {
        #[test]
        fn liars_in_the_minority_move_it_by_the_allowed_spread_at_most(
            honest in prop::collection::vec(90_000u64..100_000, 2..8),
            lies in prop::collection::vec(1_000u64..10_000_000, 0..7),
        ) {
            let lies = lies.get(..honest.len().saturating_sub(1).min(lies.len())).unwrap();
            let all = [honest.as_slice(), lies].concat();
            if let Ok(rate) = agreed(&all) {
                let (low, high) = (honest.iter().min().unwrap(), honest.iter().max().unwrap());
                prop_assert!(rate * 100 >= low * 95 && rate * 100 <= high * 105, "{all:?}: {rate}");
            }
        }

        #[test]
        fn the_order_of_answers_changes_nothing(
            mut dollars in prop::collection::vec(80_000u64..110_000, 0..8),
        ) {
            let before = agreed(&dollars);
            dollars.reverse();
            prop_assert_eq!(agreed(&dollars), before);
        }
    }
}
