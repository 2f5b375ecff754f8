//! The arithmetic of histories against a slow, obvious model: a list of all probes.

use super::*;
use crate::HealthStatus;
use proptest::prelude::*;
use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
const SLOT_MS: i64 = 5 * MINUTE_MS;
/// How far a clock may have been ahead, all in all, while figures stay exact to the slot.
const AHEAD_MS_MAX: i64 = 3 * DAY_MS;

/// One probe of the model.
#[derive(Clone, Debug)]
struct Seen {
    at_ms: i64,
    status: HealthStatus,
    outcome: Outcome,
    latency_ms: u32,
}

/// What happens to a listing.
#[derive(Clone, Debug)]
enum Step {
    /// Probes at regular times that come to the same.
    Probes { every_ms: i64, times: usize, outcome: Outcome, status: HealthStatus, latency_ms: u32 },
    /// The listing is not probed: we were down, or threw a sweep away.
    Gap { ms: i64 },
    /// The clock jumps, forward or back.
    Jump { ms: i64 },
    /// What is in memory is gone.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let every = prop_oneof![
        Just(20_000_i64),
        Just(SLOT_MS),
        Just(15 * MINUTE_MS),
        Just(HOUR_MS),
        Just(7 * HOUR_MS),
        1_i64..3 * HOUR_MS,
    ];
    let outcome = prop_oneof![
        3 => Just(Outcome::Payable),
        2 => prop::sample::select(Outcome::ALL.to_vec()),
    ];
    let status = prop::sample::select(HealthStatus::ALL.to_vec());
    let probes = (every, 1_usize..40, outcome, status, 1_u32..60_000).prop_map(
        |(every_ms, times, outcome, status, latency_ms)| Step::Probes {
            every_ms,
            times,
            outcome,
            status,
            latency_ms,
        },
    );
    let gap = prop_oneof![0..2 * HOUR_MS, 0..3 * DAY_MS, 0..50 * DAY_MS];
    let jump = prop_oneof![-HOUR_MS..HOUR_MS, -30 * HOUR_MS..30 * HOUR_MS];
    prop_oneof![
        8 => probes,
        2 => gap.prop_map(|ms| Step::Gap { ms }),
        1 => jump.prop_map(|ms| Step::Jump { ms }),
        1 => Just(Step::Restart),
    ]
}

/// The list of all probes, and the rule for clocks in two lines.
#[derive(Default)]
struct Model(Vec<Seen>);

impl Model {
    fn record(&mut self, mut seen: Seen) {
        let last_ms = |list: &[Seen]| list.last().map_or(i64::MIN, |seen| seen.at_ms);
        if last_ms(&self.0).saturating_sub(seen.at_ms) > HOUR_MS {
            let slot = seen.at_ms.div_euclid(SLOT_MS) * SLOT_MS;
            self.0.retain(|before| before.at_ms < slot);
        }
        seen.at_ms = seen.at_ms.max(last_ms(&self.0).saturating_add(1));
        self.0.push(seen);
    }

    fn window(&self, window: Window) -> Vec<&Seen> {
        let last_ms = self.0.last().unwrap().at_ms;
        let slot = last_ms.div_euclid(SLOT_MS);
        let first_ms = match window {
            Window::Hours24 => (slot - 287) * SLOT_MS,
            Window::Days7 => (slot - 7 * 288 + 1) * SLOT_MS,
            Window::Days30 => (slot - 30 * 288 + 1) * SLOT_MS,
            Window::Days90 => (last_ms.div_euclid(DAY_MS) - 89) * DAY_MS,
        };
        self.0.iter().filter(|seen| seen.at_ms >= first_ms).collect()
    }

