//! What an endpoint's answer to an unpaid request says, on every rail at once: whether it can be
//! paid, what it costs, and every fault with its fix. A pure function of a recorded answer, so that
//! a command, a directory and a test come to the same result.

mod answer;
mod clients;
mod families;
mod fault;
mod field;
pub mod health;
mod l402;
mod mpp;
mod report;
#[cfg(test)]
mod tests;
mod verdict;
mod x402;

pub use answer::{BODY_LEN_MAX, RecordedAnswer};
pub use clients::Clients;
pub use families::{Family, FamilyReport, families};
pub use fault::{Fault, HttpFault, Severity};
pub use field::field_of;
pub use report::{Offer, Price, Rail, RailReport, Report};
pub use verdict::Verdict;

/// What a report is made for.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Seconds since 1970: what has expired by then cannot be paid.
    pub now_s: u64,
    /// Whether offers in money without a price count as payable: test networks, regtest.
    pub accepts_test_money: bool,
}

/// Classifies an answer. Good input or bad, it always says something.
#[must_use]
pub fn classify(answer: &RecordedAnswer, terms: Terms) -> Report {
    let rails = if answer.status == 402 {
        [l402::check(answer, terms), x402::check(answer, terms), mpp::check(answer, terms)]
            .into_iter()
            .flatten()
            .collect()
    } else {
        Vec::new()
    };
    let verdict = Verdict::of(answer, &rails);
    Report {
        status: answer.status,
        verdict,
        is_payable: verdict == Verdict::Payable,
        message: verdict.message(),
        fix: verdict.fix(),
        faults: fault::of_answer(answer, &rails),
        rails,
    }
}
