//! Keeps the rate fresh: the only part that does I/O.

use crate::agreement::{Agreement, Disagreement, agree};
use crate::answer::Bounds;
use crate::rates::{Publisher, Rates};
use crate::source::{Demands, Heard, Source};
use farebox_money::BtcUsd;
use farebox_net::{ClientError, ClientOptions, http_client};
use futures_util::future::join_all;
use reqwest::Client;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How the rate is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshOptions {
    /// Whom to ask, the preferred ones first.
    pub sources: Vec<Source>,
    /// So many of them are asked; the next ones stand in for those that do not answer.
    pub median_of: usize,
    /// When their answers count.
    pub agreement: Agreement,
    /// What an answer must lie within.
    pub bounds: Bounds,
    /// The time that one source has for its answer.
    pub timeout: Duration,
    /// How often they are asked, in seconds, a tenth more or less.
    pub refresh_s: u64,
    /// How old the rate can be and still be charged at, in seconds.
    pub max_age_s: u64,
}

/// Counts since the process started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefreshStats {
    /// Times that a rate was found.
    pub found: u64,
    /// Times that none was.
    pub not_found: u64,
    /// By source, in their order.
    pub sources: Vec<SourceStats>,
}

/// Counts of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceStats {
    /// The source's name.
    pub name: String,
    /// Answers that could be used.
    pub answered: u64,
    /// Times without one.
    pub failed: u64,
}

struct Watched {
    source: Source,
    answered: AtomicU64,
    failed: AtomicU64,
    /// Whether the last time was one without an answer: only a change is worth a line in the log.
    is_failing: AtomicBool,
}

struct Inner {
    client: Client,
    options: RefreshOptions,
    watched: Vec<Watched>,
    publisher: Publisher,
    found: AtomicU64,
    not_found: AtomicU64,
    is_failing: AtomicBool,
}

/// Asks the sources again and again; cheap to clone.
#[derive(Clone)]
pub struct Refresher(Arc<Inner>);

impl Refresher {
    /// A refresher and the rate that it keeps fresh. Nothing is asked yet.
    ///
    /// # Errors
    /// [`ClientError`] when no HTTP client can be made.
    pub fn new(options: RefreshOptions) -> Result<(Self, Rates), ClientError> {
        let client = http_client(&ClientOptions {
            user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
            connect_timeout: options.timeout,
            read_timeout: options.timeout,
            insecure_tls: false,
            certificate: None,
            system_proxy: true,
        })?;
        let (publisher, rates) = Rates::moving(options.max_age_s);
        let watched = options.sources.iter().cloned().map(Watched::new).collect();
        let inner = Inner {
            client,
            options,
            watched,
            publisher,
            found: AtomicU64::new(0),
            not_found: AtomicU64::new(0),
            is_failing: AtomicBool::new(false),
        };
        Ok((Self(Arc::new(inner)), rates))
    }

    /// Asks once and puts what was found in force. `now` is in seconds since 1970: from this
    /// moment the rate ages, whenever the answers come; earlier where a cache had kept one.
    ///
    /// # Errors
    /// [`Disagreement`]; then the rate stays what it was, and goes on ageing.
    pub async fn refresh(&self, now: u64) -> Result<BtcUsd, Disagreement> {
        let found = self.ask().await;
        let found = found.map(|heard| {
            self.0.publisher.publish(heard.rate, now.saturating_sub(heard.age_s));
            heard.rate
        });
        let counter = if found.is_ok() { &self.0.found } else { &self.0.not_found };
        counter.fetch_add(1, Ordering::Relaxed);
        let was_failing = self.0.is_failing.swap(found.is_err(), Ordering::Relaxed);
        match &found {
            Ok(rate) => {
                if was_failing {
                    tracing::info!(btc_usd = %rate.usd_per_btc(), "the exchange rate is back");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "no exchange rate was found; the last one ages");
            }
        }
        found
    }

    /// Asks as often as the options say, until the task is dropped. `clock` gives seconds since
    /// 1970.
    pub async fn run(&self, clock: impl Fn() -> u64) {
        loop {
            // What went wrong is in the log and the counts, and the next time is soon.
            let _ = self.refresh(clock()).await;
            tokio::time::sleep(pause(self.0.options.refresh_s)).await;
        }
    }

    /// Counts for metrics.
    #[must_use]
    pub fn stats(&self) -> RefreshStats {
        RefreshStats {
            found: self.0.found.load(Ordering::Relaxed),
            not_found: self.0.not_found.load(Ordering::Relaxed),
            sources: self.0.watched.iter().map(Watched::stats).collect(),
        }
    }

    /// Asks the first ones of the list, together; then, while their answers make no rate, as
    /// many of the next ones as it takes. The rate is as old as the oldest answer.
    async fn ask(&self) -> Result<Heard, Disagreement> {
        let options = &self.0.options;
        let mut waiting = self.0.watched.iter();
        let (mut answers, mut age_s) = (Vec::new(), 0);
        loop {
            let missing = options.median_of.saturating_sub(answers.len()).max(1);
            let asked: Vec<_> = waiting.by_ref().take(missing).collect();
            let is_last = asked.len() < missing;
            let asked = asked.into_iter().map(|watched| watched.ask(&self.0.client, options));
            for heard in join_all(asked).await.into_iter().flatten() {
                answers.push(heard.rate);
                age_s = age_s.max(heard.age_s);
            }
            let agreed = agree(&answers, options.agreement);
            let is_full = answers.len() >= options.median_of;
            if is_last || (is_full && agreed.is_ok()) {
                return agreed.map(|rate| Heard { rate, age_s });
            }
        }
    }
}

impl Watched {
    fn new(source: Source) -> Self {
        let (answered, failed) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { source, answered, failed, is_failing: AtomicBool::new(false) }
    }

    async fn ask(&self, client: &Client, options: &RefreshOptions) -> Option<Heard> {
        let RefreshOptions { timeout, max_age_s, bounds, .. } = *options;
        let answer = self.source.ask(client, Demands { timeout, max_age_s, bounds }).await;
        let source = self.source.name();
        let was_failing = self.is_failing.swap(answer.is_err(), Ordering::Relaxed);
        match answer {
            Ok(heard) => {
                self.answered.fetch_add(1, Ordering::Relaxed);
                if was_failing {
                    tracing::info!(source, "a source of the exchange rate answers again");
                }
                Some(heard)
            }
            Err(error) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                if !was_failing {
                    tracing::warn!(source, %error, "a source of the exchange rate is of no use");
                }
                None
            }
        }
    }

    fn stats(&self) -> SourceStats {
        SourceStats {
            name: self.source.name().to_owned(),
            answered: self.answered.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }
}

/// A tenth more or less than the period, so that many servers do not ask at the same moment.
fn pause(refresh_s: u64) -> Duration {
    let mut random = [0];
    // Without random bytes the period is kept exactly, which does no harm.
    let _ = getrandom::fill(&mut random);
    let [share] = random;
    let millis = refresh_s.saturating_mul(900 + u64::from(share) * 200 / 255);
    Duration::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_is_the_period_within_a_tenth() {
        for _ in 0..1_000 {
            let pause = pause(60);
            assert!(Duration::from_secs(54) <= pause && pause <= Duration::from_secs(66));
        }
    }
}
