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

/// What one server does wrong. Everything is off at first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan {
    pub payments: Option<Fault>,
    pub others: Option<Fault>,
    /// Preimages prove nothing.
    pub wrong_preimage: bool,
    /// Invoices are made over one satoshi more.
    pub wrong_amount: bool,
    /// One satoshi less arrives than the invoice was over.
    pub settles_short: bool,
    pub settlements_twice: bool,
    /// Payments are said to have been made before, and are not carried out.
    pub already_paid: bool,
    /// Payments fail, and say so in what looks like a success.
    pub fails_in_success: bool,
    /// What a payment costs on top, in millisatoshis.
    pub fee_msat: u64,
    /// No socket, no notices.
    pub is_silent: bool,
    /// A payment has come in and is held.
    pub holds_incoming: bool,
    /// A node like phoenixd that takes a fee limit.
    pub takes_fee_limit: bool,
}

/// A request of Nostr Wallet Connect, as far as it is not encrypted, and its method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub method: String,
    pub encryption: Option<String>,
    /// Seconds until it expires.
    pub expires_in: Option<u64>,
}

/// Switches of one server; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Script {
    plan: Arc<Mutex<Plan>>,
    /// Payments that were asked for.
    pub payments: Arc<AtomicUsize>,
    /// The fee limit of the last payment, in millisatoshis; `NO_LIMIT` when it had none.
    pub fee_limit_msat: Arc<AtomicU64>,
    /// Sockets for notices that were opened with the right credential.
    pub sockets: Arc<AtomicUsize>,
    /// What a wallet behind a relay was sent.
    pub envelopes: Arc<Mutex<Vec<Envelope>>>,
}

/// No fee limit was sent.
pub const NO_LIMIT: u64 = u64::MAX;

impl Script {
    pub fn change(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.plan.lock().unwrap());
    }

    pub fn plan(&self) -> Plan {
        *self.plan.lock().unwrap()
    }

    pub fn fail_payments(&self, fault: Fault) {
        self.change(|plan| plan.payments = Some(fault));
    }

    pub fn fail_others(&self, fault: Fault) {
        self.change(|plan| plan.others = Some(fault));
    }

    /// Nothing is wrong any more.
    pub fn heal(&self) {
        self.change(|plan| {
            *plan = Plan { takes_fee_limit: plan.takes_fee_limit, ..Plan::default() }
        });
    }

    pub fn payment_count(&self) -> usize {
        self.payments.load(Ordering::SeqCst)
    }

    /// Counts a request and says what becomes of it.
    pub fn next(&self, is_payment: bool) -> Option<Fault> {
        let plan = self.plan();
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
