//! The vectors of the listings' texts: kept in the database, read from memory, asked for in the
//! background.

use super::embedder::Embedder;
use super::exchange::EmbedError;
use super::missing::{Missing, Refusal, cut, digest};
use super::rows::{self, Digest, Kept};
use crate::Clock;
use farebox_search::Embedding;
use farebox_store::{Store, StoreError, Transaction, lease};
use jiff::SignedDuration;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

const LEASE: &str = "embeddings";
const LEASE_MS: i64 = 3 * 60 * 1_000;
/// How often it is looked for texts without a vector.
const PERIOD: Duration = Duration::from_secs(5);
/// After a failure, twice as long after each further one.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(600);
/// How long vectors are kept that no listing's text needs.
const UNUSED_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often those are dropped: once in so many rounds.
const PURGE_ROUNDS: u64 = 720;
const PURGE_LEN: usize = 1_000;

/// The texts of all documents.
#[derive(Clone, Debug)]
pub struct Texts {
    /// Changes when one of them does.
    pub revision: u64,
    /// The texts.
    pub texts: Vec<String>,
}

/// The vectors of documents' texts; cheap to clone. In memory, a vector takes its dimensions and
/// about 80 bytes.
#[derive(Clone)]
pub struct DocumentVectors(Arc<Inner>);

struct Inner {
    store: Store,
    embedder: Embedder,
    clock: Clock,
    vectors: RwLock<HashMap<Digest, Kept>>,
    version: AtomicU64,
    is_complete: AtomicBool,
}

/// What is under way in the background.
#[derive(Default)]
struct Work {
    revision: Option<u64>,
    wanted: HashSet<Digest>,
    missing: Missing,
    rounds: u64,
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// There is more to do at once.
    More,
    /// Nothing to do for now.
    Done,
}

