//! How fast what is overdue is caught up with. Pure: the caller brings the time.

/// So many times faster than where everything is on time.
const CATCH_UP_FACTOR: f64 = 2.0;
/// However few endpoints there are, in a second.
const RATE_MIN: f64 = 5.0;
/// What may begin at once after a quiet time, as seconds of the rate.
const BURST_S: f64 = 1.0;
const BURST_MIN: f64 = 20.0;

/// A bucket of probes that may begin: after a long stop they do not begin all at once.
#[derive(Debug)]
pub(super) struct Pace {
    per_second: f64,
    burst: f64,
    ready: f64,
    filled_ms: Option<i64>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { per_second: RATE_MIN, burst: BURST_MIN, ready: BURST_MIN, filled_ms: None }
    }
}

impl Pace {
    /// For so many endpoints that are probed once in an interval each.
    #[expect(clippy::cast_precision_loss, reason = "a rate, far from where floats lose integers")]
    pub(super) fn set(&mut self, endpoints: usize, interval_ms: i64) {
        let per_second = endpoints as f64 * 1_000.0 / interval_ms.max(1) as f64;
        self.per_second = (per_second * CATCH_UP_FACTOR).max(RATE_MIN);
        self.burst = (self.per_second * BURST_S).max(BURST_MIN);
        self.ready = self.ready.min(self.burst);
    }

    /// Whether one more may begin.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since the last look")]
    pub(super) fn has(&mut self, now_ms: i64) -> bool {
        let since_ms = self.filled_ms.map_or(0, |filled_ms| now_ms.saturating_sub(filled_ms));
        let more = self.per_second * since_ms.max(0) as f64 / 1_000.0;
        self.ready = (self.ready + more).min(self.burst);
        self.filled_ms = Some(now_ms);
        self.ready >= 1.0
    }

    /// One more began.
    pub(super) fn take(&mut self) {
        self.ready -= 1.0;
    }
}
