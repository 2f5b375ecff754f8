//! Subjects of one thread, which take turns.

use crate::Args;
use crate::report::Figure;
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// One thing to do: `true` when it went well.
pub type Once<'a> = Box<dyn FnMut() -> bool + 'a>;

/// How often something is done between two looks at the clock.
const BATCH: u32 = 64;

/// Runs each subject again and again for its turn, all of them in every round.
pub fn run<'a>(args: &Args, mut subjects: Vec<(String, Once<'a>)>) -> Vec<(String, Figure)> {
    let mut figures = vec![Figure::default(); subjects.len()];
    for _ in 0..args.rounds {
        for ((_, once), figure) in subjects.iter_mut().zip(&mut figures) {
            figure.add(turn(once, args.turn()));
        }
    }
    subjects.into_iter().map(|(name, _)| name).zip(figures).collect()
}

fn turn(once: &mut Once<'_>, time: Duration) -> Figure {
    let (begun, processor) = (Instant::now(), thread_time());
    let mut figure = Figure::default();
    while begun.elapsed() < time {
        for _ in 0..BATCH {
            match once() {
                true => figure.done += 1,
                false => figure.failed += 1,
            }
        }
    }
    figure.elapsed = begun.elapsed();
    figure.processor = thread_time().saturating_sub(processor);
    figure
}

/// Processor time of this thread.
fn thread_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or_default())
}
