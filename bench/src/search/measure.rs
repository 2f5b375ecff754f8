//! How long answers take, and how many there are in a second.

use crate::Failed;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long one answer took, on the clock and of the thread's processor time; each sorted.
pub struct Latencies {
    wall: Vec<Duration>,
    processor: Vec<Duration>,
}

impl Latencies {
    /// Answers each question once, after some to warm up.
    pub fn of<Q>(
        questions: &[Q],
        mut answer: impl FnMut(&Q) -> Result<usize, Failed>,
    ) -> Result<Self, Failed> {
        for question in questions.iter().take(questions.len() / 10) {
            answer(question)?;
        }
        let (mut wall, mut processor) = (Vec::new(), Vec::new());
        for question in questions {
            let (begun, used) = (Instant::now(), processor_time());
            std::hint::black_box(answer(question)?);
            wall.push(begun.elapsed());
            processor.push(processor_time().saturating_sub(used));
        }
        wall.sort_unstable();
        processor.sort_unstable();
        Ok(Self { wall, processor })
    }

    pub fn to_json(&self) -> Value {
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        json!({
            "p50_us": us(percentile(&self.wall, 50)),
            "p99_us": us(percentile(&self.wall, 99)),
            "longest_us": us(percentile(&self.wall, 100)),
            "processor_p50_us": us(percentile(&self.processor, 50)),
            "processor_p99_us": us(percentile(&self.processor, 99)),
            "processor_mean_us": us(self.processor.iter().sum::<Duration>()) / self.processor.len() as f64,
        })
    }
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or_default()
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Answers a second of so many threads, all questions in turn.
pub fn per_second<Q: Sync>(
    threads: usize,
    time: Duration,
    questions: &[Q],
    answer: impl Fn(&Q) -> usize + Sync,
) -> f64 {
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed) % questions.len();
                    if let Some(question) = questions.get(number) {
                        std::hint::black_box(answer(question));
                    }
                }
            });
        }
        std::thread::sleep(time);
        is_over.store(true, Ordering::Relaxed);
    });
    next.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}
