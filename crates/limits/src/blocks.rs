//! Blocks: what one of several servers takes of a limit at once, to spend by itself.
//!
//! A block counts in the part of the window in which it was taken, and can be spent in that part
//! only; so what is counted in the shared row is never less than what was let through. What was
//! not spent is given back when the same subject is asked for again; a server that dies, or
//! forgets the subject, only leaves a part of the limit unused for a minute.

use crate::Policy;
use crate::rows;
use crate::window::Window;
use farebox_store::{StoreError, Transaction};
use std::collections::BTreeMap;

/// A block is this part of what is left: it shrinks to one near the end.
const SHARE: u32 = 4;

/// A server asks for a block of a limit.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub subject: String,
    pub policy: Policy,
    /// What it has left of its last block, and the part in which that was taken.
    pub unspent: Option<(u64, u32)>,
    /// The time of a test.
    pub given_ms: Option<u64>,
}

/// What it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Block {
        /// At least one.
        amount: u32,
        part: u64,
        /// How long it can be spent, counted from when it was asked for.
        valid_ms: u64,
        /// What is left for everybody.
        remaining: u32,
        reset_ms: u64,
    },
    Nothing {
        wait_ms: u64,
    },
}

/// Answers all that was asked for at about the same time, in one transaction.
pub(crate) fn grant(
    transaction: &Transaction<'_>,
    asks: &[Ask],
) -> Result<Vec<Answer>, StoreError> {
    let subjects: Vec<_> = asks.iter().map(|ask| ask.subject.clone()).collect();
    let mut windows = rows::load_shared(transaction, &subjects)?;
    let machine = rows::now_ms(transaction, None)?;
    let mut changed = BTreeMap::new();
    let mut answers = Vec::with_capacity(asks.len());
    for ask in asks {
        let window = windows.entry(ask.subject.clone()).or_default();
        answers.push(answer(window, ask, ask.given_ms.unwrap_or(machine)));
        changed.insert(ask.subject.clone(), (*window, window.forget_at_ms(ask.policy)));
    }
    let changed = changed.into_iter().map(|(subject, (window, at))| (subject, window, at));
    rows::save_shared(transaction, changed.collect())?;
    Ok(answers)
}

fn answer(window: &mut Window, ask: &Ask, now_ms: u64) -> Answer {
    let policy = ask.policy;
    window.slide(policy, now_ms);
    if let Some((part, unspent)) = ask.unspent {
        window.give_back(part, unspent);
    }
    let share = window.remaining(policy).div_ceil(SHARE).max(1);
    match window.take(policy, 1, share, now_ms) {
        Ok(granted) => Answer::Block {
            amount: granted.amount,
            part: granted.part,
            valid_ms: Window::ends_in_ms(policy, granted.part, now_ms).min(policy.part_ms()),
            remaining: granted.remaining,
            reset_ms: window.reset_ms(policy, now_ms),
        },
        Err(wait_ms) => Answer::Nothing { wait_ms },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: Policy = Policy { name: "test", limit: 20, window_s: 60 };

    /// A server that spends its blocks as the real one does.
    #[derive(Clone, Default)]
    struct Node {
        part: u64,
        left: u32,
        until_ms: u64,
    }

    impl Node {
        fn request(&mut self, row: &mut Window, now_ms: u64) -> bool {
            if self.left == 0 || now_ms >= self.until_ms {
                let unspent = (self.left > 0).then_some((self.part, self.left));
                let ask = Ask { subject: String::new(), policy: POLICY, unspent, given_ms: None };
                *self = Self::default();
                let Answer::Block { amount, part, valid_ms, .. } = answer(row, &ask, now_ms) else {
                    return false;
                };
                *self = Self { part, left: amount, until_ms: now_ms + valid_ms };
            }
            self.left -= 1;
            true
        }
    }

    proptest! {
        #[test]
        fn several_servers_let_no_more_through_together_than_the_limit(
            steps in prop::collection::vec((0_u64..6_000, 0_usize..3, any::<bool>()), 1..200),
        ) {
            let (mut row, mut nodes) = (Window::default(), vec![Node::default(); 3]);
            let (mut let_through, mut now) = (Vec::new(), 0);
            for (pause, node, dies) in steps {
                now += pause;
                if nodes[node].request(&mut row, now) {
                    let_through.push(now);
                }
                if dies && pause > 5_000 {
                    nodes[node] = Node::default();
                }
            }
            for begin in &let_through {
                let within = let_through.iter().filter(|at| (*begin..begin + 60_000).contains(at));
                prop_assert!(within.count() <= 20);
            }
        }
    }

    #[test]
    fn two_servers_that_are_asked_without_end_use_up_all_of_it() {
        let (mut row, mut nodes) = (Window::default(), vec![Node::default(); 2]);
        let served = (0..200).filter(|number| nodes[number % 2].request(&mut row, 5)).count();
        assert_eq!(served, 20);
    }
}