    /// The counts of a window, and the sorted latencies of its slots.
    fn figures(&self, window: Window) -> (SlotCounts, Vec<u32>) {
        let mut slots: BTreeMap<i64, Vec<&Seen>> = BTreeMap::new();
        for seen in self.window(window) {
            slots.entry(seen.at_ms.div_euclid(SLOT_MS)).or_default().push(seen);
        }
        let (mut counts, mut latencies) = (SlotCounts::default(), Vec::new());
        for probes in slots.values() {
            let judged = probes.iter().filter(|seen| seen.outcome.is_judged());
            let Some(worst) = judged.max_by_key(|seen| seen.outcome.severity()) else { continue };
            counts.judged += 1;
            counts.reachable += u32::from(worst.outcome.is_reachable());
            if worst.outcome == Outcome::Payable {
                counts.healthy += 1;
                let payable = probes.iter().filter(|seen| seen.outcome == Outcome::Payable);
                let mut times: Vec<u32> = payable.map(|seen| seen.latency_ms).collect();
                times.sort_unstable();
                latencies.push(times[(times.len() - 1) / 2]);
            }
        }
        latencies.sort_unstable();
        (counts, latencies)
    }

    /// When each verdict began, and how many checks came to it.
    fn runs(&self) -> Vec<(i64, HealthStatus)> {
        let mut runs: Vec<(i64, HealthStatus)> = Vec::new();
        for seen in &self.0 {
            if runs.last().is_none_or(|(_, status)| *status != seen.status) {
                runs.push((seen.at_ms, seen.status));
            }
        }
        runs
    }

    /// When it was down, the latest first: start, end, checks.
    fn incidents(&self) -> Vec<(i64, Option<i64>, u32)> {
        let mut found: Vec<(i64, Option<i64>, u32)> = Vec::new();
        let mut is_down = false;
        for seen in &self.0 {
            match seen.status {
                HealthStatus::Unknown => {}
                HealthStatus::Down if is_down => found.last_mut().unwrap().2 += 1,
                HealthStatus::Down => found.push((seen.at_ms, None, 1)),
                HealthStatus::Healthy | HealthStatus::Degraded if is_down => {
                    found.last_mut().unwrap().1 = Some(seen.at_ms);
                }
                HealthStatus::Healthy | HealthStatus::Degraded => {}
            }
            if seen.status != HealthStatus::Unknown {
                is_down = seen.status == HealthStatus::Down;
            }
        }
        found.reverse();
        found
    }
}

/// The history as the store keeps it: rows of days and runs, and the track beside them.
#[derive(Default)]
struct Kept {
    track: Option<Track>,
    days: BTreeMap<Day, Vec<u8>>,
    runs: Vec<Run>,
    /// Whether a run was taken back, which leaves the number of its checks as it was.
    is_taken_back: bool,
}

impl Kept {
    fn read(&self, needs: &Needs) -> Days {
        let wanted = |day: &Day| match needs {
            Needs::Only(days) => days.contains(day),
            Needs::All { first } => day >= first,
        };
        let rows = self.days.iter().filter(|(day, _)| wanted(day));
        rows.map(|(day, bytes)| (*day, DayRecord::decode(bytes).unwrap())).collect()
    }

    fn record(&mut self, seen: &Seen) -> [Figures; 4] {
        let mut track = self.track.take().unwrap_or_else(|| Track::new(seen.at_ms));
        let mut days = self.read(&track.needs(seen.at_ms));
        if let Some(from) = track.is_ahead_of(seen.at_ms) {
            self.is_taken_back = true;
            self.runs.retain(|run| run.started_ms < from.start_ms());
            let under_way = track.run.as_ref();
            let is_forgotten = under_way.is_some_and(|run| run.started_ms >= from.start_ms());
            let before = if is_forgotten { self.runs.pop() } else { None };
            self.days.split_off(&from.day());
            track.take_back(from, &mut days, before);
        }
        let probe = Probe {
            at_ms: seen.at_ms,
            status: seen.status,
            response_time_ms: Some(seen.latency_ms),
            found: Found { outcome: seen.outcome, http_status: None, error_message: None },
        };
        let ended = track.record(probe, &mut days);
        self.runs.extend(ended.run);
        if let Some(day) = ended.day {
            self.days.insert(day, days[&day].encode());
            for day in to_compact(&days) {
                self.days.insert(day, days[&day].compacted().encode());
            }
        }
        let figures = track.figures(&days);
        self.track = Some(track);
        figures
    }

