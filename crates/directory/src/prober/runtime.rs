//! Threads of the prober's own, which step back behind those that answer requests.

use super::Prober;
use std::io;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// How far they step back, on the scale of nice(2) from 0 to 19.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Threads on which probes run: handshakes and signatures take processor time that requests must
/// not wait for. They end when this is dropped.
#[derive(Debug)]
pub struct ProberThreads(Option<Runtime>);

impl ProberThreads {
    /// Starts `threads` of them.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(threads: usize) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name("prober")
            .on_thread_start(step_back)
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Probes on these threads until the future is dropped.
    pub async fn run(&self, prober: Prober) {
        let Some(runtime) = &self.0 else { return };
        let mut task = JoinSet::new();
        task.spawn_on(prober.run(), runtime.handle());
        if let Some(Err(error)) = task.join_next().await {
            tracing::error!(%error, "the sweep ended");
        }
    }
}

impl Drop for ProberThreads {
    fn drop(&mut self) {
        // Waiting for them is not for a thread that runs async tasks.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// On Linux a thread has a priority of its own (setpriority(2), "C library/kernel differences").
#[cfg(target_os = "linux")]
fn step_back() {
    // Without it the threads are only as important as the others.
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "the prober's threads do not step back");
    }
}

#[cfg(not(target_os = "linux"))]
const fn step_back() {}
