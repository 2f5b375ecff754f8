//! How long to wait before a node that ended is started again.

use std::time::{Duration, Instant};

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// Whoever was well for so long ended by something new.
const WELL: Duration = Duration::from_secs(600);

/// The pauses: each twice the one before it, until the node was well in between.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: SHORTEST }
    }
}

impl Backoff {
    /// The pause after an end, of a node that was well for `lasted` before it.
    pub fn pause(&mut self, lasted: Duration) -> Duration {
        if lasted >= WELL {
            self.next = SHORTEST;
        }
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(LONGEST);
        pause
    }
}

/// For how long a node was well when it was last.
#[derive(Debug, Default)]
pub struct Health {
    since: Option<Instant>,
    lasted: Duration,
}

impl Health {
    /// Takes down whether the node is well now.
    pub fn note(&mut self, is_well: bool, now: Instant) {
        if is_well {
            let since = *self.since.get_or_insert(now);
            self.lasted = now.saturating_duration_since(since);
        } else {
            self.since = None;
        }
    }

    /// From the first good answer to the last one.
    pub const fn lasted(&self) -> Duration {
        self.lasted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_and_begin_anew_after_ten_good_minutes() {
        let mut backoff = Backoff::default();
        let bad = Duration::from_secs(599);
        let pauses: Vec<u64> = (0..8).map(|_| backoff.pause(bad).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.pause(Duration::from_secs(600)).as_secs(), 1);
        assert_eq!(backoff.pause(Duration::ZERO).as_secs(), 2);
    }

    #[test]
    fn health_is_counted_without_gaps_and_outlives_the_silence_before_the_end() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut health = Health::default();
        health.note(false, at(0));
        assert_eq!(health.lasted(), Duration::ZERO);
        health.note(true, at(10));
        health.note(true, at(700));
        assert_eq!(health.lasted(), Duration::from_secs(690));
        health.note(false, at(710));
        assert_eq!(health.lasted(), Duration::from_secs(690));
        health.note(true, at(720));
        assert_eq!(health.lasted(), Duration::ZERO);
    }
}
