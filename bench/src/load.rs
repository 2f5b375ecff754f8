//! Callers that each wait for one thing before they ask for the next.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What was measured.
pub struct Figure {
    elapsed: Duration,
    /// Of each that was done, in microseconds, sorted.
    latencies_us: Vec<u32>,
}

impl Figure {
    /// How many were done, and how long all took together.
    #[must_use]
    pub fn total(&self) -> (usize, Duration) {
        (self.latencies_us.len(), self.elapsed)
    }

    /// How many were done each second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.latencies_us.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// How long one took, in milliseconds.
    #[must_use]
    pub fn percentile_ms(&self, percent: usize) -> f64 {
        let index = self.latencies_us.len() * percent / 100;
        let last = self.latencies_us.last().copied().unwrap_or(0);
        f64::from(self.latencies_us.get(index).copied().unwrap_or(last)) / 1_000.0
    }
}

/// Runs `callers` that each do `once` again and again until `time` is over.
///
/// # Errors
/// The first of theirs.
pub async fn run<F, Fut>(callers: usize, time: Duration, once: F) -> Result<Figure, Box<dyn Error>>
where
    F: Fn(usize) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), String>> + Send,
{
    let once = Arc::new(once);
    let begun = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let once = Arc::clone(&once);
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while begun.elapsed() < time {
                    let asked = Instant::now();
                    once(caller).await?;
                    latencies.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
                }
                Ok::<_, String>(latencies)
            })
        })
        .collect();
    let mut latencies_us = Vec::new();
    for task in tasks {
        latencies_us.extend(task.await??);
    }
    let elapsed = begun.elapsed();
    latencies_us.sort_unstable();
    Ok(Figure { elapsed, latencies_us })
}
