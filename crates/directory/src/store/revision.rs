//! The table `directory_revision`.

use farebox_store::{StoreError, Transaction, params};

/// The revision of the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Revision(pub(crate) i64);

/// Begins a revision: what is changed in this transaction bears its number.
pub(crate) fn next(transaction: &Transaction<'_>) -> Result<Revision, StoreError> {
    let sql = "UPDATE directory_revision SET seq = seq + 1 WHERE id = 1 RETURNING seq";
    transaction.one(sql, params![], |row| row.get(0)).map(Revision)
}

/// The same, for a change after which every snapshot is built anew: rows that are gone bear no
/// number.
pub(crate) fn next_whole(transaction: &Transaction<'_>) -> Result<Revision, StoreError> {
    let sql = "UPDATE directory_revision SET seq = seq + 1, reload_seq = seq + 1 WHERE id = 1 \
               RETURNING seq";
    transaction.one(sql, params![], |row| row.get(0)).map(Revision)
}

/// The latest revision, and the latest that changed everything.
pub(crate) fn latest(transaction: &Transaction<'_>) -> Result<(Revision, Revision), StoreError> {
    let sql = "SELECT seq, reload_seq FROM directory_revision WHERE id = 1";
    transaction.one(sql, params![], |row| Ok((Revision(row.get(0)?), Revision(row.get(1)?))))
}
