//! Starts the node, starts it again when it ends, and stops it.

use super::api::{Api, Heard};
use super::backoff::{Backoff, Health};
use super::claim::Claim;
use super::log_file;
use super::process::Process;
use super::process_id::ProcessId;
use super::program::Program;
use super::stats::NodeStats;
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// Between two looks at a node that does not answer yet, and at one that does.
const READY_PERIOD: Duration = Duration::from_millis(200);
const LOOK_PERIOD: Duration = Duration::from_secs(5);
/// After so many looks in vain, a node that somebody else started counts as ended.
const SILENCE_MAX: u32 = 3;

/// What the server wants of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It shall run.
    Keep,
    /// The server stops: whatever ends now is not started again.
    Drain,
    /// It shall stop.
    Stop,
}

/// Looks after one node.
pub struct Keeper {
    program: Program,
    api: Api,
    claim: Claim,
    process: Option<Process>,
    stats: Arc<NodeStats>,
}

impl Keeper {
    /// Takes the node's data folder for this server.
    ///
    /// # Errors
    /// One line, when another server looks after the node.
    pub fn new(program: Program, stats: Arc<NodeStats>) -> Result<Self, String> {
        let claim = Claim::take(program.data())?;
        let api = Api::new(program.api(), program.data().to_owned());
        Ok(Self { program, api, claim, process: None, stats })
    }

    /// Brings the node up, and waits until its API answers.
    ///
    /// # Errors
    /// One line with the end of the node's log.
    pub async fn start(&mut self, limit: Duration) -> Result<(), String> {
        let failure = match timeout(limit, self.bring_up()).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failure)) => failure,
            Err(_) => format!(
                "the node does not answer at {} (node.api) after {} s",
                self.program.api(),
                limit.as_secs()
            ),
        };
        let log = log_file::path(self.program.data());
        Err(match log_file::end(self.program.data()) {
            end if end.is_empty() => failure,
            end => format!("{failure}; the end of its log {}: {end}", log.display()),
        })
    }

    async fn bring_up(&mut self) -> Result<(), String> {
        loop {
            self.launch().await?;
            let is_earlier = matches!(self.process, Some(Process::Earlier(_)));
            let how = tokio::select! {
                how = ended(&mut self.process) => how,
                () = ready(&mut self.api) => {
                    self.stats.set_up(true);
                    tracing::info!(api = %self.program.api(), "the node is ready");
                    return Ok(());
                }
            };
            self.process = None;
            // It was about to stop when it was found.
            if !is_earlier {
                return Err(format!("the node ended before it was ready ({how})"));
            }
        }
    }

    /// Takes the node that runs already, or starts one.
    async fn launch(&mut self) -> Result<(), String> {
        if let Some(earlier) = self.claim.earlier() {
            tracing::info!(process = earlier.number(), "the node of an earlier server still runs");
            self.process = Some(Process::Earlier(earlier));
            return Ok(());
        }
        match self.api.ask().await {
            Heard::Node => {
                tracing::info!("a node runs that no server started");
                self.process = Some(Process::Foreign);
                return Ok(());
            }
            Heard::Stranger => {
                return Err(format!(
                    "what answers at {} (node.api) does not take the password in {}",
                    self.program.api(),
                    self.program.data().display()
                ));
            }
            Heard::Nothing => {}
        }
        let child = self.program.spawn()?;
        let process = child.id().unwrap_or_default();
        self.claim.note(ProcessId::running(process));
        let log = log_file::path(self.program.data());
        tracing::info!(process, log = %log.display(), "the node was started");
        self.process = Some(Process::Child(child));
        Ok(())
    }

    /// Looks after the node until it shall stop, and stops it.
    pub async fn run(mut self, mut phase: watch::Receiver<Phase>) {
        let wanted = phase.clone();
        tokio::select! {
            () = self.keep(&wanted) => {}
            _ = phase.wait_for(|phase| *phase == Phase::Stop) => {}
        }
        self.stop().await;
    }

    /// Stops the node, if it is this server's to stop.
    pub async fn stop(&mut self) {
        self.stats.set_up(false);
        if let Some(process) = self.process.take() {
            process.stop().await;
        }
        self.claim.note(None);
    }

    async fn keep(&mut self, wanted: &watch::Receiver<Phase>) {
        let mut backoff = Backoff::default();
        loop {
            let (how, lasted) = self.follow().await;
            self.process = None;
            self.stats.set_up(false);
            let pause = backoff.pause(lasted);
            let log = log_file::path(self.program.data());
            tracing::error!(how, log = %log.display(), pause_s = pause.as_secs(), "the node has ended");
            sleep(pause).await;
            if *wanted.borrow() != Phase::Keep {
                pending::<()>().await;
            }
            self.stats.count_restart();
            if let Err(reason) = self.launch().await {
                tracing::error!(reason, "the node was not started");
            }
        }
    }

    /// Watches the node until it has ended; says how it did, and for how long it was well.
    async fn follow(&mut self) -> (String, Duration) {
        let mut health = Health::default();
        let mut silence = 0;
        loop {
            let period = if self.stats.is_up() { LOOK_PERIOD } else { READY_PERIOD };
            tokio::select! {
                how = ended(&mut self.process) => return (how, health.lasted()),
                () = sleep(period) => {}
            }
            let is_up = self.api.ask().await == Heard::Node;
            health.note(is_up, Instant::now());
            match (self.stats.set_up(is_up), is_up) {
                (true, true) => tracing::info!("the node answers"),
                (true, false) => tracing::warn!("the node does not answer"),
                (false, _) => {}
            }
            silence = if is_up { 0 } else { silence + 1 };
            if silence >= SILENCE_MAX && matches!(self.process, Some(Process::Foreign)) {
                return ("it does not answer any more".to_owned(), health.lasted());
            }
        }
    }
}

/// Waits until the process has ended, and says how.
async fn ended(process: &mut Option<Process>) -> String {
    match process {
        Some(process) => process.ended().await,
        None => "it was not started".to_owned(),
    }
}

/// Waits until the API answers.
async fn ready(api: &mut Api) {
    while api.ask().await != Heard::Node {
        sleep(READY_PERIOD).await;
    }
}
