//! The sweep: probes every listed endpoint again and again, politely, together with the other
//! servers on the database, and records what it finds.
//!
//! An endpoint is one URL and method; its listings on several rails share a probe. When it is due
//! follows from what is recorded, so that any server can go on where another stopped. The hosts are
//! cut into shards; a server probes those that it holds a lease of, and a result counts only while
//! it still does.

mod due;
mod endpoint;
mod figures;
mod hosts;
mod look;
mod options;
mod outage;
mod pace;
mod plan;
mod planned;
mod record;
mod runtime;
mod shards;
mod sweep;

pub use figures::{SweepFigures, SweepReport};
pub use options::{ProberOptions, TIMEOUT_MAX};
pub use runtime::ProberThreads;

use crate::Directory;
use crate::check::Facilitators;
use farebox_net::GuardedClient;
use farebox_store::StoreError;
use sweep::Sweep;

/// Probes the endpoints of a directory.
#[derive(Clone)]
pub struct Prober {
    directory: Directory,
    client: GuardedClient,
    facilitators: Facilitators,
    options: ProberOptions,
    holder: String,
}

impl Prober {
    /// Probes through `client`, in the name of `holder`: one for each process.
    #[must_use]
    pub fn new(
        directory: Directory,
        client: GuardedClient,
        options: ProberOptions,
        holder: String,
    ) -> Self {
        let facilitators = Facilitators::default();
        Self { directory, client, facilitators, options, holder }
    }

    /// Probes until the future is dropped. What is under way then is probed again later, by this
    /// server or another.
    pub async fn run(self) {
        Sweep::new(self).run().await;
    }
}

/// Gives a server's share of the sweep back, so that the others need not wait until its leases run
/// out. `holder` is its name.
///
/// # Errors
/// [`StoreError`]; then they wait.
pub async fn leave(directory: &Directory, holder: &str) -> Result<(), StoreError> {
    shards::leave(directory, holder).await
}
