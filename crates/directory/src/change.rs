//! A change of the directory under way, inside one transaction.

use crate::store::review::{self, ReviewKind};
use crate::store::revision::{self, Revision};
use crate::{Listing, Protocol, claim, store};
use farebox_store::{StoreError, Transaction};
use jiff::Timestamp;
use serde_json::Value;
use std::cell::Cell;

/// A change under way: what it writes is there as a whole or not at all, together with the events
/// that tell of it.
pub struct Change<'a> {
    transaction: &'a Transaction<'a>,
    now: Timestamp,
    is_bulk: bool,
    revision: Cell<Option<Revision>>,
}

impl<'a> Change<'a> {
    pub(crate) const fn new(transaction: &'a Transaction<'a>, now: Timestamp) -> Self {
        Self { transaction, now, is_bulk: false, revision: Cell::new(None) }
    }

    /// The same for a part of an import; `is_bulk` says whether it is the first of its source. Then
    /// nobody is told what happens here.
    pub(crate) fn of_import(
        transaction: &'a Transaction<'a>,
        now: Timestamp,
        is_bulk: bool,
    ) -> Self {
        Self { is_bulk, ..Self::new(transaction, now) }
    }

    /// The transaction, for rows beside the listings.
    #[must_use]
    pub const fn transaction(&self) -> &'a Transaction<'a> {
        self.transaction
    }

    /// When it happens.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The number that listings changed here bear.
    pub(crate) fn revision(&self) -> Result<Revision, StoreError> {
        if let Some(revision) = self.revision.get() {
            return Ok(revision);
        }
        let revision = revision::next(self.transaction)?;
        self.revision.set(Some(revision));
        Ok(revision)
    }

    /// A listing by its id, whatever its standing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn find(&self, id: &str) -> Result<Option<Listing>, StoreError> {
        store::find(self.transaction, id)
    }

    /// The listing of an endpoint on a rail, whatever its standing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn find_endpoint(
        &self,
        canonical_url: &str,
        method: Option<&str>,
        protocol: Protocol,
    ) -> Result<Option<Listing>, StoreError> {
        store::find_endpoint(self.transaction, canonical_url, method, protocol)
    }

    /// Writes a listing, new or changed, and the events that follow from the difference. `before`
    /// is the listing as this change found it. A new one is marked as its provider's where the host
    /// is claimed, and one that is marked stays so: only claims take that back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put(&self, before: Option<&Listing>, after: &Listing) -> Result<(), StoreError> {
        let is_marked = match before {
            Some(before) => before.facts.domain_verified,
            None => claim::is_verified(self.transaction, &after.host())?,
        };
        if !is_marked || after.facts.domain_verified {
            return self.put_as_is(before, after);
        }
        let mut after = after.clone();
        after.facts.domain_verified = true;
        self.put_as_is(before, &after)
    }

    /// The same, and the mark of the provider as `after` has it.
    pub(crate) fn put_as_is(
        &self,
        before: Option<&Listing>,
        after: &Listing,
    ) -> Result<(), StoreError> {
        let write = if self.is_bulk { store::change_in_bulk } else { store::change };
        write(self.transaction, before, after, self.revision()?, self.now)
    }

    /// Asks an admin, unless the very same is asked already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn ask(
        &self,
        kind: ReviewKind,
        listing_id: &str,
        subject: &str,
        body: &Value,
    ) -> Result<(), StoreError> {
        review::ask(self.transaction, kind, listing_id, subject, body, self.now)
    }

    /// Writes down who did what with more than a stranger's rights. `detail` holds no secrets.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn audit(
        &self,
        actor: &str,
        action: &str,
        subject: &str,
        detail: &Value,
    ) -> Result<(), StoreError> {
        review::audit(self.transaction, actor, action, subject, detail, self.now)
    }
}
