//! Vectors of queries, while somebody waits.

use super::breaker::Breaker;
use super::degraded::Degraded;
use super::exchange::{EmbedError, Exchange};
use super::known_queries::{Found, KnownQueries, Sender};
use super::options::EmbedderOptions;
use farebox_net::ClientError;
use farebox_search::Embedding;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Texts of one request.
pub(crate) const BATCH_LEN_MAX: usize = 128;
/// Requests for queries at the same time.
const REQUESTS_MAX: usize = 32;
/// Longer queries are cut.
const QUERY_CHARS_MAX: usize = 500;
/// For many texts, which nobody waits for.
const BATCH_TIMEOUT: Duration = Duration::from_secs(60);

/// Counts since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmbedderStats {
    /// Requests that were answered with vectors.
    pub answered: u64,
    /// Requests that were not.
    pub failed: u64,
    /// Queries that needed no request of their own.
    pub remembered: u64,
    /// Queries that were left without a vector.
    pub degraded: u64,
}

/// Asks the service for vectors; cheap to clone.
#[derive(Clone)]
pub struct Embedder(Arc<Inner>);

struct Inner {
    exchange: Exchange,
    timeout: Duration,
    known: KnownQueries,
    breaker: Mutex<Breaker>,
    requests: Arc<Semaphore>,
    now_ms: Box<dyn Fn() -> u64 + Send + Sync>,
    counts: Counts,
    /// Only a change is worth a line in the log.
    is_failing: AtomicBool,
}

#[derive(Default)]
struct Counts {
    answered: AtomicU64,
    failed: AtomicU64,
    remembered: AtomicU64,
    degraded: AtomicU64,
}

impl Embedder {
    /// Nothing is asked yet.
    ///
    /// # Errors
    /// [`ClientError`] when no HTTP client can be made.
    pub fn new(options: &EmbedderOptions) -> Result<Self, ClientError> {
        let begun = Instant::now();
        Self::with_clock(options, move || {
            u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
        })
    }

    /// With a clock of one's own: milliseconds that never go back.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_clock(
        options: &EmbedderOptions,
        now_ms: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Result<Self, ClientError> {
        Ok(Self(Arc::new(Inner {
            exchange: Exchange::new(options)?,
            timeout: options.timeout,
            known: KnownQueries::new(),
            breaker: Mutex::new(Breaker::new()),
            requests: Arc::new(Semaphore::new(REQUESTS_MAX)),
            now_ms: Box::new(now_ms),
            counts: Counts::default(),
            is_failing: AtomicBool::new(false),
        })))
    }

    /// What the vectors of this service are kept under: the model and the number of dimensions.
    /// `None` before the first answer, where the options do not say how many there are.
    #[must_use]
    pub fn space(&self) -> Option<String> {
        let dimensions = self.0.exchange.dimensions()?;
        Some(format!("{}@{dimensions}", self.0.exchange.model()))
    }

    /// The vector of a query, from memory or from the service, within the time limit.
    ///
    /// # Errors
    /// [`Degraded`] says why there is none; use our own model then.
    pub async fn query(&self, text: &str) -> Result<Arc<Embedding>, Degraded> {
        let found = self.look_up(normalised(text)).await;
        if found.is_err() {
            self.0.counts.degraded.fetch_add(1, Ordering::Relaxed);
        }
        found
    }

    /// Counts for metrics.
    #[must_use]
    pub fn stats(&self) -> EmbedderStats {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = &self.0.counts;
        EmbedderStats {
            answered: count(&counts.answered),
            failed: count(&counts.failed),
            remembered: count(&counts.remembered),
            degraded: count(&counts.degraded),
        }
    }

    /// The vectors of up to 128 texts, in their order. The circuit breaker has no say in it: its
    /// caller waits longer and longer by itself.
    pub(crate) async fn documents(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        let vectors = self.0.exchange.ask(texts, BATCH_TIMEOUT).await;
        self.0.note(vectors.as_ref().err());
        vectors
    }

    async fn look_up(&self, query: String) -> Found {
        if !self.0.exchange.has_key() {
            return Err(Degraded::NoApiKey);
        }
        if query.is_empty() {
            return Err(Degraded::Failed);
        }
        let (mut waiting, sender) = self.0.known.look_up(&query);
        match sender {
            Some(sender) => self.start(query, sender),
            None => {
                self.0.counts.remembered.fetch_add(1, Ordering::Relaxed);
            }
        }
        match tokio::time::timeout(self.0.timeout, waiting.wait_for(Option::is_some)).await {
            Err(_) => Err(Degraded::Timeout),
            Ok(found) => {
                found.ok().and_then(|found| found.clone()).unwrap_or(Err(Degraded::Failed))
            }
        }
    }

    /// Asks, whether or not somebody goes on waiting: others may, and the breaker learns from it.
    fn start(&self, query: String, sender: Sender) {
        let inner = Arc::clone(&self.0);
        let permit = Arc::clone(&inner.requests).try_acquire_owned();
        let ask = async move {
            let found = match permit {
                Ok(_permit) => inner.ask(&query).await,
                Err(_) => Err(Degraded::CircuitOpen),
            };
            if found.is_err() {
                inner.known.forget(&query);
            }
            sender.send_replace(Some(found));
        };
        tokio::spawn(ask);
    }
}

impl Inner {
    async fn ask(&self, query: &str) -> Found {
        let attempt = self.with_breaker(|breaker| breaker.attempt((self.now_ms)()));
        let attempt = attempt.ok_or(Degraded::CircuitOpen)?;
        let answer = self.exchange.ask(&[query], self.timeout).await;
        self.note(answer.as_ref().err());
        let now_ms = (self.now_ms)();
        self.with_breaker(|breaker| match &answer {
            Ok(_) => breaker.succeeded(),
            Err(EmbedError::Busy { wait: Some(wait), .. }) => {
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                breaker.sent_away(attempt, now_ms, wait_ms);
            }
            // That can be the query's fault, which says nothing about the next one.
            Err(EmbedError::Refused(_)) => {}
            Err(_) => breaker.failed(attempt, now_ms),
        });
        let vector = answer.map_err(|error| match error {
            EmbedError::NoApiKey => Degraded::NoApiKey,
            EmbedError::TooSlow => Degraded::Timeout,
            _ => Degraded::Failed,
        })?;
        vector.into_iter().next().map(Arc::new).ok_or(Degraded::Failed)
    }

    fn with_breaker<R>(&self, work: impl FnOnce(&mut Breaker) -> R) -> R {
        work(&mut self.breaker.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, error: Option<&EmbedError>) {
        let counter = if error.is_none() { &self.counts.answered } else { &self.counts.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        let was_failing = self.is_failing.swap(error.is_some(), Ordering::Relaxed);
        match error {
            None if was_failing => tracing::info!("the embedding service answers again"),
            Some(error) if !was_failing => {
                tracing::warn!(%error, "the embedding service is of no use; our own model is used");
            }
            _ => {}
        }
    }
}

/// As it is asked and remembered: lower case, single spaces, not too long.
fn normalised(query: &str) -> String {
    let mut words = query.split_whitespace();
    let mut text = words.next().unwrap_or_default().to_lowercase();
    for word in words {
        text.push(' ');
        text.push_str(&word.to_lowercase());
    }
    if let Some((end, _)) = text.char_indices().nth(QUERY_CHARS_MAX) {
        text.truncate(end);
    }
    text
}
