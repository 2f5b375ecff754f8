//! How the sweep of this server goes, in numbers.

use jiff::Timestamp;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Probes a minute are counted over so many seconds.
const RATE_WINDOW_S: i64 = 60;

/// How the sweep of this server goes; written by the sweep, read by whoever shows it.
#[derive(Debug, Default)]
pub struct SweepFigures {
    is_running: AtomicBool,
    is_cut_off: AtomicBool,
    endpoints: AtomicUsize,
    shards: AtomicUsize,
    under_way: AtomicUsize,
    lag_ms: AtomicI64,
    recorded_at_s: AtomicI64,
    probes: AtomicU64,
    recorded: AtomicU64,
    discarded: AtomicU64,
    seconds: Mutex<VecDeque<(i64, u64)>>,
}

/// The figures at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Whether this server probes at all.
    pub is_running: bool,
    /// Whether its own network seems to fail, so that it records nothing.
    pub is_cut_off: bool,
    /// Endpoints of its share.
    pub endpoints: usize,
    /// Parts of the hosts that it holds, of 64.
    pub shards: usize,
    /// Probes under way.
    pub under_way: usize,
    /// How long the last probe that began had been due, in milliseconds.
    pub lag_ms: i64,
    /// When results were last recorded.
    pub recorded_at: Option<Timestamp>,
    /// Probes that ended in the last minute.
    pub probes_per_minute: u64,
    /// Probes that ended since the start.
    pub probes: u64,
    /// Results that were recorded since the start.
    pub recorded: u64,
    /// Results that were not recorded since the start, because they say nothing about the
    /// endpoints or another server has taken them over.
    pub discarded: u64,
}

impl SweepFigures {
    /// The figures now.
    #[must_use]
    pub fn report(&self, now: Timestamp) -> SweepReport {
        let load = |number: &AtomicUsize| number.load(Ordering::Relaxed);
        let recorded_at_s = self.recorded_at_s.load(Ordering::Relaxed);
        let recorded_at = Timestamp::from_second(recorded_at_s).ok();
        SweepReport {
            is_running: self.is_running.load(Ordering::Relaxed),
            is_cut_off: self.is_cut_off.load(Ordering::Relaxed),
            endpoints: load(&self.endpoints),
            shards: load(&self.shards),
            under_way: load(&self.under_way),
            lag_ms: self.lag_ms.load(Ordering::Relaxed),
            recorded_at: recorded_at.filter(|_| recorded_at_s != 0),
            probes_per_minute: self.per_minute(now.as_second()),
            probes: self.probes.load(Ordering::Relaxed),
            recorded: self.recorded.load(Ordering::Relaxed),
            discarded: self.discarded.load(Ordering::Relaxed),
        }
    }

    pub(super) fn set_running(&self) {
        self.is_running.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_cut_off(&self, is_cut_off: bool) {
        self.is_cut_off.store(is_cut_off, Ordering::Relaxed);
    }

    pub(super) fn set_share(&self, endpoints: usize, shards: usize) {
        self.endpoints.store(endpoints, Ordering::Relaxed);
        self.shards.store(shards, Ordering::Relaxed);
    }

    pub(super) fn set_under_way(&self, under_way: usize) {
        self.under_way.store(under_way, Ordering::Relaxed);
    }

    pub(super) fn set_lag_ms(&self, lag_ms: i64) {
        self.lag_ms.store(lag_ms.max(0), Ordering::Relaxed);
    }

    pub(super) fn count_probe(&self, now: Timestamp) {
        self.probes.fetch_add(1, Ordering::Relaxed);
        let second = now.as_second();
        let mut seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        match seconds.back_mut() {
            Some((last, count)) if *last == second => *count += 1,
            _ => seconds.push_back((second, 1)),
        }
        while seconds.front().is_some_and(|(first, _)| *first <= second - RATE_WINDOW_S) {
            seconds.pop_front();
        }
    }

    pub(super) fn count_recorded(&self, count: u64, now: Timestamp) {
        self.recorded.fetch_add(count, Ordering::Relaxed);
        self.recorded_at_s.store(now.as_second(), Ordering::Relaxed);
    }

    pub(super) fn count_discarded(&self, count: u64) {
        self.discarded.fetch_add(count, Ordering::Relaxed);
    }

    fn per_minute(&self, now_s: i64) -> u64 {
        let seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = seconds.iter().filter(|(second, _)| *second > now_s - RATE_WINDOW_S);
        recent.map(|(_, count)| count).sum()
    }
}
