//! Figures, for people and as JSON.

use serde_json::{Value, json};
use std::time::Duration;

/// The machine, and how busy it was.
pub struct Machine {
    processor: String,
    cores: usize,
    kernel: String,
    pub load_average: String,
}

impl Machine {
    pub fn now() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let info = read("/proc/cpuinfo");
        let model = info.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.unwrap_or_default().trim_start_matches(['\t', ':', ' ']);
        Self {
            processor: model.to_owned(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_average: read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" "),
        }
    }

    pub fn print(&self) {
        let Self { processor, cores, kernel, load_average } = self;
        println!("{processor}, {cores} cores, Linux {kernel}, load average {load_average}\n");
    }

    pub fn to_json(&self) -> Value {
        json!({
            "processor": self.processor,
            "cores": self.cores,
            "kernel": self.kernel,
            "load_average": self.load_average,
        })
    }
}

/// What one subject did, over all of its turns.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    pub done: u64,
    pub failed: u64,
    pub elapsed: Duration,
    /// Processor time that the subject used, not the load.
    pub processor: Duration,
    /// In microseconds.
    pub latencies_us: Vec<u32>,
    /// Bytes that the subject wrote to files.
    pub written: u64,
    /// Its memory before and after, in KiB.
    pub memory_kib: Option<(u64, u64)>,
}

impl Figure {
    /// Adds another turn.
    pub fn add(&mut self, turn: Self) {
        self.done += turn.done;
        self.failed += turn.failed;
        self.elapsed += turn.elapsed;
        self.processor += turn.processor;
        self.latencies_us.extend(turn.latencies_us);
        self.written += turn.written;
        self.memory_kib = match (self.memory_kib, turn.memory_kib) {
            (Some((first, _)), Some((_, last))) => Some((first, last)),
            (first, turn) => first.or(turn),
        };
    }

    fn per_second(&self) -> f64 {
        self.done as f64 / self.elapsed.as_secs_f64()
    }

    /// For each second of processor time.
    fn per_core(&self) -> Option<f64> {
        let seconds = self.processor.as_secs_f64();
        (seconds > 0.0).then_some(self.done as f64 / seconds)
    }

    fn percentile_ms(&self, percent: usize) -> Option<f64> {
        let mut sorted = self.latencies_us.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(index).map(|us| f64::from(*us) / 1_000.0)
    }
}

/// Subjects that did the same.
pub struct Group {
    pub title: String,
    /// The first is Farebox.
    pub rows: Vec<(String, Figure)>,
}

impl Group {
    pub fn print(&self) {
        println!("{}", self.title);
        println!(
            "  {:<46}{:>10}{:>8}{:>14}{:>8}{:>8}{:>9}{:>12}{:>18}",
            "",
            "a second",
            "times",
            "a core-second",
            "times",
            "p50 ms",
            "p99 ms",
            "written/op",
            "memory KiB"
        );
        for (name, figure) in &self.rows {
            let memory = figure.memory_kib;
            let shown = |value: Option<f64>, digits| {
                value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
            };
            println!(
                "  {name:<46}{:>10.0}{:>8}{:>14}{:>8}{:>8}{:>9}{:>12.0}{:>18}",
                figure.per_second(),
                shown(self.times(figure, |figure| Some(figure.per_second())), 2),
                shown(figure.per_core(), 0),
                shown(self.times(figure, Figure::per_core), 2),
                shown(figure.percentile_ms(50), 2),
                shown(figure.percentile_ms(99), 2),
                figure.written as f64 / figure.done as f64,
                memory.map_or_else(|| "-".to_owned(), |(from, to)| format!("{from} > {to}")),
            );
            if figure.failed > 0 {
                println!("    {} of {} FAILED", figure.failed, figure.done + figure.failed);
            }
        }
        println!();
    }

    /// How many times as much the first one does.
    fn times(&self, figure: &Figure, of: impl Fn(&Figure) -> Option<f64>) -> Option<f64> {
        let (_, first) = self.rows.first()?;
        Some(of(first)? / of(figure)?)
    }

    pub fn to_json(&self) -> Value {
        let row = |(name, figure): &(String, Figure)| {
            json!({
                "name": name,
                "done": figure.done,
                "failed": figure.failed,
                "per_second": figure.per_second(),
                "per_core_second": figure.per_core(),
                "first_times_this": self.times(figure, |figure| Some(figure.per_second())),
                "first_times_this_per_core": self.times(figure, Figure::per_core),
                "p50_ms": figure.percentile_ms(50),
                "p99_ms": figure.percentile_ms(99),
                "written_bytes_each": figure.written as f64 / figure.done as f64,
                "memory_kib": figure.memory_kib,
            })
        };
        json!({"title": self.title, "rows": self.rows.iter().map(row).collect::<Vec<_>>()})
    }
}
