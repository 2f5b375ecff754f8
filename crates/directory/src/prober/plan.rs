//! What is probed next. Pure: the caller brings the time and what is recorded.

use super::due::{Standing, due_ms};
use super::endpoint::Endpoint;
use super::hosts::Hosts;
use super::pace::Pace;
use std::collections::{BTreeSet, HashMap};

/// An endpoint that is to be planned, as it stands recorded.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) endpoint: Endpoint,
    /// One of its listings.
    pub(super) listing_id: Box<str>,
    pub(super) standing: Standing,
}

/// The endpoints of this server's share, each in one place: waiting until it is due, waiting for
/// its turn at its host, or being probed.
#[derive(Debug)]
pub(super) struct Plan {
    interval_ms: i64,
    endpoints: HashMap<u64, State>,
    due: BTreeSet<(i64, u64)>,
    hosts: Hosts,
    pace: Pace,
    under_way: usize,
    /// Counts the times that the plan was brought up to date.
    generation: u32,
}

#[derive(Debug)]
struct State {
    listing_id: Box<str>,
    host: u64,
    due_ms: i64,
    /// When it was last sent from here; 0 before.
    sent_ms: i64,
    place: Place,
    generation: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Waiting,
    Queued,
    UnderWay,
}

/// An endpoint whose turn has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) endpoint: Endpoint,
    pub(super) listing_id: Box<str>,
    /// When it was due.
    pub(super) due_ms: i64,
}

impl Plan {
    pub(super) fn new(interval_ms: i64, hosts: Hosts) -> Self {
        Self {
            interval_ms,
            endpoints: HashMap::new(),
            due: BTreeSet::new(),
            hosts,
            pace: Pace::default(),
            under_way: 0,
            generation: 0,
        }
    }

    /// Makes these the endpoints of the plan. What is under way stays until it is done, and what
    /// was sent from here is not due again because it is not recorded yet.
    pub(super) fn update(&mut self, planned: Vec<Planned>, now_ms: i64) {
        self.generation = self.generation.wrapping_add(1);
        for one in planned {
            self.put(one, now_ms);
        }
        let (generation, due) = (self.generation, &mut self.due);
        self.endpoints.retain(|key, state| {
            let stays = state.generation == generation || state.place != Place::Waiting;
            if !stays {
                due.remove(&(state.due_ms, *key));
            }
            stays
        });
        self.hosts.tidy(now_ms);
        self.pace.set(self.endpoints.len(), self.interval_ms);
    }

    fn put(&mut self, planned: Planned, now_ms: i64) {
        let Planned { endpoint, listing_id, standing } = planned;
        let due_ms = self.due_ms(endpoint, &standing, now_ms);
        let fresh = State {
            listing_id,
            host: endpoint.host,
            due_ms,
            sent_ms: 0,
            place: Place::Waiting,
            generation: self.generation,
        };
        let Some(known) = self.endpoints.get_mut(&endpoint.key) else {
            self.due.insert((due_ms, endpoint.key));
            self.endpoints.insert(endpoint.key, fresh);
            return;
        };
        known.generation = self.generation;
        known.listing_id = fresh.listing_id;
        let checked_at_ms = standing.checked_at_ms.unwrap_or_default();
        let is_recorded = checked_at_ms >= known.sent_ms;
        // From a clock that was ahead: seen from now, it would be put off again and again.
        let is_later = checked_at_ms > now_ms && due_ms > known.due_ms;
        let moves = is_recorded && !is_later && known.due_ms != due_ms;
        if known.place == Place::Waiting && moves {
            self.due.remove(&(known.due_ms, endpoint.key));
            known.due_ms = due_ms;
            self.due.insert((due_ms, endpoint.key));
        }
    }

    /// When an endpoint is due, the wishes of its host included. A clock that was set back does not
    /// leave it out for long.
    fn due_ms(&self, endpoint: Endpoint, standing: &Standing, now_ms: i64) -> i64 {
        let (factor, until_ms) = self.hosts.wishes(endpoint.host);
        let interval_ms = self.interval_ms.saturating_mul(factor);
        let standing = Standing {
            checked_at_ms: standing.checked_at_ms.map(|at_ms| at_ms.min(now_ms)),
            registered_at_ms: standing.registered_at_ms.min(now_ms),
            ..*standing
        };
        due_ms(endpoint.key, &standing, interval_ms).max(until_ms)
    }

