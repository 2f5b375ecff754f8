//! The sweep over all listed endpoints, on threads of its own.

use crate::config::{ProbeSettings, Settings};
use crate::output::Failure;
use crate::server::{directory, open_files};
use farebox_directory::Directory;
use farebox_directory::prober::{Prober, ProberThreads};
use farebox_net::GuardedClient;

pub use farebox_directory::prober::leave;

/// What probes the listed endpoints.
#[derive(Clone)]
pub struct Sweeper {
    directory: Directory,
    client: GuardedClient,
    settings: ProbeSettings,
}

impl Sweeper {
    /// Reads the settings; `None` when this server is not to probe.
    pub fn configured(
        settings: &Settings,
        demo: bool,
        directory: &Directory,
        public_url: &str,
    ) -> Result<Option<Self>, Failure> {
        let probe = settings.directory.probe.clone();
        if !probe.enabled {
            return Ok(None);
        }
        let client = directory::guarded_as(settings, demo, probe.user_agent(public_url))?;
        Ok(Some(Self { directory: directory.clone(), client, settings: probe }))
    }

    /// Probes until the task is dropped; `holder` is this process.
    pub async fn run(self, holder: String) {
        let options = self.settings.options(open_files::raise_limit());
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let prober = Prober::new(self.directory, self.client, options, holder);
        match ProberThreads::start(threads) {
            Ok(threads) => threads.run(prober).await,
            Err(error) => tracing::error!(%error, "no threads to probe on; nothing is probed"),
        }
    }
}
