//! What follows from an admin's decision.

mod sibling;

pub(crate) use sibling::sibling;

use crate::store::review::{ReviewItem, ReviewKind, ReviewStatus, decide as write, question};
use crate::{Change, Listing, ListingStatus, Protocol};
use farebox_store::StoreError;
use serde_json::json;

/// An admin's answer.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// Yes or no.
    pub(crate) status: ReviewStatus,
    /// Who says so.
    pub(crate) by: String,
    /// Why.
    pub(crate) reason: Option<String>,
}

/// A decision that was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DecisionError {
    /// There is no such question.
    #[error("there is no such question")]
    Unknown,
    /// It was answered before.
    #[error("this question was decided already")]
    Decided,
    /// The database did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Answers a question and does what follows from the answer. Returns the question as it stands.
pub(crate) fn decide(
    change: &Change<'_>,
    id: i64,
    decision: &Decision,
) -> Result<ReviewItem, DecisionError> {
    let transaction = change.transaction();
    let item = question(transaction, id)?.ok_or(DecisionError::Unknown)?;
    let reason = decision.reason.as_deref();
    if !write(transaction, id, decision.status, &decision.by, reason, change.now())? {
        return Err(DecisionError::Decided);
    }
    if let Some(before) = change.find(&item.listing_id)? {
        follow(change, &item, &before, decision)?;
    }
    let action = match decision.status {
        ReviewStatus::Approved => "review.approve",
        ReviewStatus::Open | ReviewStatus::Rejected => "review.reject",
    };
    let detail = json!({ "kind": item.kind.name(), "question": id, "reason": reason });
    change.audit(&decision.by, action, &item.listing_id, &detail)?;
    question(transaction, id)?.ok_or(DecisionError::Unknown)
}

fn follow(
    change: &Change<'_>,
    item: &ReviewItem,
    before: &Listing,
    decision: &Decision,
) -> Result<(), StoreError> {
    let is_yes = decision.status == ReviewStatus::Approved;
    let standing = |status| Listing {
        status,
        status_reason: decision.reason.clone(),
        deleted_at: None,
        updated_at: change.now(),
        ..before.clone()
    };
    match (item.kind, before.status, is_yes) {
        (ReviewKind::Registration, ListingStatus::Pending, true) => {
            change.put(Some(before), &standing(ListingStatus::Active))
        }
        (ReviewKind::Registration, ListingStatus::Pending, false) => {
            change.put(Some(before), &standing(ListingStatus::Rejected))
        }
        // What somebody else would say of a listing that is shown.
        (ReviewKind::Registration, ListingStatus::Active, true) => {
            let after = crate::register::with_proposal(before, &item.body, change.now());
            change.put(Some(before), &after)
        }
        (ReviewKind::ProtocolChange, ListingStatus::Active, true) => {
            add_sibling(change, before, item)
        }
        // Approving a flag takes the listing out of sight.
        (ReviewKind::Flag, ListingStatus::Active | ListingStatus::Pending, true) => {
            change.put(Some(before), &standing(ListingStatus::Rejected))
        }
        // Approving an appeal shows the listing again.
        (ReviewKind::Appeal, ListingStatus::Rejected, true) => {
            change.put(Some(before), &standing(ListingStatus::Active))
        }
        _ => Ok(()),
    }
}

fn add_sibling(change: &Change<'_>, before: &Listing, item: &ReviewItem) -> Result<(), StoreError> {
    let Some(protocol) = Protocol::parse(&item.subject) else { return Ok(()) };
    let method = before.facts.method.as_deref();
    let known = change.find_endpoint(&before.canonical_url, method, protocol)?;
    if known.as_ref().is_some_and(|known| known.status == ListingStatus::Active) {
        return Ok(());
    }
    let fresh = sibling(before, protocol, &item.body, ListingStatus::Active, change.now());
    let id = known.as_ref().map_or(fresh.id.clone(), |known| known.id.clone());
    change.put(known.as_ref(), &Listing { id, ..fresh })
}
