//! Callers that each wait for one thing before they ask for the next.

use farebox_store::{Location, PostgresUrlError};
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
    pub fn per_second(&self) -> f64 {
        self.latencies_us.len() as f64 / self.elapsed.as_secs_f64()
    }

    pub fn percentile_ms(&self, percent: usize) -> f64 {
        let index = self.latencies_us.len() * percent / 100;
        let last = self.latencies_us.last().copied().unwrap_or(0);
        f64::from(self.latencies_us.get(index).copied().unwrap_or(last)) / 1_000.0
    }
}

/// Runs `callers` that each do `once` again and again until `time` is over.
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

/// A schema of its own, gone when this is dropped.
pub struct PostgresSchema {
    server: String,
    name: String,
}

pub fn postgres_schema(server: &str) -> Result<PostgresSchema, Box<dyn Error>> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    let name = format!("bench_{}", hex::encode(bytes));
    on_a_thread(server, format!("CREATE SCHEMA {name}"));
    Ok(PostgresSchema { server: server.to_owned(), name })
}

impl PostgresSchema {
    pub fn location(&self) -> Result<Location, PostgresUrlError> {
        let separator = if self.server.contains('?') { '&' } else { '?' };
        let url = format!("{}{separator}options=-csearch_path%3D{}", self.server, self.name);
        Ok(Location::Postgres(url.parse()?))
    }
}

impl Drop for PostgresSchema {
    fn drop(&mut self) {
        on_a_thread(&self.server, format!("DROP SCHEMA {} CASCADE", self.name));
    }
}

/// The client blocks, which an async task must not.
fn on_a_thread(server: &str, sql: String) {
    let server = server.to_owned();
    let run = move || {
        let mut client = postgres::Client::connect(&server, postgres::NoTls)?;
        client.batch_execute(&sql)
    };
    if let Ok(Err(error)) = std::thread::spawn(run).join() {
        eprintln!("{error}");
    }
}
