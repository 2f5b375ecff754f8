//! x402 facilitator: checks and settles payments that buyers signed.

pub mod api;
mod embedded;
mod engine;
mod facilitator;
mod list;
mod remote;

pub use embedded::{Embedded, is_repeat};
pub use engine::{
    AmountRule, Clock, Engine, EngineOptions, EngineStats, Failure, KeyBalance, Payment, PaymentId,
    Recipients, Refusal, Settlement, Terms,
};
pub use facilitator::{Facilitator, FacilitatorError};
pub use list::FacilitatorList;
pub use remote::{Remote, RemoteOptions};

mod sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}

mod postgres {
    refinery::embed_migrations!("migrations/postgres");
}

/// The tables of this crate; it also needs those of [`farebox_store::schema`].
#[must_use]
pub fn schema() -> farebox_store::Schema {
    farebox_store::Schema {
        name: "facilitator",
        sqlite: sqlite::migrations::runner(),
        postgres: Some(postgres::migrations::runner()),
    }
}
