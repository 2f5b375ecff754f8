//! Many holds ended at once.

use super::Hold;
use super::rows::delete;
use crate::basics::{now_ms, unreadable, user};
use crate::tokens::Child;
use crate::{AccountError, tokens};
use farebox_ledger::{NewTransfer, Posted, events, writer};
use farebox_money::Msat;
use farebox_store::{StoreError, Transaction};
use std::collections::{HashMap, HashSet};

/// How a hold ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The request cost so much; nothing when it failed.
    Settle {
        /// Never more than the hold.
        cost: Msat,
    },
    /// The request was not answered, though it may have been written that it cost so much.
    TakeBack {
        /// What it would have cost.
        cost: Msat,
    },
}

type Outcome = Result<Msat, AccountError>;

/// What is to be booked for the end of one hold.
#[derive(Default)]
struct Plan {
    transfers: Vec<NewTransfer>,
    /// What the hold's child token may spend again.
    unspent: Msat,
}

/// Ends holds and returns what can be spent then. Ending a hold again in the same way
/// changes nothing; no cost is above its hold.
pub(crate) fn end_all(
    transaction: &Transaction<'_>,
    ends: &[(Hold, End)],
) -> Result<Vec<Outcome>, StoreError> {
    let ids: Vec<_> = ends.iter().map(|(hold, _)| hold.id.clone()).collect();
    let mut there = delete(transaction, &ids)?;
    let mut plans = Vec::with_capacity(ends.len());
    for (hold, end) in ends {
        plans.push(plan(transaction, hold, *end, &mut there)?);
    }
    book(transaction, ends, &plans)?;
    let spendable = spendable(transaction, ends)?;
    Ok(plans.into_iter().zip(spendable).map(|(plan, msat)| plan.map(|_| msat)).collect())
}

/// What the token of each hold can spend: a child token is not told what its account has.
fn spendable(transaction: &Transaction<'_>, ends: &[(Hold, End)]) -> Result<Vec<Msat>, StoreError> {
    let accounts: Vec<_> = ends.iter().map(|(hold, _)| user(&hold.account)).collect();
    let balances = writer::balances(transaction, &accounts)?;
    let children: Vec<_> = ends.iter().filter_map(|(hold, _)| hold.child).collect();
    let known = match children.is_empty() {
        true => HashMap::new(),
        false => tokens::find(transaction, &children)?,
    };
    let spendable = ends.iter().zip(balances).map(|((hold, _), balance)| {
        let available = balance.available().unwrap_or(Msat::ZERO);
        let Some(child) = hold.child else { return available };
        let left = known.get(&child).and_then(|token| token.child).map(Child::left);
        available.min(left.unwrap_or(Msat::ZERO))
    });
    Ok(spendable.collect())
}

/// Posts what was planned, all in one batch.
fn book(
    transaction: &Transaction<'_>,
    ends: &[(Hold, End)],
    plans: &[Result<Plan, AccountError>],
) -> Result<(), StoreError> {
    let planned: Vec<_> = ends
        .iter()
        .zip(plans)
        .filter_map(|((hold, _), plan)| Some((hold, plan.as_ref().ok()?)))
        .filter(|(_, plan)| !plan.transfers.is_empty())
        .collect();
    let events: Vec<_> = planned.iter().map(|(_, plan)| plan.transfers.as_slice()).collect();
    let mut unspent: HashMap<[u8; 32], Msat> = HashMap::new();
    for ((hold, plan), posted) in
        planned.iter().zip(writer::post_all(transaction, &events, now_ms())?)
    {
        if posted.map_err(writer::WriteError::Post)? == Posted::Now
            && let Some(child) = hold.child
        {
            let sum = unspent.entry(child).or_default();
            *sum = sum.checked_add(plan.unspent).unwrap_or(Msat::MAX);
        }
    }
    tokens::give_back(transaction, &unspent)
}

fn plan(
    transaction: &Transaction<'_>,
    hold: &Hold,
    end: End,
    there: &mut HashSet<String>,
) -> Result<Result<Plan, AccountError>, StoreError> {
    // Named once: a second end of the same hold in one batch finds it gone.
    let is_there = there.remove(&hold.id);
    Ok(match end {
        End::Settle { cost } if is_there => settle(hold, cost),
        End::TakeBack { .. } if is_there => settle(hold, Msat::ZERO),
        End::Settle { cost } => match settle(hold, cost) {
            Ok(plan) if is_booked(transaction, &plan)? => Ok(Plan::default()),
            Ok(_) => Err(unreadable("a hold was ended in another way")),
            Err(error) => Err(error),
        },
        End::TakeBack { cost } => Ok(refund(transaction, hold, cost)?),
    })
}

fn settle(hold: &Hold, cost: Msat) -> Result<Plan, AccountError> {
    let Hold { id, account, route, amount, .. } = hold;
    let unspent = amount.checked_sub(cost).ok_or_else(|| unreadable("a cost above its hold"))?;
    let mut transfers = vec![
        events::hold_settled(id, account, route, cost),
        events::hold_released(id, account, unspent),
    ];
    transfers.retain(|leg| !leg.amount.is_zero());
    Ok(Plan { transfers, unspent })
}

/// The hold is gone: what it cost is given back, if it did cost something.
fn refund(transaction: &Transaction<'_>, hold: &Hold, cost: Msat) -> Result<Plan, StoreError> {
    let Hold { id, account, route, .. } = hold;
    let settled = events::hold_settled(id, account, route, cost);
    if cost.is_zero() || writer::find(transaction, &settled.id())?.as_ref() != Some(&settled) {
        return Ok(Plan::default());
    }
    let transfers = vec![events::hold_refunded(id, account, route, cost)];
    Ok(Plan { transfers, unspent: cost })
}

fn is_booked(transaction: &Transaction<'_>, plan: &Plan) -> Result<bool, StoreError> {
    for leg in &plan.transfers {
        if writer::find(transaction, &leg.id())?.as_ref() != Some(leg) {
            return Ok(false);
        }
    }
    Ok(true)
}