    /// The next endpoint whose turn has come, if `under_way_max` leaves room for it. It counts as
    /// being probed until [`Self::done`].
    pub(super) fn next(&mut self, under_way_max: usize, now_ms: i64) -> Option<Turn> {
        self.queue_what_is_due(now_ms);
        if self.under_way >= under_way_max || !self.pace.has(now_ms) {
            return None;
        }
        let key = self.hosts.next(now_ms)?;
        // What waits at a host stays in the plan.
        let state = self.endpoints.get_mut(&key)?;
        self.pace.take();
        self.under_way = self.under_way.saturating_add(1);
        state.place = Place::UnderWay;
        // Recorded times are whole seconds.
        state.sent_ms = now_ms - now_ms.rem_euclid(1_000);
        let endpoint = Endpoint { key, host: state.host };
        Some(Turn { endpoint, listing_id: state.listing_id.clone(), due_ms: state.due_ms })
    }

    fn queue_what_is_due(&mut self, now_ms: i64) {
        while let Some((due_ms, key)) = self.due.first().copied().filter(|(at, _)| *at <= now_ms) {
            self.due.remove(&(due_ms, key));
            if let Some(state) = self.endpoints.get_mut(&key) {
                state.place = Place::Queued;
                self.hosts.enqueue(state.host, key, now_ms);
            }
        }
    }

    /// A probe is over; `standing` is how the endpoint stands after it. `None` takes it out of the
    /// plan until the next update.
    pub(super) fn done(&mut self, endpoint: Endpoint, standing: Option<&Standing>, now_ms: i64) {
        self.under_way = self.under_way.saturating_sub(1);
        self.hosts.finished(endpoint.host, now_ms);
        let due_ms = standing.map(|standing| self.due_ms(endpoint, standing, now_ms));
        let Some(due_ms) = due_ms else {
            self.endpoints.remove(&endpoint.key);
            return;
        };
        self.wait_until(endpoint.key, due_ms);
    }

    /// The result of a probe was not recorded: the endpoint is due again at `due_ms`.
    pub(super) fn postpone(&mut self, key: u64, due_ms: i64) {
        if let Some(state) = self.endpoints.get_mut(&key).filter(|one| one.place == Place::Waiting)
        {
            let before = (state.due_ms, key);
            self.due.remove(&before);
            self.wait_until(key, due_ms);
        }
    }

    fn wait_until(&mut self, key: u64, due_ms: i64) {
        if let Some(state) = self.endpoints.get_mut(&key) {
            state.place = Place::Waiting;
            state.due_ms = due_ms;
            self.due.insert((due_ms, key));
        }
    }

    /// What a host answered asks for fewer requests, or does not any more.
    pub(super) fn heed(&mut self, host: u64, wish: Option<Wish>, now_ms: i64) {
        match wish {
            Some(Wish { retry_after_ms }) => self.hosts.slow(host, retry_after_ms, now_ms),
            None => self.hosts.ease(host),
        }
    }

    /// When something may be done next, if nothing happens before.
    pub(super) fn wake_ms(&self) -> Option<i64> {
        let due = self.due.first().map(|(at_ms, _)| *at_ms);
        [due, self.hosts.next_ready_ms()].into_iter().flatten().min()
    }

    /// Probes under way.
    pub(super) const fn under_way(&self) -> usize {
        self.under_way
    }

    /// Endpoints in the plan.
    pub(super) fn len(&self) -> usize {
        self.endpoints.len()
    }
}

