//! Many holds at once: who pays, whether there is enough, and the records.

use super::Hold;
use super::rows::{NewHold, insert};
use crate::AccountError;
use crate::basics::now_ms;
use crate::tokens::{self, KnownToken, Shortfall};
use farebox_ledger::{NewTransfer, PostError, Posted, events, writer};
use farebox_money::Msat;
use farebox_store::{StoreError, Transaction};
use std::collections::HashMap;

/// A hold that is asked for.
pub(crate) struct Reserve {
    pub(crate) id: String,
    pub(crate) digest: [u8; 32],
    pub(crate) amount: Msat,
    pub(crate) route: String,
    /// The process that answers the request.
    pub(crate) owner: String,
}

type Outcome = Result<Hold, AccountError>;

/// Sets aside what each asks for, in their order, as far as there is enough.
pub(crate) fn reserve_all(
    transaction: &Transaction<'_>,
    asked: &[Reserve],
) -> Result<Vec<Outcome>, StoreError> {
    let digests: Vec<_> = asked.iter().map(|one| one.digest).collect();
    let mut known = tokens::find(transaction, &digests)?;
    let mut outcomes: Vec<Outcome> = asked.iter().map(|one| admit(one, &mut known)).collect();
    post(transaction, &mut outcomes)?;
    give_back_caps(&outcomes, asked, &mut known);
    let new: Vec<_> = outcomes
        .iter()
        .zip(asked)
        .filter_map(|(outcome, one)| {
            Some(NewHold { hold: outcome.as_ref().ok()?, owner: &one.owner })
        })
        .collect();
    insert(transaction, &new)?;
    tokens::store_used(transaction, &known)?;
    Ok(outcomes)
}

/// Whether a token may spend so much, its account aside.
fn admit(asked: &Reserve, known: &mut HashMap<[u8; 32], KnownToken>) -> Outcome {
    let token = known.get_mut(&asked.digest).ok_or(AccountError::InvalidToken)?;
    match token.spend(asked.amount) {
        Ok(()) => Ok(Hold {
            id: asked.id.clone(),
            account: token.account.clone(),
            amount: asked.amount,
            route: asked.route.clone(),
            child: token.is_child().then_some(asked.digest),
        }),
        Err(Shortfall { available }) => {
            Err(AccountError::CapReached { price: asked.amount, available })
        }
    }
}

/// Books the holds that were admitted; those that the rules refuse become refusals.
fn post(transaction: &Transaction<'_>, outcomes: &mut [Outcome]) -> Result<(), StoreError> {
    let transfers: Vec<[NewTransfer; 1]> = outcomes
        .iter()
        .flatten()
        .map(|hold| [events::hold_reserved(&hold.id, &hold.account, hold.amount)])
        .collect();
    let transfers: Vec<_> = transfers.iter().map(<[NewTransfer; 1]>::as_slice).collect();
    let posted = writer::post_all(transaction, &transfers, now_ms())?;
    let admitted = outcomes.iter_mut().filter(|outcome| outcome.is_ok());
    for (outcome, posted) in admitted.zip(posted) {
        match posted {
            Ok(Posted::Now | Posted::Before) => {}
            Err(PostError::Insufficient { available, asked, .. }) => {
                *outcome = Err(AccountError::InsufficientBalance { price: asked, available });
            }
            Err(error) => return Err(writer::WriteError::Post(error).into()),
        }
    }
    Ok(())
}

/// What the account could not pay does not count against its token's cap.
fn give_back_caps(
    outcomes: &[Outcome],
    asked: &[Reserve],
    known: &mut HashMap<[u8; 32], KnownToken>,
) {
    for (outcome, one) in outcomes.iter().zip(asked) {
        if let Err(AccountError::InsufficientBalance { .. }) = outcome
            && let Some(token) = known.get_mut(&one.digest)
        {
            token.take_back(one.amount);
        }
    }
}
