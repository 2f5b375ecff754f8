//! The loop of the sweep.

mod results;
mod share;

use super::Prober;
use super::hosts::Hosts;
use super::look::{Found, look};
use super::outage::OutageWatch;
use super::plan::{Plan, Planned, Turn};
use super::record::Recorded;
use super::shards::Held;
use farebox_store::StoreError;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{Id, JoinError, JoinSet};

/// How often results are recorded. What makes no sense alone waits for the next time.
const RECORD_PERIOD: Duration = Duration::from_millis(450);
/// How often it is looked what is listed now.
const UPDATE_PERIOD: Duration = Duration::from_secs(5);
/// How long the loop rests at most.
const REST_MAX: Duration = Duration::from_millis(200);
const REST_MIN: Duration = Duration::from_millis(5);
/// How often the log says how it goes.
const REPORT_PERIOD: Duration = Duration::from_secs(600);
/// Results that wait to be recorded at most; past it, no probe begins.
const UNRECORDED_MAX: usize = 4_096;

/// Something that was done beside the loop.
enum Done {
    Looked(Option<Box<Found>>),
    Recorded(Result<Recorded, StoreError>),
    Balanced(Result<Held, StoreError>),
    Updated(Held, Vec<Planned>),
    Shown,
}

/// The sweep of one server.
pub(super) struct Sweep {
    prober: Arc<Prober>,
    plan: Plan,
    held: Held,
    /// Shards taken while the plan was being brought up to date.
    next_held: Option<Held>,
    watch: OutageWatch,
    tasks: JoinSet<Done>,
    /// The probes among them, to be known again when one breaks off.
    looking: HashMap<Id, Turn>,
    /// Probes begun and not recorded, by shard.
    open: BTreeMap<u32, usize>,
    unrecorded: Vec<Found>,
    /// Results that wait for one more decision.
    doubtful: Vec<Found>,
    /// Those that are being recorded.
    recording: Vec<(u64, u32)>,
    is_recording: bool,
    balancing: Beat,
    updating: Beat,
    showing: Beat,
    recorded_at: Instant,
    reported_at: Instant,
}

/// Something that is done again and again, once at a time.
struct Beat {
    is_under_way: bool,
    begun: Option<Instant>,
}

impl Beat {
    const fn new() -> Self {
        Self { is_under_way: false, begun: None }
    }

    /// Whether it is to be begun now; then it counts as begun.
    fn begins(&mut self, period: Duration) -> bool {
        let is_due = self.begun.is_none_or(|begun| begun.elapsed() >= period);
        if self.is_under_way || !is_due {
            return false;
        }
        *self = Self { is_under_way: true, begun: Some(Instant::now()) };
        true
    }
}

impl Sweep {
    pub(super) fn new(prober: Prober) -> Self {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let options = &prober.options;
        let hosts = Hosts::new(options.per_host, millis(options.host_gap));
        Self {
            plan: Plan::new(millis(options.interval), hosts),
            prober: Arc::new(prober),
            held: Held::default(),
            next_held: None,
            watch: OutageWatch::default(),
            tasks: JoinSet::new(),
            looking: HashMap::new(),
            open: BTreeMap::new(),
            unrecorded: Vec::new(),
            doubtful: Vec::new(),
            recording: Vec::new(),
            is_recording: false,
            balancing: Beat::new(),
            updating: Beat::new(),
            showing: Beat::new(),
            recorded_at: Instant::now(),
            reported_at: Instant::now(),
        }
    }

    pub(super) async fn run(mut self) {
        self.prober.directory.sweep_figures().set_running();
        loop {
            self.begin_what_is_due();
            let rest = self.rest();
            let next = tokio::time::timeout(rest, self.tasks.join_next_with_id());
            if let Ok(Some(done)) = next.await {
                self.take(done);
                // What else is there already, before the clock is looked at again.
                while let Some(done) = self.tasks.try_join_next_with_id() {
                    self.take(done);
                }
            } else if self.tasks.is_empty() {
                tokio::time::sleep(REST_MIN).await;
            }
        }
    }

    fn now_ms(&self) -> i64 {
        self.prober.directory.now().as_millisecond()
    }

    fn begin_what_is_due(&mut self) {
        if self.balancing.begins(self.prober.options.renewal()) {
            self.begin_balancing();
        }
        if self.updating.begins(UPDATE_PERIOD) {
            self.begin_update(self.held.clone());
        }
        if self.recorded_at.elapsed() >= RECORD_PERIOD && !self.is_recording {
            self.begin_recording();
        }
        self.begin_probes();
        self.report();
    }

