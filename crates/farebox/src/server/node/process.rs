//! The node's process: seeing it end, and ending it.

use super::process_id::ProcessId;
use std::future::pending;
use std::time::Duration;
use tokio::process::Child;

/// How long a node may take to stop in order.
const STOP_WAIT: Duration = Duration::from_secs(30);
/// Between two looks at a process that is no child.
const LOOK_PERIOD: Duration = Duration::from_millis(500);

/// A running node.
#[derive(Debug)]
pub enum Process {
    /// This server started it.
    Child(Child),
    /// An earlier server started it, and was killed.
    Earlier(ProcessId),
    /// Somebody else started it, and stops it.
    Foreign,
}

#[derive(Clone, Copy)]
enum Signal {
    Terminate,
    Kill,
}

impl Process {
    /// Waits until it has ended, and says how. The end of one that somebody else started cannot be
    /// seen here.
    pub async fn ended(&mut self) -> String {
        match self {
            Self::Child(child) => match child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            },
            Self::Earlier(id) => {
                while id.is_running() {
                    tokio::time::sleep(LOOK_PERIOD).await;
                }
                "it was no child of this server".to_owned()
            }
            Self::Foreign => pending().await,
        }
    }

    /// Asks it to stop, waits, and kills it when it does not. One that somebody else started is
    /// left alone.
    pub async fn stop(mut self) {
        if matches!(self, Self::Foreign) {
            tracing::info!("the node goes on: this server did not start it");
            return;
        }
        tracing::info!("stopping the node");
        self.signal(Signal::Terminate);
        let stopped = tokio::time::timeout(STOP_WAIT, self.ended()).await;
        if let Ok(how) = stopped {
            tracing::info!(how, "the node has stopped");
            return;
        }
        tracing::warn!("the node did not stop in {} s and is killed", STOP_WAIT.as_secs());
        self.signal(Signal::Kill);
        // What cannot even be killed hangs in the system; nothing is left to try.
        let _ = tokio::time::timeout(STOP_WAIT, self.ended()).await;
    }

    /// A child keeps its number until it was waited for, and an earlier server's node is looked at
    /// first: no other process is ever meant.
    #[cfg(unix)]
    fn signal(&mut self, signal: Signal) {
        use rustix::process::{Pid, Signal as Number, kill_process};
        let number = match self {
            Self::Child(child) => child.id(),
            Self::Earlier(id) => Some(*id).filter(|id| id.is_running()).map(ProcessId::number),
            Self::Foreign => None,
        };
        let number = number.and_then(|number| i32::try_from(number).ok());
        let Some(process) = number.and_then(Pid::from_raw) else { return };
        let signal = match signal {
            Signal::Terminate => Number::TERM,
            Signal::Kill => Number::KILL,
        };
        if let Err(error) = kill_process(process, signal) {
            tracing::warn!(%error, "the node could not be told to stop");
        }
    }

    /// There is no asking here.
    #[cfg(not(unix))]
    fn signal(&mut self, signal: Signal) {
        let (Self::Child(child), Signal::Terminate | Signal::Kill) = (self, signal) else { return };
        if let Err(error) = child.start_kill() {
            tracing::warn!(%error, "the node could not be told to stop");
        }
    }
}
