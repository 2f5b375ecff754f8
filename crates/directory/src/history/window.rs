//! Figures of a listing over the last hours and days.

use super::slot::{Day, Slot};
use super::{DayCodes, DayRecord, Sketch, SlotCounts};
use std::collections::BTreeMap;

/// Days of a listing, by their number.
pub(crate) type Days = BTreeMap<Day, DayRecord>;

/// Days of a listing that keep their slots: those that the window of 30 days reaches into, and three
/// more for what a clock that is ahead may leave behind.
const DAYS_WITH_SLOTS: usize = 34;

/// The days that need their slots no more. Which those are follows from how many days there are, not
/// from the time: a clock that is ahead makes nothing old.
pub(crate) fn to_compact(days: &Days) -> Vec<Day> {
    let newest_first = days.iter().rev().skip(DAYS_WITH_SLOTS);
    let with_slots = newest_first.filter(|(_, record)| record.codes().is_some());
    with_slots.map(|(day, _)| *day).collect()
}

/// A stretch of time that ends with the last check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// 288 slots, the last among them.
    Hours24,
    /// 2,016 slots.
    Days7,
    /// 8,640 slots.
    Days30,
    /// The day under way, by UTC, and the 89 before it.
    Days90,
}

impl Window {
    /// All of them, the shortest first.
    pub const ALL: [Self; 4] = [Self::Hours24, Self::Days7, Self::Days30, Self::Days90];

    /// The word of the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hours24 => "24h",
            Self::Days7 => "7d",
            Self::Days30 => "30d",
            Self::Days90 => "90d",
        }
    }

    const fn days(self) -> i64 {
        match self {
            Self::Hours24 => 1,
            Self::Days7 => 7,
            Self::Days30 => 30,
            Self::Days90 => 90,
        }
    }

    /// The day of which only the last slots are in the window, where there is one: `today` takes
    /// the place of the rest.
    pub(crate) const fn edge(self, today: Day) -> Option<Day> {
        match self {
            Self::Hours24 | Self::Days7 | Self::Days30 => Some(today.minus(self.days())),
            // Days that long ago have no slots any more.
            Self::Days90 => None,
        }
    }
}

/// The oldest day that any window reaches into.
pub(crate) const fn oldest_day(today: Day) -> Day {
    today.minus(Window::Days90.days() - 1)
}

/// What the window that ends with `slot` adds up to. `days` holds the day of `slot` as well.
pub(crate) fn sum_of(days: &Days, window: Window, slot: Slot) -> Sketch {
    let today = slot.day();
    let mut sum = Sketch::default();
    if let Some(edge) = window.edge(today).and_then(|day| days.get(&day)) {
        sum.add_codes(edge.codes().map(|codes| codes.from(slot.place() + 1)).unwrap_or_default());
    }
    for (_, day) in days.range(today.minus(window.days() - 1)..=today) {
        sum.add(&day.sum());
    }
    sum
}

/// How a window went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many slots were judged, and how they came out.
    pub counts: SlotCounts,
    /// The median time of the successes to their first byte, in milliseconds; at most 2.3 % off.
    pub latency_p50_ms: Option<u32>,
    /// What 95 of a hundred successes did not exceed.
    pub latency_p95_ms: Option<u32>,
}

impl Figures {
    /// The figures of a sum.
    pub(crate) fn of(sum: &Sketch) -> Self {
        Self {
            counts: sum.counts(),
            latency_p50_ms: sum.latency_percentile(50),
            latency_p95_ms: sum.latency_percentile(95),
        }
    }

    /// From 0 to 1: how much of what was judged could have been paid. `None` when nothing was.
    #[must_use]
    pub fn uptime(&self) -> Option<f64> {
        share(self.counts.healthy, self.counts.judged)
    }

    /// The same of what answered, whatever it said.
    #[must_use]
    pub fn reachability(&self) -> Option<f64> {
        share(self.counts.reachable, self.counts.judged)
    }
}

/// To four decimals, rounded down: a single failure never reads as none.
fn share(part: u32, whole: u32) -> Option<f64> {
    let parts = (u64::from(part) * 10_000).checked_div(u64::from(whole))?;
    u32::try_from(parts).ok().map(|parts| f64::from(parts) / 10_000.0)
}

/// The sums of the days that lie wholly inside each window, without the day under way: what does
/// not change until the next day begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Past([Sketch; 4]);

impl Past {
    /// Adds up the days before `today`.
    pub(crate) fn of(days: &Days, today: Day) -> Self {
        let mut past = Self::default();
        for (sum, window) in past.0.iter_mut().zip(Window::ALL) {
            let first = today.minus(window.days() - 1);
            for (_, day) in days.range(first..today) {
                sum.add(&day.sum());
            }
        }
        past
    }

    /// The figures of every window that ends with `slot`. `days` holds the days at the edges,
    /// `today` is the day of `slot`.
    pub(crate) fn figures(&self, days: &Days, today: &DayCodes, slot: Slot) -> [Figures; 4] {
        let mut found = [Figures::default(); 4];
        let under_way = Sketch::of(today.before(slot.place() + 1));
        for ((figures, past), window) in found.iter_mut().zip(&self.0).zip(Window::ALL) {
            let mut sum = past.clone();
            sum.add(&under_way);
            let edge = window.edge(slot.day()).and_then(|day| days.get(&day));
            if let Some(codes) = edge.and_then(DayRecord::codes) {
                sum.add_codes(codes.from(slot.place() + 1));
            }
            *figures = Figures::of(&sum);
        }
        found
    }

    /// As bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.0.iter().for_each(|sum| sum.encode_into(&mut bytes));
        bytes
    }

    /// Reads what [`Self::encode`] wrote.
    pub(crate) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let mut past = Self::default();
        for sum in &mut past.0 {
            *sum = Sketch::decode_from(&mut bytes)?;
        }
        bytes.is_empty().then_some(past)
    }
}
