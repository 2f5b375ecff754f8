//! A facilitator with a chain of its own, which can misbehave on command.

use async_trait::async_trait;
use farebox_facilitator::{Facilitator, FacilitatorError};
use farebox_wire::evm::{Address, B256, TransferAuthorization};
use farebox_wire::x402::{
    FacilitatorRequest, Payer, SettleResponse, SupportedResponse, Timing, VerifyResponse,
    verify_exact,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a payment is verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtVerify {
    #[default]
    Honest,
    Down,
    Refuse,
}

/// How a payment is settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtSettle {
    #[default]
    Honest,
    /// It does nothing and says so.
    Down,
    /// It settles, and the answer gets lost.
    Lost,
    /// It settles, and says so many times that it does not know yet.
    Pending(usize),
    /// It does nothing and refuses.
    Refuse,
    /// It settles and never answers.
    Hang,
}

/// The chain: which authorizations were carried out, with which transaction.
pub struct FakeFacilitator {
    pub at_verify: Mutex<AtVerify>,
    pub at_settle: Mutex<AtSettle>,
    pub verified: AtomicUsize,
    /// How often it was asked to settle.
    pub settle_calls: AtomicUsize,
    /// The most that were settling at the same moment.
    pub settling_max: AtomicUsize,
    settling: AtomicUsize,
    pub settle_ms: AtomicU64,
    /// The first who asks whether a payment is good waits for this to be false.
    pub holds_first: AtomicBool,
    used: Mutex<HashMap<(Address, B256), (TransferAuthorization, String)>>,
    clock: Arc<AtomicU64>,
}

impl FakeFacilitator {
    pub fn new(clock: Arc<AtomicU64>) -> Self {
        Self {
            at_verify: Mutex::default(),
            at_settle: Mutex::default(),
            verified: AtomicUsize::new(0),
            settle_calls: AtomicUsize::new(0),
            settling_max: AtomicUsize::new(0),
            settling: AtomicUsize::new(0),
            settle_ms: AtomicU64::new(0),
            holds_first: AtomicBool::new(false),
            used: Mutex::default(),
            clock,
        }
    }

    pub fn verifies(&self, how: AtVerify) {
        *self.at_verify.lock().unwrap() = how;
    }

    pub fn settles(&self, how: AtSettle) {
        *self.at_settle.lock().unwrap() = how;
    }

    /// How many transfers there were on the chain: each moved money.
    pub fn transfers(&self) -> usize {
        self.used.lock().unwrap().len()
    }

    pub fn settle_calls(&self) -> usize {
        self.settle_calls.load(Ordering::SeqCst)
    }

    /// How many settlements never came to an end.
    pub fn hanging(&self) -> usize {
        self.settling.load(Ordering::SeqCst)
    }

    fn check(&self, request: &FacilitatorRequest) -> Result<TransferAuthorization, String> {
        let now_s = self.clock.load(Ordering::SeqCst);
        let timing = Timing { now_s, margin_s: 0, validity_max_s: None };
        verify_exact(&request.payment, &request.requirements, timing, Payer::Account)
            .map(|verified| verified.authorization)
            .map_err(|error| error.to_string())
    }

    fn knows(&self, request: &FacilitatorRequest) -> bool {
        let shown = request.payment.exact_evm().unwrap().authorization;
        self.used.lock().unwrap().contains_key(&(shown.from, shown.nonce))
    }

    /// Carries a payment out, once: the same again has the same transaction.
    fn carry_out(&self, request: &FacilitatorRequest) -> SettleResponse {
        let refused = |reason: &str| SettleResponse {
            success: false,
            error_reason: Some(reason.to_owned()),
            ..SettleResponse::default()
        };
        let mut used = self.used.lock().unwrap();
        let shown = request.payment.exact_evm().unwrap().authorization;
        let key = (shown.from, shown.nonce);
        let transaction = match used.get(&key) {
            Some((known, transaction)) if *known == shown => transaction.clone(),
            Some(_) => return refused("invalid_exact_evm_nonce_already_used"),
            None => match self.check(request) {
                Err(reason) => return refused(&reason),
                Ok(authorization) => {
                    let transaction = format!("0x{:064x}", used.len() + 1);
                    used.insert(key, (authorization, transaction.clone()));
                    transaction
                }
            },
        };
        SettleResponse { success: true, transaction, ..SettleResponse::default() }
    }
}

#[async_trait]
impl Facilitator for FakeFacilitator {
    async fn verify(
        &self,
        request: &FacilitatorRequest,
    ) -> Result<VerifyResponse, FacilitatorError> {
        let is_first = self.verified.fetch_add(1, Ordering::SeqCst) == 0;
        while is_first && self.holds_first.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let how = *self.at_verify.lock().unwrap();
        if how == AtVerify::Down {
            return Err(FacilitatorError::Unavailable("switched off".to_owned()));
        }
        let is_used = self.knows(request);
        let outcome = match self.check(request) {
            _ if how == AtVerify::Refuse => Err("insufficient_funds".to_owned()),
            Ok(_) if is_used => Err("invalid_exact_evm_nonce_already_used".to_owned()),
            outcome => outcome.map(|_| ()),
        };
        Ok(VerifyResponse {
            is_valid: outcome.is_ok(),
            invalid_reason: outcome.err(),
            ..VerifyResponse::default()
        })
    }

    async fn settle(
        &self,
        request: &FacilitatorRequest,
    ) -> Result<SettleResponse, FacilitatorError> {
        self.settle_calls.fetch_add(1, Ordering::SeqCst);
        let at_once = self.settling.fetch_add(1, Ordering::SeqCst) + 1;
        self.settling_max.fetch_max(at_once, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(self.settle_ms.load(Ordering::SeqCst))).await;
        let how = *self.at_settle.lock().unwrap();
        let outcome = match how {
            AtSettle::Honest => Ok(self.carry_out(request)),
            AtSettle::Down => Err(FacilitatorError::Unavailable("switched off".to_owned())),
            AtSettle::Lost => {
                self.carry_out(request);
                Err(FacilitatorError::Unknown("the connection broke".to_owned()))
            }
            // What was carried out is not refused afterwards.
            AtSettle::Refuse if self.knows(request) => Ok(self.carry_out(request)),
            AtSettle::Refuse => Ok(SettleResponse {
                success: false,
                error_reason: Some("insufficient_funds".to_owned()),
                ..SettleResponse::default()
            }),
            AtSettle::Pending(0) => Ok(self.carry_out(request)),
            AtSettle::Pending(times) => {
                self.settles(AtSettle::Pending(times - 1));
                self.carry_out(request);
                Ok(SettleResponse {
                    success: false,
                    error_reason: Some("settlement_pending".to_owned()),
                    ..SettleResponse::default()
                })
            }
            AtSettle::Hang => {
                self.carry_out(request);
                std::future::pending().await
            }
        };
        self.settling.fetch_sub(1, Ordering::SeqCst);
        outcome
    }

    async fn supported(&self) -> Result<SupportedResponse, FacilitatorError> {
        Ok(SupportedResponse::default())
    }
}
