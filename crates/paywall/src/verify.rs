//! Whether the records of used payments agree with the ledger.

use farebox_store::{Dialect, StoreError, Transaction, params};
use std::fmt;

/// Findings listed at most; one is enough to distrust the books.
const FINDINGS_MAX: usize = 100;

/// A used payment whose account in the ledger is not what its state says: an answered one has
/// spent all that it paid, any other has spent nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The payment.
    pub payment_hash: String,
    /// What its record says.
    pub state: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { payment_hash, state } = self;
        write!(f, "payment {payment_hash} is {state:?}, and its account in the ledger is not")
    }
}

/// Compares every record of a Lightning payment with the payment's account; other payments went
/// to the seller without passing through these books. The other way round nothing must hold:
/// records of long ago are dropped, and a payment that was never used has none.
///
/// # Errors
/// [`StoreError`] when the database cannot be read.
pub fn verify(transaction: &Transaction<'_>) -> Result<Vec<Finding>, StoreError> {
    let hash = match transaction.dialect() {
        Dialect::Sqlite => "lower(hex(r.payment_key))",
        Dialect::Postgres => "encode(r.payment_key, 'hex')",
    };
    let sql = format!(
        "SELECT {hash}, r.state FROM redemption r \
         LEFT JOIN ledger_account a ON a.key = 'l402:' || {hash} \
         WHERE r.rail = 'lightning' AND (a.id IS NULL OR a.credits_msat < r.amount_msat \
         OR (r.state = 'done' AND a.debits_msat <> a.credits_msat) \
         OR (r.state <> 'done' AND a.debits_msat <> 0)) LIMIT ?1"
    );
    transaction.all(&sql, params![FINDINGS_MAX], |row| {
        Ok(Finding { payment_hash: row.get(0)?, state: row.get(1)? })
    })
}