/// A host's wish for fewer requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// How long it wants to be left alone.
    pub(super) retry_after_ms: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL_MS: i64 = 100_000;
    const NOW_MS: i64 = 1_800_000_000_000;

    fn planned(key: u64, checked_at_ms: Option<i64>) -> Planned {
        let registered_at_ms = NOW_MS - INTERVAL_MS;
        let standing =
            Standing { registered_at_ms, checked_at_ms, failures: 0, is_preferred: false };
        let endpoint = Endpoint { key, host: key };
        Planned { endpoint, listing_id: format!("l{key}").into(), standing }
    }

    fn all(checked_at_ms: Option<i64>) -> Vec<Planned> {
        (0..1_000).map(|key| planned(key, checked_at_ms)).collect()
    }

    fn plan(endpoints: Vec<Planned>) -> Plan {
        let mut plan = Plan::new(INTERVAL_MS, Hosts::new(2, 250));
        plan.update(endpoints, NOW_MS);
        plan
    }

    /// Everything that begins in a time, each done at once.
    fn begun(plan: &mut Plan, from_ms: i64, until_ms: i64) -> Vec<u64> {
        let mut keys = Vec::new();
        for now_ms in (from_ms..until_ms).step_by(10) {
            while let Some(turn) = plan.next(1_000, now_ms) {
                let standing = planned(0, Some(now_ms)).standing;
                plan.done(turn.endpoint, Some(&standing), now_ms);
                keys.push(turn.endpoint.key);
            }
        }
        keys
    }

    #[test]
    fn each_endpoint_is_probed_once_in_an_interval() {
        let spread = (0..1_000_u32)
            .map(|key| planned(u64::from(key), Some(NOW_MS - INTERVAL_MS + i64::from(key) * 100)));
        let mut plan = plan(spread.collect());
        let mut keys = begun(&mut plan, NOW_MS, NOW_MS + INTERVAL_MS * 94 / 100);
        let begun = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), begun, "probed twice");
        assert!(begun > 850, "{begun}");
    }

    #[test]
    fn after_a_long_stop_not_everything_begins_at_once() {
        let mut plan = plan(all(Some(NOW_MS - 10 * INTERVAL_MS)));
        let first = begun(&mut plan, NOW_MS, NOW_MS + 1_000).len();
        // Ten a second are usual; so many may begin at once after a quiet time.
        assert!(first <= 40, "{first}");
        let rest = begun(&mut plan, NOW_MS + 1_000, NOW_MS + 60_000).len();
        assert!(first + rest >= 1_000, "{rest}");
    }

    #[test]
    fn what_was_sent_is_not_due_again_because_it_is_not_recorded_yet() {
        let mut plan = plan(vec![planned(1, None)]);
        assert_eq!(begun(&mut plan, NOW_MS, NOW_MS + 10), [1]);
        plan.update(vec![planned(1, None)], NOW_MS + 10);
        assert_eq!(begun(&mut plan, NOW_MS + 10, NOW_MS + 5_000), [0; 0]);
    }

    #[test]
    fn what_somebody_else_probed_waits_and_what_is_gone_is_forgotten() {
        let mut plan = plan(vec![planned(1, None), planned(2, None)]);
        plan.update(vec![planned(1, Some(NOW_MS))], NOW_MS);
        assert_eq!(plan.len(), 1);
        assert_eq!(begun(&mut plan, NOW_MS, NOW_MS + 5_000), [0; 0]);
    }

    #[test]
    fn the_bound_of_probes_under_way_holds() {
        let mut plan = plan(all(None));
        let turns: Vec<_> = std::iter::from_fn(|| plan.next(7, NOW_MS)).collect();
        assert_eq!((turns.len(), plan.under_way()), (7, 7));
    }

    #[test]
    fn a_clock_that_was_set_back_leaves_nothing_out_for_long() {
        let ahead = || vec![planned(1, Some(NOW_MS + 1_000 * INTERVAL_MS))];
        let mut plan = plan(ahead());
        let mut keys = Vec::new();
        for from_ms in (NOW_MS..NOW_MS + 2 * INTERVAL_MS).step_by(5_000) {
            plan.update(ahead(), from_ms);
            keys.append(&mut begun(&mut plan, from_ms, from_ms + 5_000));
        }
        assert!(!keys.is_empty());
    }
}
