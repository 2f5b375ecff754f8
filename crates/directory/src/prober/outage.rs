//! Whether it is our own network that fails. Pure: the caller brings the time.

use std::collections::{HashMap, VecDeque};

/// Hosts whose last probes are looked at together.
const HOSTS_MAX: usize = 40;
/// With fewer hosts nothing can be told.
const HOSTS_MIN: usize = 5;
/// Older probes say nothing about now.
const AGE_MAX_MS: i64 = 60_000;
/// Probes of one host that are so close together are one sign.
const TOGETHER_MS: i64 = 1_000;
/// How long nothing is probed after an outage was noticed; doubled each time that it goes on.
const PAUSE_MS: i64 = 15_000;
const PAUSE_MAX_MS: i64 = 300_000;
/// Probes under way at most while it is found out whether it is over.
const TRIAL_AT_ONCE: usize = 8;

/// What one probe says about our own network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) host: u64,
    /// Whether nothing came: no address, no connection, no answer in time.
    pub(super) is_cut_off: bool,
    /// Whether the probe before this one had been answered.
    pub(super) was_reachable: bool,
}

/// What to do with the results since the last decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// They say something about the endpoints.
    Keep,
    /// They say something about us: nobody is judged by them.
    Discard,
}

/// Watches whether more than half of the hosts that had answered before fall silent together.
#[derive(Debug, Default)]
pub(super) struct OutageWatch {
    /// The latest signs, oldest first: of hosts that had answered before.
    signs: VecDeque<(i64, Sign)>,
    /// Nothing is probed before; 0 where all is well.
    paused_until_ms: i64,
    /// Outages noticed since the last time that all was well.
    in_a_row: u32,
}

impl OutageWatch {
    /// Takes note of a probe. A host that was silent before says nothing, but for the trial after
    /// an outage, which all take part in.
    pub(super) fn note(&mut self, sign: Sign, now_ms: i64) {
        if !sign.was_reachable && sign.is_cut_off {
            return;
        }
        self.signs.push_back((now_ms, sign));
        // Several endpoints of a host are one sign, so that more are kept than counted.
        while self.signs.len() > HOSTS_MAX * 50 {
            self.signs.pop_front();
        }
    }

    /// Decides what becomes of the results since the last decision.
    pub(super) fn decide(&mut self, now_ms: i64) -> Decision {
        let oldest_ms = now_ms.saturating_sub(AGE_MAX_MS);
        let mut latest: HashMap<u64, (i64, bool)> = HashMap::new();
        let fresh = self.signs.iter().rev().take_while(|(at_ms, _)| *at_ms >= oldest_ms);
        for (at_ms, sign) in fresh {
            if latest.len() >= HOSTS_MAX {
                break;
            }
            // An endpoint that answers at the same time proves that its host can be reached.
            let (latest_ms, is_cut_off) = latest.entry(sign.host).or_insert((*at_ms, true));
            *is_cut_off &= sign.is_cut_off || latest_ms.saturating_sub(*at_ms) > TOGETHER_MS;
        }
        let silent = latest.values().filter(|(_, is_cut_off)| *is_cut_off).count();
        if latest.len() >= HOSTS_MIN && silent * 2 > latest.len() {
            self.begin_pause(now_ms);
            return Decision::Discard;
        }
        // Where few hosts are left to probe, a quiet minute is as good.
        let is_quiet = now_ms > self.paused_until_ms.saturating_add(AGE_MAX_MS);
        if latest.len() >= HOSTS_MIN || is_quiet {
            self.in_a_row = 0;
        }
        Decision::Keep
    }

    fn begin_pause(&mut self, now_ms: i64) {
        let doubled = PAUSE_MS.saturating_mul(1_i64 << self.in_a_row.min(10));
        self.paused_until_ms = now_ms.saturating_add(doubled.min(PAUSE_MAX_MS));
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.signs.clear();
    }

    /// Whether an outage was noticed that is not known to be over.
    pub(super) const fn is_suspected(&self) -> bool {
        self.in_a_row > 0
    }

    /// Probes that may be under way now, of `concurrency` where all is well.
    pub(super) fn allowance(&self, concurrency: usize, now_ms: i64) -> usize {
        match self.in_a_row {
            0 => concurrency,
            _ if now_ms < self.paused_until_ms => 0,
            _ => concurrency.min(TRIAL_AT_ONCE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(host: u64, is_cut_off: bool) -> Sign {
        Sign { host, is_cut_off, was_reachable: true }
    }

    fn watch(signs: impl IntoIterator<Item = Sign>) -> OutageWatch {
        let mut watch = OutageWatch::default();
        signs.into_iter().for_each(|sign| watch.note(sign, 0));
        watch
    }

    #[test]
    fn more_than_half_of_the_hosts_silent_is_our_own_outage() {
        let mut half = watch((0..10).map(|host| sign(host, host < 5)));
        assert_eq!(half.decide(0), Decision::Keep);
        let mut more = watch((0..10).map(|host| sign(host, host < 6)));
        assert_eq!(more.decide(0), Decision::Discard);
    }

    #[test]
    fn one_large_host_that_is_down_is_not() {
        let large = (0..500).map(|_| sign(1, true));
        let mut watch = watch(large.chain((2..8).map(|host| sign(host, false))));
        assert_eq!(watch.decide(0), Decision::Keep);
    }

    #[test]
    fn what_was_answered_before_the_outage_does_not_hide_it() {
        let mut watch = watch((0..10).map(|host| sign(host, false)));
        (0..10).for_each(|host| watch.note(sign(host, true), 3_000));
        assert_eq!(watch.decide(3_000), Decision::Discard);
    }

    #[test]
    fn hosts_that_were_silent_before_say_nothing() {
        let before = |host| Sign { host, is_cut_off: true, was_reachable: false };
        let mut watch = watch((0..50).map(before).chain((50..56).map(|host| sign(host, false))));
        assert_eq!(watch.decide(0), Decision::Keep);
    }

    #[test]
    fn too_few_hosts_say_nothing_and_old_probes_neither() {
        assert_eq!(watch((0..4).map(|host| sign(host, true))).decide(0), Decision::Keep);
        let mut old = watch((0..10).map(|host| sign(host, true)));
        assert_eq!(old.decide(AGE_MAX_MS + 1), Decision::Keep);
    }

    #[test]
    fn after_an_outage_a_few_are_tried_and_the_pause_grows_while_it_lasts() {
        let silent = || (0..10).map(|host| sign(host, true));
        let mut watch = watch(silent());
        assert_eq!(watch.decide(0), Decision::Discard);
        assert_eq!(watch.allowance(1_000, PAUSE_MS - 1), 0);
        assert_eq!(watch.allowance(1_000, PAUSE_MS), TRIAL_AT_ONCE);
        silent().for_each(|sign| watch.note(sign, PAUSE_MS));
        assert_eq!(watch.decide(PAUSE_MS), Decision::Discard);
        assert_eq!(watch.allowance(1_000, 2 * PAUSE_MS), 0);
        let over_ms = 3 * PAUSE_MS;
        (0..5).for_each(|host| watch.note(sign(host, false), over_ms));
        assert!(watch.is_suspected());
        assert_eq!(watch.decide(over_ms), Decision::Keep);
        assert_eq!(watch.allowance(1_000, over_ms), 1_000);
    }
}
