//! Random histories of one signed payment, against what must hold at every moment.

use crate::shop::Answer;
use crate::support::stall::paid;
use crate::support::{AtSettle, AtVerify, Stall};
use farebox_wire::x402::Payment;
use http::StatusCode;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tower::ServiceExt;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// The payment is shown, so many times at once.
    Show { copies: usize, verify: AtVerify, settle: AtSettle, handler_fails: bool },
    /// The payment is shown for another request.
    ShowElsewhere,
    /// The process dies while a settlement is on its way.
    DieSettling,
    /// The process dies between requests.
    Die,
}

fn step() -> impl Strategy<Value = Step> {
    let verify = prop_oneof![
        4 => Just(AtVerify::Honest),
        1 => Just(AtVerify::Down),
        1 => Just(AtVerify::Refuse),
    ];
    let settle = prop_oneof![
        3 => Just(AtSettle::Honest),
        1 => Just(AtSettle::Down),
        2 => Just(AtSettle::Lost),
        1 => Just(AtSettle::Pending(1)),
        1 => Just(AtSettle::Refuse),
    ];
    let show = (1_usize..4, verify, settle, any::<bool>()).prop_map(
        |(copies, verify, settle, handler_fails)| Step::Show {
            copies,
            verify,
            settle,
            handler_fails,
        },
    );
    prop_oneof![
        6 => show,
        1 => Just(Step::ShowElsewhere),
        1 => Just(Step::DieSettling),
        1 => Just(Step::Die),
    ]
}

/// A payment, and what its payer has seen.
struct History {
    stall: Stall,
    uri: &'static str,
    payment: Payment,
    answers: usize,
    shown: usize,
}

impl History {
    async fn begin(uri: &'static str) -> Self {
        let stall = Stall::open().await;
        let payment = stall.sign(uri).await;
        Self { stall, uri, payment, answers: 0, shown: 0 }
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Show { copies, verify, settle, handler_fails } => {
                self.stall.facilitator.verifies(*verify);
                self.stall.facilitator.settles(*settle);
                self.stall.kitchen.fails.store(*handler_fails, Ordering::SeqCst);
                self.shown += copies;
                let shown = (0..*copies).map(|_| self.stall.pay(self.uri, &self.payment));
                let mut answers = futures_util::future::join_all(shown).await;
                answers.sort_by_key(|answer| answer.status);
                for answer in answers {
                    self.check(&answer, step);
                }
            }
            // Who shows it first has bought with it; from then on it is good for nothing else.
            Step::ShowElsewhere if self.stall.redemption_rows().await > 0 => {
                self.behave();
                let served = self.stall.served();
                let answer = self.stall.pay("/other?elsewhere", &self.payment).await;
                assert!(!answer.status.is_success(), "used for another request");
                assert_eq!(self.stall.served(), served, "{step:?}");
            }
            Step::ShowElsewhere => {}
            Step::DieSettling => self.die_settling().await,
            Step::Die => self.stall.crash().await,
        }
        let transfers = self.stall.facilitator.transfers();
        assert!(transfers <= 1, "one signature moved money twice");
        assert!(transfers == 1 || self.answers == 0, "an answer without its money");
    }

    fn behave(&self) {
        self.stall.facilitator.verifies(AtVerify::Honest);
        self.stall.facilitator.settles(AtSettle::Honest);
        self.stall.kitchen.fails.store(false, Ordering::SeqCst);
    }

    async fn die_settling(&mut self) {
        self.behave();
        self.shown += 1;
        self.stall.facilitator.settles(AtSettle::Hang);
        let request = paid("GET", self.uri, &self.payment, "");
        let calls = self.stall.facilitator.settle_calls();
        let mut answer = tokio::spawn(self.stall.router.clone().oneshot(request));
        while self.stall.facilitator.settle_calls() == calls && !answer.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let _ = tokio::time::timeout(Duration::from_millis(1), &mut answer).await;
        answer.abort();
        self.stall.crash().await;
    }

    fn check(&mut self, answer: &Answer, step: &Step) {
        let has_paid = self.stall.facilitator.transfers() == 1;
        if answer.status == StatusCode::OK {
            assert!(has_paid, "{step:?}: an answer before its money");
            self.answers += 1;
        }
        let asks_again = answer.status == StatusCode::PAYMENT_REQUIRED;
        // A stream is not kept, and made again a few times only: those under way count.
        let is_used_up = self.uri == "/ticker" && self.shown > 5;
        assert!(
            !(asks_again && has_paid) || is_used_up,
            "{step:?}: asked to pay again: {}",
            answer.code()
        );
        assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.text());
    }

    /// In the end everything works again, and the payer gets what the payment buys.
    async fn end(mut self) {
        self.behave();
        for _ in 0..3 {
            self.shown += 1;
            let answer = self.stall.pay(self.uri, &self.payment).await;
            self.check(&answer, &Step::Die);
        }
        assert!(self.answers > 0, "paid and never answered");
        assert_eq!(self.stall.facilitator.transfers(), 1);
        let moments = self.stall.facilitator.settling_max.load(Ordering::SeqCst);
        assert!(moments <= 1 + self.stall.facilitator.hanging(), "settled twice at once");
    }
}

fn holds_on(uri: &'static str) {
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    let steps = prop::collection::vec(step(), 1..7);
    TestRunner::new(config)
        .run(&steps, |steps| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let mut history = History::begin(uri).await;
                for step in &steps {
                    history.take(step).await;
                }
                history.end().await;
            });
            Ok(())
        })
        .unwrap();
}

#[test]
fn whatever_happens_one_signature_moves_money_once_and_buys_its_answer() {
    holds_on("/dish");
}

#[test]
fn whatever_happens_to_a_route_that_is_paid_first() {
    holds_on("/ticker");
}

#[test]
fn whatever_happens_to_a_route_that_is_bought_for_a_time() {
    holds_on("/pass");
}
