//! The store's own tables: leases, idempotency records, the outbox.

use crate::Schema;

mod sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}

mod postgres {
    refinery::embed_migrations!("migrations/postgres");
}

/// The tables that [`crate::lease`], [`crate::idempotency`] and [`crate::outbox`] use.
#[must_use]
pub fn schema() -> Schema {
    Schema {
        name: "services",
        sqlite: sqlite::migrations::runner(),
        postgres: Some(postgres::migrations::runner()),
    }
}
