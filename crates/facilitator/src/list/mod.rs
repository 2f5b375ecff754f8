//! Facilitators in their order: the first that can does the work.
//!
//! A question may go to the next one when the first does not answer. A settlement may not, unless
//! the first certainly did nothing: otherwise the two could disagree on one payment. Who was asked
//! is written down before, so that the next process asks the same one.

mod at_work;
mod choice;
mod health;

use crate::facilitator::{Facilitator, FacilitatorError};
use async_trait::async_trait;
use at_work::AtWork;
use farebox_store::Store;
use farebox_wire::x402::{
    ErrorCode, FacilitatorRequest, Payment, SettleResponse, SupportedResponse, VerifyResponse,
};
use health::Health;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A settlement that is pending is asked for again after this, so often.
const AGAIN_AFTER: Duration = Duration::from_secs(2);
const AGAIN_MAX: usize = 1;

/// Facilitators in their order.
pub struct FacilitatorList {
    members: Vec<Member>,
    store: Store,
    again_after: Duration,
    /// Of two requests for one payment the second waits: while the first goes on to another
    /// facilitator, it could still reach the one before.
    at_work: AtWork,
}

struct Member {
    name: String,
    facilitator: Arc<dyn Facilitator>,
    health: Mutex<Health>,
}

impl Member {
    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, is_answered: bool) {
        if is_answered {
            self.health().succeeded();
        } else {
            self.health().failed(Instant::now());
            tracing::warn!(facilitator = %self.name, "a facilitator does not answer");
        }
    }

    /// Whether it says that it settles such payments. Who does not say is tried.
    async fn takes(&self, request: &FacilitatorRequest) -> bool {
        let Ok(supported) = self.facilitator.supported().await else {
            self.note(false);
            return true;
        };
        let (version, network) = match &request.payment {
            Payment::V1(payment) => (1, payment.network.as_str()),
            Payment::V2(payment) => (2, payment.accepted.network.as_str()),
        };
        let scheme = request.payment.scheme();
        supported.kinds.iter().any(|kind| {
            kind.x402_version == version && kind.scheme == scheme && kind.network == network
        })
    }
}

impl FacilitatorList {
    /// Facilitators by the names under which choices are remembered; a name must not be given to
    /// another one later. The store needs [`crate::schema`].
    #[must_use]
    pub fn new(
        members: impl IntoIterator<Item = (String, Arc<dyn Facilitator>)>,
        store: Store,
    ) -> Self {
        let member = |(name, facilitator)| Member { name, facilitator, health: Mutex::default() };
        let members = members.into_iter().map(member).collect();
        Self { members, store, again_after: AGAIN_AFTER, at_work: AtWork::default() }
    }

    /// Asks for a pending settlement again after this.
    #[must_use]
    pub const fn asking_again_after(mut self, pause: Duration) -> Self {
        self.again_after = pause;
        self
    }

    /// The names of those that are left alone for now, since they did not answer.
    #[must_use]
    pub fn resting(&self) -> Vec<&str> {
        let now = Instant::now();
        let resting = self.members.iter().filter(|member| member.health().is_resting(now));
        resting.map(|member| member.name.as_str()).collect()
    }

    /// One that was asked before is asked again, and nobody else.
    async fn settle_with(
        &self,
        member: &Member,
        request: &FacilitatorRequest,
    ) -> Result<SettleResponse, FacilitatorError> {
        let mut may_be_done = false;
        for again in 0..=AGAIN_MAX {
            if again > 0 {
                tokio::time::sleep(self.again_after).await;
            }
            let answer = member.facilitator.settle(request).await;
            member.note(answer.is_ok());
            match answer {
                Ok(answer) if is_pending(&answer) => {
                    if again == AGAIN_MAX {
                        return Ok(answer);
                    }
                }
                Err(FacilitatorError::Unknown(_)) if again < AGAIN_MAX => {}
                // The first request may have been acted on, whatever became of the second.
                Err(FacilitatorError::Unavailable(text)) if may_be_done => {
                    return Err(FacilitatorError::Unknown(text));
                }
                Ok(answer) if may_be_done && is_duplicate(&answer) => {
                    return Err(was_told(&answer));
                }
                answer => return answer,
            }
            may_be_done = true;
        }
        Err(FacilitatorError::Unknown("it stays without an answer".to_owned()))
    }

