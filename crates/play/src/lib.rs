//! A play Lightning network inside one process, kept in a database.
//!
//! It stands in for a real network in `farebox serve --demo` and in tests: real, signed BOLT 11
//! invoices in the regtest currency, real preimages, and balances in play money that survive a
//! restart. A payment is one database transaction that moves the money and reveals the preimage.
//! [`phoenixd_api`] puts phoenixd's HTTP API in front of one wallet.

mod clock;
mod error;
mod faults;
mod history;
mod incoming;
mod invoice;
mod network;
mod outgoing;
mod payment;
pub mod phoenixd_api;
mod random;
mod wallet;

pub use clock::Clock;
pub use error::PlayError;
pub use faults::Faults;
pub use network::{PlayNetwork, Totals};
pub use wallet::PlayWallet;

mod migrations {
    refinery::embed_migrations!("migrations");
}

/// The tables of a play network.
#[must_use]
pub fn schema() -> farebox_store::Schema {
    farebox_store::Schema { name: "play", sqlite: migrations::migrations::runner(), postgres: None }
}
