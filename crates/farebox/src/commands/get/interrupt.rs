//! Being told to stop in the middle of a get.

use std::io;

/// What a shell reports for a program that a signal ended: 128 and the signal's number.
const SIGNAL_BASE: u8 = 128;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGINT, SIGTERM and SIGHUP, caught from the moment this is made. A signal that the process
/// was started to ignore, as under `nohup`, stays ignored.
pub(super) struct Interrupts {
    #[cfg(unix)]
    interrupt: Option<Signal>,
    #[cfg(unix)]
    terminate: Option<Signal>,
    #[cfg(unix)]
    hang_up: Option<Signal>,
}

#[cfg(unix)]
impl Interrupts {
    /// Catches the signals.
    ///
    /// # Errors
    /// When the system does not allow it.
    pub(super) fn catch() -> io::Result<Self> {
        let ignored = ignored_signals();
        let catch = |kind: SignalKind| {
            let is_ignored = ignored & bit_of(kind) != 0;
            if is_ignored { Ok(None) } else { signal(kind).map(Some) }
        };
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
            hang_up: catch(SignalKind::hangup())?,
        })
    }

    /// Waits for the next of them and returns the exit code that reports it.
    pub(super) async fn next(&mut self) -> u8 {
        let number = tokio::select! {
            () = received(&mut self.interrupt) => 2,
            () = received(&mut self.terminate) => 15,
            () = received(&mut self.hang_up) => 1,
        };
        SIGNAL_BASE + number
    }
}

#[cfg(unix)]
async fn received(signal: &mut Option<Signal>) {
    let received = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if received.is_none() {
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
fn bit_of(kind: SignalKind) -> u64 {
    let number = u32::try_from(kind.as_raw_value()).unwrap_or_default();
    1_u64.checked_shl(number.saturating_sub(1)).unwrap_or_default()
}

/// The signals that this process ignores, one bit each, where the system tells.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

#[cfg(not(unix))]
impl Interrupts {
    /// There is nothing to prepare.
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for Ctrl-C and returns the exit code that reports it.
    pub(super) async fn next(&mut self) -> u8 {
        // Without a handler for it, there is nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        SIGNAL_BASE + 2
    }
}