    /// The one that was asked to settle this payment before.
    async fn settle_again(
        &self,
        name: &str,
        request: &FacilitatorRequest,
    ) -> Result<SettleResponse, FacilitatorError> {
        let Some(member) = self.members.iter().find(|member| member.name == name) else {
            tracing::error!(facilitator = name, "a payment is with a facilitator that is gone");
            let text = format!("{name} has the payment and is not configured any more");
            return Err(FacilitatorError::Unknown(text));
        };
        match self.settle_with(member, request).await {
            Err(FacilitatorError::Unavailable(text)) => Err(FacilitatorError::Unknown(text)),
            Ok(answer) if is_duplicate(&answer) => Err(was_told(&answer)),
            other => other,
        }
    }
}

fn is_pending(answer: &SettleResponse) -> bool {
    code(answer.error_reason.as_deref()) == Some(ErrorCode::SettlementPending) && !answer.success
}

fn is_duplicate(answer: &SettleResponse) -> bool {
    code(answer.error_reason.as_deref()) == Some(ErrorCode::DuplicateSettlement) && !answer.success
}

/// The answer that got lost before was a success, as it seems; only the chain can say.
fn was_told(answer: &SettleResponse) -> FacilitatorError {
    let transaction: String = answer.transaction.chars().take(100).collect();
    FacilitatorError::Unknown(format!("it says that {transaction} settled it before"))
}

fn code(reason: Option<&str>) -> Option<ErrorCode> {
    ErrorCode::parse(reason?)
}

/// Codes that say that it does not do such payments at all.
fn is_unsupported(reason: Option<&str>) -> bool {
    let unsupported = [ErrorCode::UnsupportedScheme, ErrorCode::Network, ErrorCode::Version];
    code(reason).is_some_and(|code| unsupported.contains(&code))
}

fn nobody() -> FacilitatorError {
    FacilitatorError::Unavailable("no facilitator takes such payments now".to_owned())
}

#[async_trait]
impl Facilitator for FacilitatorList {
    async fn verify(
        &self,
        request: &FacilitatorRequest,
    ) -> Result<VerifyResponse, FacilitatorError> {
        let mut refusal = None;
        for member in &self.members {
            if !member.health().may_ask(Instant::now()) || !member.takes(request).await {
                continue;
            }
            let answer = member.facilitator.verify(request).await;
            member.note(answer.is_ok());
            match answer {
                Ok(answer)
                    if !answer.is_valid && is_unsupported(answer.invalid_reason.as_deref()) =>
                {
                    refusal = Some(answer);
                }
                Ok(answer) => return Ok(answer),
                Err(_) => {}
            }
        }
        refusal.ok_or_else(nobody)
    }

    async fn settle(
        &self,
        request: &FacilitatorRequest,
    ) -> Result<SettleResponse, FacilitatorError> {
        let unwritten =
            |error: farebox_store::StoreError| FacilitatorError::Unavailable(error.to_string());
        let name = choice::name_of(request);
        let turn = self.at_work.turn(name);
        let _turn = turn.lock().await;
        match choice::find(&self.store, name).await {
            Ok(None) => {}
            Ok(Some(chosen)) => return self.settle_again(&chosen, request).await,
            // Somebody may have been asked before.
            Err(error) => return Err(FacilitatorError::Unknown(error.to_string())),
        }
        let mut refusal = None;
        for member in &self.members {
            if !member.health().may_ask(Instant::now()) || !member.takes(request).await {
                continue;
            }
            let chosen = choice::choose(&self.store, name, member.name.clone()).await;
            let chosen = chosen.map_err(unwritten)?;
            if chosen != member.name {
                return self.settle_again(&chosen, request).await;
            }
            let answer = self.settle_with(member, request).await;
            match answer {
                Ok(answer) if !answer.success && is_unsupported(answer.error_reason.as_deref()) => {
                    refusal = Some(answer);
                }
                Err(FacilitatorError::Unavailable(_)) => {}
                answer => return answer,
            }
            choice::give_up(&self.store, name, member.name.clone()).await.map_err(unwritten)?;
        }
        refusal.ok_or_else(nobody)
    }

    async fn supported(&self) -> Result<SupportedResponse, FacilitatorError> {
        let mut all = SupportedResponse::default();
        for member in &self.members {
            let Ok(one) = member.facilitator.supported().await else { continue };
            let new = one.kinds.into_iter().filter(|kind| !all.kinds.contains(kind));
            let new: Vec<_> = new.collect();
            all.kinds.extend(new);
            for (network, signers) in one.signers {
                all.signers.entry(network).or_default().extend(signers);
            }
        }
        Ok(all)
    }
}
