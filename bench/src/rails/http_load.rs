//! The load: connections that each send one request at a time, and what they did to a program.

use crate::client::Connection;
use crate::process::Program;
use crate::report::Figure;
use crate::{Args, Failed};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A turn of a number of requests ends by then.
const TURN_MAX: Duration = Duration::from_secs(120);

/// What a subject is asked.
#[derive(Clone)]
pub struct Target {
    pub name: String,
    pub address: String,
    /// The status that counts as done.
    pub status: u16,
    /// What the body must have to count as done.
    pub says: &'static str,
    /// The request of a number; `None` when there are no more.
    pub request: Arc<dyn Fn(u64) -> Option<Vec<u8>> + Send + Sync>,
    /// What is asked next, over all turns.
    pub next: Arc<AtomicU64>,
}

impl Target {
    /// Each request is made from its number.
    pub fn numbered(
        name: &str,
        address: &str,
        status: u16,
        request: impl Fn(u64) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_owned(),
            address: address.to_owned(),
            status,
            says: "",
            request: Arc::new(request),
            next: Arc::default(),
        }
    }

    /// The same request again and again.
    pub fn same(name: &str, address: &str, status: u16, request: Vec<u8>) -> Self {
        Self::numbered(name, address, status, move |_| Some(request.clone()))
    }

    /// The same, of which only answers with this text count.
    pub fn saying(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    /// Each request once.
    pub fn once_each(name: &str, address: &str, status: u16, requests: Vec<Vec<u8>>) -> Self {
        let request = move |number| requests.get(usize::try_from(number).ok()?).cloned();
        Self::numbered(name, address, status, request)
    }
}

/// Lets the targets take turns; each is served by a program.
pub async fn alternate(
    args: &Args,
    targets: &[(Target, &Program)],
) -> Result<Vec<(String, Figure)>, Failed> {
    let mut figures: Vec<_> =
        targets.iter().map(|(target, _)| (target.name.clone(), Figure::default())).collect();
    for (target, _) in targets {
        // Whoever compiles while running has had its time to.
        run(target, args.connections, args.turn() / 2, u64::MAX).await?;
    }
    for _ in 0..args.rounds {
        for ((target, program), (_, figure)) in targets.iter().zip(&mut figures) {
            let turn = measured(target, program, args.connections, args.turn(), u64::MAX).await?;
            figure.add(turn);
        }
    }
    Ok(figures)
}

/// The same for targets that run out of requests: each turn has its share of `len` of them.
pub async fn alternate_shares(
    args: &Args,
    targets: &[(Target, &Program)],
    connections: usize,
    len: usize,
) -> Result<Vec<(String, Figure)>, Failed> {
    let mut figures: Vec<_> =
        targets.iter().map(|(target, _)| (target.name.clone(), Figure::default())).collect();
    let share = u64::try_from(len / args.rounds.max(1))?;
    for _ in 0..args.rounds {
        for ((target, program), (_, figure)) in targets.iter().zip(&mut figures) {
            figure.add(measured(target, program, connections, TURN_MAX, share).await?);
        }
    }
    Ok(figures)
}

/// One turn, with what the program used for it.
pub async fn measured(
    target: &Target,
    program: &Program,
    connections: usize,
    time: Duration,
    requests_max: u64,
) -> Result<Figure, Failed> {
    let before = program.usage()?;
    let mut figure = run(target, connections, time, requests_max).await?;
    let after = program.usage()?;
    figure.processor = after.processor.saturating_sub(before.processor);
    figure.written = after.written.saturating_sub(before.written);
    figure.memory_kib = Some((before.memory_kib, after.memory_kib));
    Ok(figure)
}

/// Asks until `time` is over, `requests_max` were asked, or there are no more.
async fn run(
    target: &Target,
    connections: usize,
    time: Duration,
    requests_max: u64,
) -> Result<Figure, Failed> {
    let begun = Instant::now();
    let left = Arc::new(AtomicU64::new(requests_max));
    let tasks: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(connection(target.clone(), begun + time, Arc::clone(&left))))
        .collect();
    let mut figure = Figure::default();
    for task in tasks {
        figure.add(task.await??);
    }
    figure.elapsed = begun.elapsed();
    Ok(figure)
}

async fn connection(
    target: Target,
    until: Instant,
    left: Arc<AtomicU64>,
) -> Result<Figure, Failed> {
    let mut connection = Connection::open(&target.address).await?;
    let mut figure = Figure::default();
    while Instant::now() < until {
        let is_left = |left: u64| left.checked_sub(1);
        if left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, is_left).is_err() {
            break;
        }
        let number = target.next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = (target.request)(number) else { break };
        let asked = Instant::now();
        let answer = connection.exchange(&request).await;
        let answer = answer.map_err(|error| format!("{}: {error}", target.name))?;
        let says = target.says.as_bytes();
        let is_said = says.is_empty() || answer.body.windows(says.len()).any(|text| text == says);
        let is_done = answer.status == target.status && is_said;
        if !is_done && figure.failed == 0 {
            let text = String::from_utf8_lossy(answer.body).chars().take(200).collect::<String>();
            eprintln!("{}: {} {text}", target.name, answer.status);
        }
        figure.done += u64::from(is_done);
        figure.failed += u64::from(!is_done);
        let us = u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX);
        figure.latencies_us.push(us);
    }
    Ok(figure)
}