    /// What comes back from the database is what was written.
    fn restart(&mut self) {
        if let Some(track) = &mut self.track {
            track.past = Past::decode(&track.past.encode()).unwrap();
            let codes = DayRecord::decode(&track.codes.encode()).unwrap();
            track.codes = codes.codes().unwrap().clone();
        }
    }

    fn all_runs(&self) -> Vec<Run> {
        let open = self.track.iter().filter_map(|track| track.run.clone());
        self.runs.iter().cloned().chain(open).collect()
    }
}

/// The least value that so many of a hundred do not exceed.
fn percentile(sorted: &[u32], of_a_hundred: usize) -> Option<u32> {
    let rank = (sorted.len() * of_a_hundred).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// 2.3 %, and the rounding to whole milliseconds.
fn is_near(kept: Option<u32>, exact: Option<u32>) -> bool {
    match (kept, exact) {
        (Some(kept), Some(exact)) => {
            (f64::from(kept) - f64::from(exact)).abs() <= 0.02302 * f64::from(exact) + 0.5
        }
        (kept, exact) => kept == exact,
    }
}

fn compare(kept: &Kept, figures: [Figures; 4], model: &Model) -> Result<(), TestCaseError> {
    for (figures, window) in figures.iter().zip(Window::ALL) {
        let (counts, latencies) = model.figures(window);
        prop_assert_eq!(figures.counts, counts, "{}", window.name());
        let [p50, p95] = [50, 95].map(|of_a_hundred| percentile(&latencies, of_a_hundred));
        prop_assert!(is_near(figures.latency_p50_ms, p50), "{:?} {p50:?}", figures);
        prop_assert!(is_near(figures.latency_p95_ms, p95), "{:?} {p95:?}", figures);
    }
    let runs = kept.all_runs();
    let told: Vec<_> = runs.iter().map(|run| (run.started_ms, run.status)).collect();
    prop_assert_eq!(told, model.runs());
    for pair in runs.windows(2) {
        prop_assert_eq!(pair[0].ended_ms, Some(pair[1].started_ms));
    }
    let found = incidents(&runs);
    let told: Vec<_> =
        found.iter().map(|one| (one.started_ms, one.ended_ms, one.failed_checks)).collect();
    let exact = model.incidents();
    let times = |all: &[(i64, Option<i64>, u32)]| -> Vec<_> {
        all.iter().map(|one| (one.0, one.1)).collect()
    };
    prop_assert_eq!(times(&told), times(&exact));
    prop_assert!(kept.is_taken_back || told == exact);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn figures_and_incidents_are_those_of_the_list_of_all_probes(
        start_ms in 0_i64..4_000_000_000_000,
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let (mut kept, mut model) = (Kept::default(), Model::default());
        let (mut now_ms, mut ahead_ms) = (start_ms, 0);
        for step in steps {
            match step {
                Step::Gap { ms } => now_ms += ms,
                Step::Jump { ms } if ms >= 0 => now_ms += ms,
                Step::Jump { ms } if ahead_ms - ms <= AHEAD_MS_MAX => {
                    ahead_ms -= ms;
                    now_ms += ms;
                }
                Step::Jump { .. } => {}
                Step::Restart => kept.restart(),
                Step::Probes { every_ms, times, outcome, status, latency_ms } => {
                    let mut figures = [Figures::default(); 4];
                    for number in 0..times {
                        now_ms += every_ms;
                        let spread = u32::try_from(number).unwrap() * 37;
                        let latency_ms = (latency_ms + spread).min(60_000);
                        let seen = Seen { at_ms: now_ms, status, outcome, latency_ms };
                        figures = kept.record(&seen);
                        model.record(seen);
                    }
                    compare(&kept, figures, &model)?;
                }
            }
        }
        let today = kept.track.as_ref().map(|track| track.today);
        let within_reach = |day: &Day| today.is_some_and(|today| *day >= today.minus(89));
        let rows = kept.days.iter().filter(|(day, bytes)| within_reach(day) && bytes[0] != 2);
        prop_assert!(rows.count() <= 34, "too many days keep their slots");
    }
}
