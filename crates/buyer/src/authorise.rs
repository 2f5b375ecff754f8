//! Asks the money rules, and whoever they say is to be asked, before a payment.

use crate::BuyError;
use crate::approval::{ApprovalState, Parked};
use crate::hook;
use crate::observer::Step;
use crate::rules::{Decision, Denial};
use crate::run::Run;
use crate::spend::Spend;
use crate::store::{Authority, Verdict, now_s};
use std::time::Duration;

/// How often an answer is looked for.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

impl Run<'_> {
    /// What `spend` is decided by, with everything that has to be asked of others.
    pub(crate) async fn authority(&self, spend: Spend) -> Result<Authority, BuyError> {
        let policy = self.buyer.policy.clone();
        let rate = match self.buyer.rate().await {
            Ok(rate) => rate,
            Err(reason) => {
                let text = format!("the price of bitcoin is not known: {reason}");
                self.observer.step(&Step::Warning(&text));
                None
            }
        };
        let approval_id = new_approval_id().map_err(BuyError::Random)?;
        Ok(Authority { policy, rate, spend, approval_id })
    }

    /// As [`Run::authority`], once the hook of the policy has allowed it too.
    pub(crate) async fn authority_to_pay(&self, spend: Spend) -> Result<Authority, BuyError> {
        let authority = self.authority(spend).await?;
        if let Some(hook) = &authority.policy.hook {
            // Nobody is bothered with what is forbidden anyway.
            if let Decision::Deny(denial) = self.buyer.store.preview(authority.clone()).await? {
                return Err(BuyError::Denied(denial));
            }
            let asked = hook::ask(hook, &authority.spend, now_s()).await;
            asked.map_err(|reason| BuyError::Denied(Denial::Hook(reason)))?;
        }
        Ok(authority)
    }

    /// Decides anew on a payment that an earlier run reserved and that was never sent.
    pub(crate) async fn authorise_again(&self, spend: Spend) -> Result<(), BuyError> {
        let mut authority = self.authority_to_pay(spend).await?;
        loop {
            match self.buyer.store.authorise_again(authority.clone()).await? {
                Verdict::Allowed { .. } => return Ok(()),
                Verdict::Denied(denial) => return Err(BuyError::Denied(denial)),
                Verdict::Waiting(parked) => self.wait_for_approval(&parked).await?,
            }
            authority.approval_id = new_approval_id().map_err(BuyError::Random)?;
        }
    }

    /// Waits until a human has said yes, where this get is to wait at all.
    pub(crate) async fn wait_for_approval(&self, parked: &Parked) -> Result<(), BuyError> {
        let Parked { id, expires_at, reason } = parked;
        if !self.limits.approval_wait {
            return Err(BuyError::ApprovalRequired(parked.clone()));
        }
        self.observer.step(&Step::ApprovalWaiting { id, reason, expires_at: *expires_at });
        loop {
            let approval = self.buyer.store.approval(id).await?;
            match approval.map(|approval| (approval.state, approval.expires_at)) {
                Some((ApprovalState::Denied, _)) => {
                    return Err(BuyError::Denied(Denial::ByHuman { id: id.clone() }));
                }
                Some((ApprovalState::Approved | ApprovalState::Used, _)) => return Ok(()),
                Some((ApprovalState::Waiting, expires_at)) if now_s() < expires_at => {}
                _ => return Err(BuyError::Denied(Denial::Unanswered { id: id.clone() })),
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

/// Short enough to be typed, and of no use to whoever guesses it.
fn new_approval_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}
