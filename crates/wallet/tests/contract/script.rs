//! What a server is told to do wrong.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Longer than any client reads.
const HUGE: usize = 9 << 20;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is carried out, and then nobody answers.
    Hang,
    /// It is carried out, and then the connection breaks.
    Reset,
    /// It is carried out, and the answer is none.
    Garbage,
    /// It is carried out, and the answer comes after more than any client reads.
    Huge,
    /// It is not carried out, and the answer says only that something broke.
    Broken,
}

/// All faults.
pub const FAULTS: [Fault; 5] =
    [Fault::Hang, Fault::Reset, Fault::Garbage, Fault::Huge, Fault::Broken];

#[derive(Debug, Default)]
struct Plan {
    payments: Option<Fault>,
    others: Option<Fault>,
    wrong_preimage: bool,
    wrong_amount: bool,
    settlements_twice: bool,
}

/// Switches of one server; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Script {
    plan: Arc<Mutex<Plan>>,
    /// Payments that were asked for.
    pub payments: Arc<AtomicUsize>,
    /// The fee limit of the last payment, in millisatoshis.
    pub fee_limit_msat: Arc<AtomicU64>,
}

impl Script {
    fn change(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.plan.lock().unwrap());
    }

    pub fn fail_payments(&self, fault: Fault) {
        self.change(|plan| plan.payments = Some(fault));
    }

    pub fn fail_others(&self, fault: Fault) {
        self.change(|plan| plan.others = Some(fault));
    }

    /// No more faults.
    pub fn heal(&self) {
        self.change(|plan| (plan.payments, plan.others) = (None, None));
    }

    pub fn lie_about_preimages(&self) {
        self.change(|plan| plan.wrong_preimage = true);
    }

    /// Invoices are made over one satoshi more.
    pub fn lie_about_amounts(&self) {
        self.change(|plan| plan.wrong_amount = true);
    }

    pub fn tell_settlements_twice(&self) {
        self.change(|plan| plan.settlements_twice = true);
    }

    pub fn lies_about_preimages(&self) -> bool {
        self.plan.lock().unwrap().wrong_preimage
    }

    pub fn lies_about_amounts(&self) -> bool {
        self.plan.lock().unwrap().wrong_amount
    }

    pub fn tells_settlements_twice(&self) -> bool {
        self.plan.lock().unwrap().settlements_twice
    }

    pub fn payment_count(&self) -> usize {
        self.payments.load(Ordering::SeqCst)
    }

    /// Counts a request and says what becomes of it.
    pub fn next(&self, is_payment: bool) -> Option<Fault> {
        let plan = self.plan.lock().unwrap();
        if is_payment {
            self.payments.fetch_add(1, Ordering::SeqCst);
        }
        if is_payment { plan.payments } else { plan.others }
    }
}

/// A middleware that breaks what goes through it as `script` says.
pub async fn misbehave(
    script: Script,
    is_payment: fn(&Request) -> bool,
    request: Request,
    next: Next,
) -> Response {
    let Some(fault) = script.next(is_payment(&request)) else {
        return next.run(request).await;
    };
    let response = match fault {
        Fault::Broken => StatusCode::BAD_GATEWAY.into_response(),
        _ => next.run(request).await,
    };
    match fault {
        Fault::Hang => std::future::pending().await,
        Fault::Reset => {
            let broken = io::Error::from(io::ErrorKind::ConnectionReset);
            let chunks = futures_util::stream::iter([Err::<Bytes, _>(broken)]);
            Body::from_stream(chunks).into_response()
        }
        Fault::Garbage => "<html>garbage".into_response(),
        Fault::Huge => swollen(response),
        Fault::Broken => response,
    }
}

/// An answer that could be read if it were not for all that is before it.
fn swollen(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    let spaces = futures_util::stream::iter([Ok(Bytes::from(vec![b' '; HUGE]))]);
    Response::from_parts(head, Body::from_stream(spaces.chain(body.into_data_stream())))
}
