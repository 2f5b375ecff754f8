//! How the sweep goes about it.

use std::time::Duration;

/// The longest that one probe may take, the discovery of a body and the slow second try included.
pub const TIMEOUT_MAX: Duration = Duration::from_secs(60);

/// How the sweep goes about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProberOptions {
    /// How often an endpoint is probed; five in a hundred more or less.
    pub interval: Duration,
    /// For one probe as a whole.
    pub timeout: Duration,
    /// Probes under way at once.
    pub concurrency: usize,
    /// Probes under way at once at one registrable host.
    pub per_host: usize,
    /// Between the beginnings of two probes of one registrable host.
    pub host_gap: Duration,
    /// How long the other servers wait for one that stopped before they take over its share.
    pub lease: Duration,
}

impl Default for ProberOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(900),
            timeout: Duration::from_secs(30),
            concurrency: 1_000,
            per_host: 2,
            host_gap: Duration::from_millis(250),
            lease: Duration::from_secs(60),
        }
    }
}

impl ProberOptions {
    /// What no probe may outlast: the lease must still be good when its result is recorded.
    pub(super) fn probe_timeout(&self) -> Duration {
        self.timeout.min(TIMEOUT_MAX).min(self.lease / 2)
    }

    /// How often the leases are renewed.
    pub(super) fn renewal(&self) -> Duration {
        (self.lease / 4).max(Duration::from_millis(250))
    }
}