/// Why a step did not succeed.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Embed(#[from] EmbedError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DocumentVectors {
    /// None is in memory yet: that is [`Self::run`]'s part.
    #[must_use]
    pub fn new(store: Store, embedder: Embedder, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            store,
            embedder,
            clock,
            vectors: RwLock::default(),
            version: AtomicU64::new(0),
            is_complete: AtomicBool::new(false),
        }))
    }

    /// The vector of a text, if it is there by now.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<Embedding> {
        let digest = digest(text);
        let vectors = self.0.vectors.read().unwrap_or_else(PoisonError::into_inner);
        from_kept(vectors.get(&digest)?)
    }

    /// Changes when there are more vectors: then it is worth reading them again.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.0.version.load(Ordering::Acquire)
    }

    /// Whether every text has a vector that can have one. Before that, a search that trusts them
    /// would miss listings: let it use our own model, for [`super::Degraded::VectorDeadline`].
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.0.is_complete.load(Ordering::Acquire)
    }

    /// Reads vectors from the database and asks for missing ones, until the task is dropped.
    /// `texts` is given the last revision that was seen, and returns the texts if they have
    /// another one. Of several servers on a database, one asks; `holder` is this process.
    pub async fn run(self, holder: String, texts: impl Fn(Option<u64>) -> Option<Texts> + Send) {
        let mut work = Work::default();
        let mut pause = PAUSE_MIN;
        loop {
            if let Some(texts) = texts(work.revision) {
                self.begin(&mut work, texts);
            }
            match self.step(&mut work, &holder).await {
                Ok(Step::More) => pause = PAUSE_MIN,
                Ok(Step::Done) => {
                    pause = PAUSE_MIN;
                    tokio::time::sleep(PERIOD).await;
                }
                Err(error) => {
                    tracing::warn!(%error, missing = work.missing.len(), "texts are without a vector for now");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }

    fn begin(&self, work: &mut Work, texts: Texts) {
        let mut vectors = self.0.vectors.write().unwrap_or_else(PoisonError::into_inner);
        let revision = texts.revision;
        let texts = texts.texts.into_iter().filter(|text| !text.trim().is_empty());
        let mut missing: HashMap<Digest, String> =
            texts.map(|text| (digest(&text), text)).collect();
        work.revision = Some(revision);
        work.wanted = missing.keys().copied().collect();
        vectors.retain(|digest, _| work.wanted.contains(digest));
        missing.retain(|digest, _| !vectors.contains_key(digest));
        work.missing.replace(missing, &work.wanted);
        drop(vectors);
        self.0.is_complete.store(work.missing.len() == 0, Ordering::Release);
    }

    async fn step(&self, work: &mut Work, holder: &str) -> Result<Step, StepError> {
        work.rounds += 1;
        if work.rounds.is_multiple_of(PURGE_ROUNDS) {
            self.purge(work, holder).await?;
        }
        if work.missing.len() == 0 {
            self.0.is_complete.store(work.revision.is_some(), Ordering::Release);
            return Ok(Step::Done);
        }
        let space = self.0.embedder.space();
        let digests = work.missing.to_look_up();
        if let Some(space) = &space
            && !digests.is_empty()
        {
            self.look_up(work, space.clone(), digests).await?;
            return Ok(Step::More);
        }
        // Before the first answer nobody knows what to look for in the database: each asks for one.
        if space.is_some() && !self.take_lease(holder).await? {
            work.missing.left_to_others();
            return Ok(Step::Done);
        }
        self.ask(work, space.is_none()).await?;
        Ok(Step::More)
    }

    async fn look_up(
        &self,
        work: &mut Work,
        space: String,
        digests: Vec<Digest>,
    ) -> Result<(), StoreError> {
        let count = digests.len();
        let find = move |transaction: &Transaction<'_>| rows::find(transaction, &space, &digests);
        let found: HashMap<Digest, Kept> = self.0.store.read(find).await?.into_iter().collect();
        work.missing.looked_up(count, |digest| found.contains_key(digest));
        self.remember(found);
        Ok(())
    }

    async fn ask(&self, work: &mut Work, is_first: bool) -> Result<(), StepError> {
        let batch = work.missing.to_ask(is_first);
        let digests: HashSet<Digest> = batch.iter().map(|(digest, _)| *digest).collect();
        let texts: Vec<&str> = batch.iter().map(|(_, text)| cut(text)).collect();
        let vectors = match self.0.embedder.documents(&texts).await {
            Ok(vectors) => vectors,
            Err(error @ EmbedError::Refused(_)) => {
                return match work.missing.refused(&digests) {
                    Refusal::GoOn => Ok(()),
                    Refusal::Wait => Err(error.into()),
                };
            }
            Err(error) => return Err(error.into()),
        };
        let kept: Vec<(Digest, Kept)> =
            batch.iter().map(|(digest, _)| *digest).zip(vectors.iter().map(to_kept)).collect();
        if let Some(space) = self.0.embedder.space() {
            let (rows, now) = (kept.clone(), self.0.clock.now());
            let insert = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
                rows::insert(transaction, &space, &rows, now)
            };
            self.0.store.write(insert).await?;
        }
        work.missing.answered(&digests);
        self.remember(kept);
        Ok(())
    }

    fn remember(&self, vectors: impl IntoIterator<Item = (Digest, Kept)>) {
        let mut remembered = self.0.vectors.write().unwrap_or_else(PoisonError::into_inner);
        let before = remembered.len();
        remembered.extend(vectors);
        let has_more = remembered.len() > before;
        drop(remembered);
        if has_more {
            self.0.version.fetch_add(1, Ordering::Release);
        }
    }

    async fn take_lease(&self, holder: &str) -> Result<bool, StoreError> {
        let holder = holder.to_owned();
        let take =
            move |transaction: &Transaction<'_>| lease::take(transaction, LEASE, &holder, LEASE_MS);
        self.0.store.write(take).await
    }

    /// Drops vectors that nobody needed for long.
    async fn purge(&self, work: &Work, holder: &str) -> Result<(), StoreError> {
        let (Some(space), true) = (self.0.embedder.space(), self.take_lease(holder).await?) else {
            return Ok(());
        };
        let before = self.0.clock.now().saturating_sub(UNUSED_MAX).unwrap_or_default();
        let mut after = Vec::new();
        loop {
            let (own, from) = (space.clone(), after);
            let old = move |transaction: &Transaction<'_>| {
                rows::made_before(transaction, &own, before, &from, PURGE_LEN)
            };
            let mut digests = self.0.store.read(old).await?;
            let Some(last) = digests.last() else { break };
            after = last.to_vec();
            digests.retain(|digest| !work.wanted.contains(digest));
            let own = space.clone();
            let drop = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
                rows::delete(transaction, &own, &digests)
            };
            self.0.store.write(drop).await?;
        }
        let drop = move |transaction: &Transaction<'_>| -> Result<(), StoreError> {
            rows::delete_other_spaces(transaction, &space, before)
        };
        self.0.store.write(drop).await
    }
}

/// A signed byte for each dimension, the largest 127: what a `VectorIndex` makes of it anyway.
fn to_kept(embedding: &Embedding) -> Kept {
    let values = embedding.values();
    let largest = values.iter().fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
    let byte = |value: &f32| {
        #[expect(clippy::cast_possible_truncation, reason = "within 127")]
        let whole = (value / largest * f32::from(i8::MAX)).round() as i8;
        whole.cast_unsigned()
    };
    values.iter().map(byte).collect()
}

fn from_kept(kept: &Kept) -> Option<Embedding> {
    Embedding::new(kept.iter().map(|byte| f32::from(byte.cast_signed())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_is_kept_in_bytes_almost_as_it_was() {
        let values = (0_u8..=255).map(|value| f32::from(value) - 100.0).collect();
        let embedding = Embedding::new(values).unwrap();
        let kept = to_kept(&embedding);
        assert_eq!(kept.len(), 256);
        let read = from_kept(&kept).unwrap();
        assert!(read.cosine(&embedding) > 0.9999);
        assert_eq!(to_kept(&read), kept, "the same again");
    }
}
