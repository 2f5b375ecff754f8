//! The buyer's records without its wallet: for those who look at them, and for its human.

use crate::approval::{Approval, ApprovalState};
use crate::error::StartError;
use crate::import::Import;
use crate::receipt::{Head, Receipt, ReceiptFilter};
use crate::rules::{Policy, Spent};
use crate::store::{Reservation, Store, StoredToken, Sums, now_s};
use farebox_store::StoreError;
use farebox_wire::lightning::PaymentHash;
use std::path::Path;

/// The records in one folder; several processes may have them open.
#[derive(Clone)]
pub struct Records {
    pub(crate) store: Store,
}

/// What was spent, and what is set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The time that it is of, in seconds since 1970.
    pub now: u64,
    /// In all.
    pub total: Spent,
    /// Under each rule, in the policy's order; the last is what no rule matched.
    pub rules: Vec<(String, Spent)>,
    /// Under each rule with limits for each host, by host.
    pub hosts: Vec<HostSpent>,
    /// What is reserved, the oldest first.
    pub reserved: Vec<Reservation>,
}

/// What was spent at one host under one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSpent {
    /// The rule's name.
    pub rule: String,
    /// The host.
    pub host: String,
    /// What was spent.
    pub spent: Spent,
}

impl Records {
    /// Opens the records in `folder`, which is made where it is not there.
    ///
    /// # Errors
    /// [`StartError`] names the folder or file and what to do.
    pub fn open(folder: &Path) -> Result<Self, StartError> {
        crate::buyer::open_store(folder).map(|(store, _)| Self { store })
    }

    /// What was spent in the current windows of `policy`.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn budget(&self, policy: &Policy) -> Result<Budget, StoreError> {
        let sums = self.store.sums(policy.clone()).await?;
        let reserved = self.store.reservations().await?;
        let Sums { total, rules, hosts } = sums;
        Ok(Budget { now: now_s(), total, rules, hosts, reserved })
    }

    /// The receipts that `filter` selects, the newest first.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn receipts(&self, filter: ReceiptFilter) -> Result<Vec<Receipt>, StoreError> {
        self.store.receipts(filter).await
    }

    /// Where a log of receipts ends that is as it was written; else the number of the first entry
    /// that is not.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn verify_receipts(&self) -> Result<Result<Head, u64>, StoreError> {
        self.store.verify_receipts().await
    }

    /// The latest questions to the human, the newest first; only those that wait for an answer
    /// where `waiting`.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn approvals(&self, waiting: bool) -> Result<Vec<Approval>, StoreError> {
        self.store.approvals(waiting).await
    }

    /// One question.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn approval(&self, id: &str) -> Result<Option<Approval>, StoreError> {
        self.store.approval(id).await
    }

    /// Answers a question, if it still waits for it, and returns what it is then; `None` when
    /// there is no such question. Only a human may call this: whoever spends must not.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub async fn answer(
        &self,
        id: &str,
        yes: bool,
        policy: &Policy,
    ) -> Result<Option<Approval>, StoreError> {
        let to = if yes { ApprovalState::Approved } else { ApprovalState::Denied };
        self.store.answer(id, to, policy.approval_timeout).await
    }

    /// The tokens that may be good for another request, by host.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        self.store.tokens().await
    }

    /// Takes tokens away for good; returns how many were there.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub async fn remove_tokens(&self, hashes: Vec<PaymentHash>) -> Result<u64, StoreError> {
        self.store.remove_tokens(hashes).await
    }

    /// Takes over a token that another program has bought; false where it is there already.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub async fn import_token(&self, import: Import) -> Result<bool, StoreError> {
        self.store.import_token(import).await
    }
}
