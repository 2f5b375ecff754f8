//! `[directory.probe]`: how listed endpoints are probed again and again.

use farebox_directory::prober::{ProberOptions, TIMEOUT_MAX};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// A week.
const INTERVAL_MAX_SECONDS: u64 = 7 * 24 * 3_600;
const CONCURRENCY_MAX: usize = 20_000;
/// More would not be polite.
const PER_HOST_MAX: usize = 4;
const LEASE_SECONDS: std::ops::RangeInclusive<u64> = 4..=600;

/// How listed endpoints are probed again and again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ProbeSettings {
    /// Whether this server probes at all.
    pub enabled: bool,
    /// How often each endpoint is probed.
    pub interval_seconds: u64,
    /// The longest that one probe may take.
    pub timeout_seconds: u64,
    /// Probes under way at once.
    pub concurrency: usize,
    /// Probes under way at once at one registrable host.
    pub per_host: usize,
    /// How long other servers wait for one that stopped.
    pub lease_seconds: u64,
    /// Where those who are probed read who does it; the server's own address when not given.
    pub contact_url: Option<String>,
}

impl Default for ProbeSettings {
    fn default() -> Self {
        let options = ProberOptions::default();
        Self {
            enabled: true,
            interval_seconds: options.interval.as_secs(),
            timeout_seconds: options.timeout.as_secs(),
            concurrency: options.concurrency,
            per_host: options.per_host,
            lease_seconds: options.lease.as_secs(),
            contact_url: None,
        }
    }
}

impl ProbeSettings {
    /// Checks each key by itself.
    ///
    /// # Errors
    /// One line that names the first key that cannot be used.
    pub fn check(&self) -> Result<(), String> {
        let within = |key: &str, is_within: bool, least: u64, most: u64| {
            let problem = || format!("directory.probe.{key} must be between {least} and {most}");
            is_within.then_some(()).ok_or_else(problem)
        };
        let interval = self.interval_seconds;
        within(
            "interval_seconds",
            (1..=INTERVAL_MAX_SECONDS).contains(&interval),
            1,
            INTERVAL_MAX_SECONDS,
        )?;
        let (timeout, most) = (self.timeout_seconds, TIMEOUT_MAX.as_secs());
        within("timeout_seconds", (1..=most).contains(&timeout), 1, most)?;
        let concurrency = (1..=CONCURRENCY_MAX).contains(&self.concurrency);
        within("concurrency", concurrency, 1, CONCURRENCY_MAX as u64)?;
        let per_host = (1..=PER_HOST_MAX).contains(&self.per_host);
        within("per_host", per_host, 1, PER_HOST_MAX as u64)?;
        let (least, most) = (*LEASE_SECONDS.start(), *LEASE_SECONDS.end());
        within("lease_seconds", LEASE_SECONDS.contains(&self.lease_seconds), least, most)?;
        let Some(text) = &self.contact_url else { return Ok(()) };
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https" | "mailto");
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"()".contains(&byte));
        let is_usable = is_plain && text.len() <= 200 && Url::parse(text).is_ok_and(|u| is_web(&u));
        let problem = "directory.probe.contact_url must be an http, https or mailto address";
        is_usable.then_some(()).ok_or_else(|| problem.to_owned())
    }

    /// For the prober of a process that may open so many files.
    #[must_use]
    pub fn options(&self, files_max: usize) -> ProberOptions {
        ProberOptions {
            interval: Duration::from_secs(self.interval_seconds),
            timeout: Duration::from_secs(self.timeout_seconds),
            // The other half is for those who ask.
            concurrency: self.concurrency.min(files_max / 2).max(1),
            per_host: self.per_host,
            lease: Duration::from_secs(self.lease_seconds),
            ..ProberOptions::default()
        }
    }

    /// How the prober names itself, at a server that is reached at `public_url`.
    #[must_use]
    pub fn user_agent(&self, public_url: &str) -> String {
        let contact = self.contact_url.as_deref().unwrap_or(public_url);
        format!("Farebox-prober/{} (+{contact})", env!("CARGO_PKG_VERSION"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_named() {
        let change = |change: fn(&mut ProbeSettings)| {
            let mut settings = ProbeSettings::default();
            change(&mut settings);
            settings.check().unwrap_err()
        };
        for (problem, part) in [
            (change(|probe| probe.interval_seconds = 0), "interval_seconds"),
            (change(|probe| probe.timeout_seconds = 61), "timeout_seconds"),
            (change(|probe| probe.concurrency = 0), "concurrency"),
            (change(|probe| probe.per_host = 5), "per_host"),
            (change(|probe| probe.lease_seconds = 3), "lease_seconds"),
            (change(|probe| probe.contact_url = Some("a b".to_owned())), "contact_url"),
            (change(|probe| probe.contact_url = Some("https://a/)\r\n".to_owned())), "contact_url"),
        ] {
            assert!(problem.starts_with("directory.probe."), "{problem}");
            assert!(problem.contains(part), "{problem}");
        }
        ProbeSettings::default().check().unwrap();
    }

    #[test]
    fn half_of_the_files_are_left_to_those_who_ask() {
        assert_eq!(ProbeSettings::default().options(1_024).concurrency, 512);
        assert_eq!(ProbeSettings::default().options(1_000_000).concurrency, 1_000);
    }
}
