//! What many rounds of one fault came to.

use crate::books::Verdict;
use indicatif::{ProgressBar, ProgressStyle};

/// Findings printed in full.
const PRINTED_MAX: usize = 10;

/// A bar for so many rounds; nothing where there is no terminal.
pub fn progress(what: String, rounds: u64) -> ProgressBar {
    let bar = ProgressBar::new(rounds).with_message(what);
    match ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Counts over all rounds, with a bar on a terminal.
pub struct Tally {
    what: String,
    bar: ProgressBar,
    rounds: u64,
    acknowledged: u64,
    rounds_with_work: u64,
    rounds_with_losses: u64,
    lost: u64,
    findings: Vec<String>,
}

impl Tally {
    /// Nothing yet.
    pub fn new(what: String, rounds: u64) -> Self {
        let bar = progress(what.clone(), rounds);
        let findings = Vec::new();
        let (rounds, acknowledged, rounds_with_work) = (0, 0, 0);
        let (rounds_with_losses, lost) = (0, 0);
        Self {
            what,
            bar,
            rounds,
            acknowledged,
            rounds_with_work,
            rounds_with_losses,
            lost,
            findings,
        }
    }

    /// One more round, which acknowledged so many events before the fault.
    pub fn add(&mut self, acknowledged: usize, verdict: &Verdict) {
        self.bar.inc(1);
        self.rounds += 1;
        self.acknowledged += acknowledged as u64;
        self.rounds_with_work += u64::from(acknowledged > 0);
        self.rounds_with_losses += u64::from(!verdict.lost.is_empty());
        self.lost += verdict.lost.len() as u64;
        for finding in &verdict.findings {
            self.findings.push(format!("round {}: {finding}", self.rounds));
        }
    }

    /// Prints the counts, and says whether nothing was lost and nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.print();
        for finding in self.findings.iter().take(PRINTED_MAX) {
            println!("  {finding}");
        }
        self.lost == 0 && self.findings.is_empty() && self.did_work()
    }

    /// Prints the counts, and says whether something was lost: that the fault is a real one.
    pub fn has_losses(&self) -> bool {
        self.print();
        self.lost > 0
    }

    fn print(&self) {
        self.bar.finish_and_clear();
        println!(
            "{}: {} rounds, {} events acknowledged, {} lost in {} rounds, {} findings",
            self.what,
            self.rounds,
            self.acknowledged,
            self.lost,
            self.rounds_with_losses,
            self.findings.len()
        );
    }

    /// A fault that hits nobody proves nothing.
    fn did_work(&self) -> bool {
        let enough = self.rounds_with_work * 10 >= self.rounds;
        if !enough {
            println!("  only {} rounds acknowledged anything", self.rounds_with_work);
        }
        enough
    }
}
