//! The history of a listing while it goes on: what each further check changes.

use super::code::of_slot;
use super::slot::{Day, Slot};
use super::window::oldest_day;
use super::{Code, DayCodes, DayRecord, Days, Figures, Found, Outcome, Past, Run, Window};
use crate::HealthStatus;

/// Probes of one slot that are remembered at most; the mildest and oldest give way to further ones.
const SLOT_PROBES_MAX: usize = 16;
/// A check may be this much older than the one before it and counts as made just after it: clocks
/// of several servers differ, and are put right. One that is older still says that the clock was
/// ahead before.
const BACKWARD_MS_MAX: i64 = 3_600_000;

/// One check, as the history sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Probe {
    /// When, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    pub(crate) status: HealthStatus,
    /// Until the first byte of the answer.
    pub(crate) response_time_ms: Option<u32>,
    pub(crate) found: Found,
}

/// What is kept of a listing beside its finished days and its ended runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Track {
    /// When the last check was made, after the rules for clocks.
    pub(crate) last_ms: i64,
    /// The codes of the probes in the slot of the last one.
    pub(crate) slot_probes: Vec<Code>,
    /// The day under way.
    pub(crate) today: Day,
    /// Its slots.
    pub(crate) codes: DayCodes,
    /// The sums of the days before.
    pub(crate) past: Past,
    /// The run that the last check belongs to; `None` before the first check.
    pub(crate) run: Option<Run>,
}

/// Days that must be read before a check is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// These, as far as there are any.
    Only(Vec<Day>),
    /// All from this one on.
    All {
        /// The oldest that any window reaches into.
        first: Day,
    },
}

/// What a check added to the past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// A day that is over, and now in the days.
    pub(crate) day: Option<Day>,
    /// A run that is over.
    pub(crate) run: Option<Run>,
}

impl Track {
    /// Before the first check, which is made at this time or later.
    pub(crate) fn new(at_ms: i64) -> Self {
        Self {
            last_ms: at_ms.saturating_sub(1),
            slot_probes: Vec::new(),
            today: Slot::at(at_ms).day(),
            codes: DayCodes::default(),
            past: Past::default(),
            run: None,
        }
    }

    /// The slot of the last check.
    pub(crate) const fn slot(&self) -> Slot {
        Slot::at(self.last_ms)
    }

    /// From which slot on the history cannot be true when a check is made at this time: the clock
    /// was ahead. See [`Self::take_back`].
    pub(crate) const fn is_ahead_of(&self, at_ms: i64) -> Option<Slot> {
        if self.last_ms.saturating_sub(at_ms) > BACKWARD_MS_MAX {
            return Some(Slot::at(at_ms));
        }
        None
    }

    /// Forgets everything from the slot `from` on, here and in `days`, which holds all days that
    /// windows reach into. `run_before` is the latest ended run that began before `from`; it goes
    /// on where the one under way is forgotten.
    pub(crate) fn take_back(&mut self, from: Slot, days: &mut Days, run_before: Option<Run>) {
        let day = from.day();
        if day < self.today {
            let mut forgotten = days.split_off(&day);
            let codes = forgotten.remove(&day).and_then(|record| record.codes().cloned());
            self.codes = codes.unwrap_or_default();
            self.past = Past::of(days, day);
            self.today = day;
        }
        self.codes.clear_from(from.place());
        self.slot_probes.clear();
        self.last_ms = from.start_ms().saturating_sub(1);
        if self.run.as_ref().is_some_and(|run| run.started_ms >= from.start_ms()) {
            self.run = run_before.map(|run| Run { ended_ms: None, ..run });
        }
    }

    /// Which days must be at hand to add a check of this time.
    pub(crate) fn needs(&self, at_ms: i64) -> Needs {
        let day = Slot::at(at_ms.max(self.last_ms.saturating_add(1))).day();
        if self.is_ahead_of(at_ms).is_some() || day != self.today {
            return Needs::All { first: oldest_day(day.min(Slot::at(at_ms).day())) };
        }
        Needs::Only(Window::ALL.iter().filter_map(|window| window.edge(day)).collect())
    }

    /// Adds a check. `days` holds all days that windows reach into where a day ends, and otherwise
    /// nothing is read from it.
    pub(crate) fn record(&mut self, probe: Probe, days: &mut Days) -> Ended {
        let mut ended = Ended::default();
        let at_ms = probe.at_ms.max(self.last_ms.saturating_add(1));
        let (before, slot) = (self.slot(), Slot::at(at_ms));
        if slot.day() != self.today {
            ended.day = self.finish_day(slot.day(), days);
        }
        if slot != before {
            self.slot_probes.clear();
        }
        self.last_ms = at_ms;
        let code = Code::of(probe.found.outcome, probe.response_time_ms);
        self.add_code(slot, code);
        ended.run = self.add_to_run(at_ms, probe.status, probe.found);
        ended
    }

    fn finish_day(&mut self, next: Day, days: &mut Days) -> Option<Day> {
        let finished = std::mem::replace(&mut self.today, next);
        let codes = std::mem::take(&mut self.codes);
        let is_empty = codes.probed().next().is_none();
        if !is_empty {
            days.insert(finished, DayRecord::Codes(codes));
        }
        self.past = Past::of(days, next);
        (!is_empty).then_some(finished)
    }

    fn add_code(&mut self, slot: Slot, code: Code) {
        if self.slot_probes.len() >= SLOT_PROBES_MAX {
            let mildest = self.slot_probes.iter().enumerate();
            let mildest = mildest.min_by_key(|(_, seen)| seen.outcome().map(Outcome::severity));
            self.slot_probes.remove(mildest.map_or(0, |(place, _)| place));
        }
        self.slot_probes.push(code);
        self.codes.set(slot.place(), of_slot(&self.slot_probes));
    }

    fn add_to_run(&mut self, at_ms: i64, status: HealthStatus, found: Found) -> Option<Run> {
        match &mut self.run {
            Some(run) if run.status == status => {
                run.checks = run.checks.saturating_add(1);
                run.last = found;
                None
            }
            run => {
                let ended = run.replace(Run::begun(at_ms, status, found));
                ended.map(|run| Run { ended_ms: Some(at_ms), ..run })
            }
        }
    }

    /// The figures of every window that ends with the last check. `days` holds at least the days at
    /// the edges of the windows.
    pub(crate) fn figures(&self, days: &Days) -> [Figures; 4] {
        self.past.figures(days, &self.codes, self.slot())
    }
}