    /// Until when there is nothing to do, unless something is done before.
    fn rest(&self) -> Duration {
        let wake_ms = self.plan.wake_ms().map(|at_ms| at_ms.saturating_sub(self.now_ms()));
        let rest = wake_ms.map_or(REST_MAX, |wait_ms| {
            Duration::from_millis(u64::try_from(wait_ms).unwrap_or_default())
        });
        rest.clamp(REST_MIN, REST_MAX)
    }

    fn begin_probes(&mut self) {
        let waiting = self.unrecorded.len() + self.doubtful.len() + self.recording.len();
        if waiting >= UNRECORDED_MAX {
            return;
        }
        let now_ms = self.now_ms();
        let concurrency = self.prober.options.concurrency;
        let allowed = self.watch.allowance(concurrency, now_ms);
        while let Some(turn) = self.plan.next(allowed, now_ms) {
            self.begin_probe(turn, now_ms);
        }
        let figures = self.prober.directory.sweep_figures();
        figures.set_under_way(self.plan.under_way());
        figures.set_cut_off(self.watch.is_suspected());
    }

    fn begin_probe(&mut self, turn: Turn, now_ms: i64) {
        let deadline = Instant::now() + self.prober.options.probe_timeout();
        let shard = turn.endpoint.shard();
        let Some(fence) = self.held.fence(shard, deadline) else {
            // Not this server's any more, or not renewed yet: the next update knows.
            self.plan.done(turn.endpoint, None, now_ms);
            return;
        };
        self.prober.directory.sweep_figures().set_lag_ms(now_ms.saturating_sub(turn.due_ms));
        *self.open.entry(shard).or_default() += 1;
        let prober = Arc::clone(&self.prober);
        let begun = turn.clone();
        let task = self.tasks.spawn(async move {
            let asked = (turn.endpoint, &*turn.listing_id);
            let Prober { directory, client, facilitators, .. } = &*prober;
            let found = look(directory, (client, facilitators), asked, fence, deadline).await;
            Done::Looked(found.map(Box::new))
        });
        self.looking.insert(task.id(), begun);
    }

    fn take(&mut self, done: Result<(Id, Done), JoinError>) {
        match done {
            Ok((id, Done::Looked(found))) => self.looked(id, found),
            Ok((_, Done::Recorded(recorded))) => self.recorded(recorded),
            Ok((_, Done::Balanced(held))) => self.balanced(held),
            Ok((_, Done::Updated(held, planned))) => self.updated(held, planned),
            Ok((_, Done::Shown)) => self.showing.is_under_way = false,
            Err(error) => self.broke_off(&error),
        }
    }

    fn looked(&mut self, id: Id, found: Option<Box<Found>>) {
        let Some(turn) = self.looking.remove(&id) else { return };
        let now = self.prober.directory.now();
        let now_ms = now.as_millisecond();
        self.prober.directory.sweep_figures().count_probe(now);
        let Some(found) = found else {
            self.close(turn.endpoint.shard());
            self.plan.done(turn.endpoint, None, now_ms);
            return;
        };
        self.plan.heed(turn.endpoint.host, found.wish, now_ms);
        self.plan.done(turn.endpoint, Some(&found.standing), now_ms);
        self.watch.note(found.sign, now_ms);
        self.unrecorded.push(*found);
    }

    /// A task broke off. Only probes are told apart: the others begin again by themselves.
    fn broke_off(&mut self, error: &JoinError) {
        tracing::error!(%error, "a part of the sweep broke off");
        match self.looking.remove(&error.id()) {
            Some(turn) => {
                self.close(turn.endpoint.shard());
                self.plan.done(turn.endpoint, None, self.now_ms());
            }
            None => {
                self.balancing.is_under_way = false;
                self.updating.is_under_way = false;
                self.showing.is_under_way = false;
                self.recorded(Ok(Recorded::default()));
            }
        }
    }

    fn close(&mut self, shard: u32) {
        if let Some(open) = self.open.get_mut(&shard) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                self.open.remove(&shard);
            }
        }
    }

    fn report(&mut self) {
        if self.reported_at.elapsed() < REPORT_PERIOD {
            return;
        }
        self.reported_at = Instant::now();
        let directory = &self.prober.directory;
        let report = directory.sweep_figures().report(directory.now());
        tracing::info!(
            endpoints = report.endpoints,
            shards = report.shards,
            probes_per_minute = report.probes_per_minute,
            under_way = report.under_way,
            lag_ms = report.lag_ms,
            discarded = report.discarded,
            "the sweep"
        );
    }
}
