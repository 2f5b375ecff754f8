//! How far a copy is, on a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

const LOOK_PERIOD: Duration = Duration::from_millis(100);

/// A bar on standard error where that is a terminal, and nothing elsewhere.
pub struct Progress(bool);

impl Progress {
    /// `quiet` where a program reads what is printed.
    pub fn new(quiet: bool) -> Self {
        Self(!quiet && std::io::stderr().is_terminal())
    }

    /// Runs `work`, which writes up to `bytes` to `file`, and shows how far it is.
    pub fn copying<T>(&self, what: &str, file: &Path, bytes: u64, work: impl FnOnce() -> T) -> T {
        if !self.0 {
            return work();
        }
        let bar = ProgressBar::new(bytes);
        let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what.to_owned());
        let (done, ended) = channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                while ended.recv_timeout(LOOK_PERIOD) == Err(RecvTimeoutError::Timeout) {
                    bar.set_position(std::fs::metadata(file).map_or(0, |file| file.len()));
                }
                bar.finish_and_clear();
            });
            let made = work();
            drop(done);
            made
        })
    }

    /// Says what is being done.
    pub fn say(&self, what: &str) {
        if self.0 {
            eprintln!("{what}");
        }
    }
}
