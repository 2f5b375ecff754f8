//! Double entry in millisatoshis.
//!
//! Money is moved by [`Transfer`]s between accounts and by nothing else. A transfer's id is made
//! from the business event that it books, so that booking an event again changes nothing. The
//! log is append-only and hash-chained; corrections are new transfers.
//!
//! [`Books`] are the rules, pure and in memory: what may be posted and what it does to the
//! balances. [`writer`] keeps the same books in a database; tests drive both and compare them.

mod account;
mod books;
mod chain;
pub mod events;
mod head;
mod transfer;
mod verify;
pub mod writer;

pub use account::{AccountClass, AccountKey, ParseAccountError};
pub use books::{Balance, Books, PostError, Posted};
pub use chain::{ChainHash, GENESIS};
pub use head::{Head, ParseHeadError};
pub use transfer::{NewTransfer, Transfer, TransferCode, TransferId};
pub use verify::{ClassTotals, Finding, Report, verify};

mod sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}

mod postgres {
    refinery::embed_migrations!("migrations/postgres");
}

/// The tables of this crate.
#[must_use]
pub fn schema() -> farebox_store::Schema {
    farebox_store::Schema {
        name: "ledger",
        sqlite: sqlite::migrations::runner(),
        postgres: Some(postgres::migrations::runner()),
    }
}
