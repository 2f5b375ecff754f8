//! How often a client may ask, and how much work it can have done.
//!
//! A limit is a [`Policy`]: never more than so much in *any* interval of its window ([`window`]
//! has the rule). Requests are counted by [`Limits::count`]: in memory where one process has the
//! database, and in blocks of a shared row where several servers do, so that all of them together
//! never let more through. Expensive work is counted by [`Limits::take`], in rows that survive a
//! restart.

mod blocks;
mod limits;
mod memory;
mod outcome;
mod policy;
mod rows;
mod subject;
pub mod window;

pub use limits::{Clock, Limits};
pub use outcome::{Outcome, RATE_LIMIT, RATE_LIMIT_POLICY, Refused, Taken};
pub use policy::{Policy, Rules, Work};
pub use subject::Subject;

use farebox_store::Schema;

mod sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}

mod postgres {
    refinery::embed_migrations!("migrations/postgres");
}

/// The tables of this crate.
#[must_use]
pub fn schema() -> Schema {
    Schema {
        name: "limits",
        sqlite: sqlite::migrations::runner(),
        postgres: Some(postgres::migrations::runner()),
    }
}
