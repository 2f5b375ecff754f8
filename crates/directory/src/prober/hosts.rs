//! Politeness: how many probes of one registrable host are under way, and how far apart they begin.
//! Pure: the caller brings the time.

use std::collections::{BTreeSet, HashMap, VecDeque};

/// A host that asks for fewer requests is probed so many times less often at most.
const FACTOR_MAX: u32 = 16;
/// The longest that a host is left alone because it says so.
const RETRY_AFTER_MAX_MS: i64 = 6 * 3_600_000;
/// Hosts whose wishes are remembered at most.
const SLOWED_MAX: usize = 100_000;

/// The hosts at which something is under way or waits.
#[derive(Debug)]
pub(super) struct Hosts {
    under_way_max: usize,
    gap_ms: i64,
    hosts: HashMap<u64, Host>,
    /// When the next probe of a host may begin, for those where one waits.
    ready: BTreeSet<(i64, u64)>,
    slowed: HashMap<u64, Slowed>,
}

#[derive(Debug, Default)]
struct Host {
    under_way: usize,
    next_start_ms: i64,
    /// Endpoints that are due, each once.
    waiting: VecDeque<u64>,
    /// Its place in [`Hosts::ready`].
    ready_ms: Option<i64>,
}

/// What a host asked for.
#[derive(Clone, Copy, Debug)]
struct Slowed {
    factor: u32,
    until_ms: i64,
}

impl Hosts {
    pub(super) fn new(under_way_max: usize, gap_ms: i64) -> Self {
        Self {
            under_way_max: under_way_max.max(1),
            gap_ms,
            hosts: HashMap::new(),
            ready: BTreeSet::new(),
            slowed: HashMap::new(),
        }
    }

    /// Lets an endpoint that is due wait for its turn at its host.
    pub(super) fn enqueue(&mut self, host: u64, key: u64, now_ms: i64) {
        self.hosts.entry(host).or_default().waiting.push_back(key);
        self.settle(host, now_ms);
    }

    /// An endpoint whose turn has come.
    pub(super) fn next(&mut self, now_ms: i64) -> Option<u64> {
        let (at_ms, host_key) = self.ready.first().copied()?;
        if at_ms > now_ms {
            return None;
        }
        self.ready.pop_first();
        let host = self.hosts.get_mut(&host_key)?;
        host.ready_ms = None;
        let key = host.waiting.pop_front();
        if key.is_some() {
            host.under_way = host.under_way.saturating_add(1);
            host.next_start_ms = now_ms.saturating_add(self.gap_ms);
        }
        self.settle(host_key, now_ms);
        key
    }

    /// When [`Self::next`] has something again, if nothing else happens before.
    pub(super) fn next_ready_ms(&self) -> Option<i64> {
        self.ready.first().map(|(at_ms, _)| *at_ms)
    }

    /// A probe of a host is over.
    pub(super) fn finished(&mut self, host_key: u64, now_ms: i64) {
        if let Some(host) = self.hosts.get_mut(&host_key) {
            host.under_way = host.under_way.saturating_sub(1);
        }
        self.settle(host_key, now_ms);
    }

    /// Puts a host in its place among those that are ready, or forgets it.
    fn settle(&mut self, host_key: u64, now_ms: i64) {
        let Some(host) = self.hosts.get_mut(&host_key) else { return };
        let may_start = host.under_way < self.under_way_max && !host.waiting.is_empty();
        if may_start && host.ready_ms.is_none() {
            let at_ms = host.next_start_ms.max(now_ms);
            host.ready_ms = Some(at_ms);
            self.ready.insert((at_ms, host_key));
        }
        let is_idle = host.under_way == 0 && host.waiting.is_empty();
        if is_idle && host.next_start_ms <= now_ms {
            self.hosts.remove(&host_key);
        }
    }

    /// Forgets hosts at which nothing happens any more.
    pub(super) fn tidy(&mut self, now_ms: i64) {
        self.hosts.retain(|_, host| {
            host.under_way > 0 || !host.waiting.is_empty() || host.next_start_ms > now_ms
        });
        self.slowed.retain(|_, slowed| slowed.factor > 1 || slowed.until_ms > now_ms);
    }

    /// A host wants fewer requests: its interval doubles, and it is left alone as long as it says.
    pub(super) fn slow(&mut self, host: u64, retry_after_ms: Option<i64>, now_ms: i64) {
        if self.slowed.len() >= SLOWED_MAX && !self.slowed.contains_key(&host) {
            return;
        }
        let slowed = self.slowed.entry(host).or_insert(Slowed { factor: 1, until_ms: 0 });
        slowed.factor = slowed.factor.saturating_mul(2).min(FACTOR_MAX);
        let wait_ms = retry_after_ms.unwrap_or_default().clamp(0, RETRY_AFTER_MAX_MS);
        slowed.until_ms = slowed.until_ms.max(now_ms.saturating_add(wait_ms));
    }

    /// A host answered without asking for fewer requests: its interval halves again, if it had
    /// grown.
    pub(super) fn ease(&mut self, host: u64) {
        if let Some(slowed) = self.slowed.get_mut(&host) {
            slowed.factor = (slowed.factor / 2).max(1);
            if slowed.factor == 1 {
                self.slowed.remove(&host);
            }
        }
    }

    /// How many times longer the interval of a host is, and until when it is left alone.
    pub(super) fn wishes(&self, host: u64) -> (i64, i64) {
        let slowed = self.slowed.get(&host);
        slowed.map_or((1, 0), |slowed| (i64::from(slowed.factor), slowed.until_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_asked_one_after_the_other_with_a_gap() {
        let mut hosts = Hosts::new(2, 250);
        for key in 0..4 {
            hosts.enqueue(9, key, 0);
        }
        assert_eq!((hosts.next(0), hosts.next(0)), (Some(0), None));
        assert_eq!(hosts.next_ready_ms(), Some(250));
        assert_eq!((hosts.next(249), hosts.next(250)), (None, Some(1)));
        // Two are under way.
        assert_eq!((hosts.next(1_000), hosts.next_ready_ms()), (None, None));
        hosts.finished(9, 1_000);
        assert_eq!((hosts.next(1_000), hosts.next(1_000)), (Some(2), None));
        hosts.finished(9, 1_001);
        assert_eq!((hosts.next(1_249), hosts.next(1_250)), (None, Some(3)));
    }

    #[test]
    fn hosts_do_not_wait_for_each_other_and_idle_ones_are_forgotten() {
        let mut hosts = Hosts::new(1, 250);
        (0..100).for_each(|key| hosts.enqueue(key, key, 0));
        let started: Vec<u64> = std::iter::from_fn(|| hosts.next(0)).collect();
        assert_eq!(started.len(), 100);
        started.into_iter().for_each(|host| hosts.finished(host, 10));
        hosts.tidy(300);
        assert!(hosts.hosts.is_empty() && hosts.ready.is_empty());
    }

    #[test]
    fn a_host_that_wants_fewer_requests_gets_fewer_within_bounds() {
        let mut hosts = Hosts::new(2, 250);
        hosts.slow(1, Some(120_000), 1_000);
        assert_eq!(hosts.wishes(1), (2, 121_000));
        (0..20).for_each(|_| hosts.slow(1, Some(i64::MAX), 1_000));
        assert_eq!(hosts.wishes(1), (i64::from(FACTOR_MAX), 1_000 + RETRY_AFTER_MAX_MS));
        (0..4).for_each(|_| hosts.ease(1));
        assert_eq!(hosts.wishes(1), (1, 0));
    }
}
