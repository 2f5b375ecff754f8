//! The decision on a payment, in the transaction that reserves it: two processes never both
//! count on what is left for one.

use super::approvals::{self, Asked};
use super::{Store, now_s, spends, sums};
use crate::approval::Parked;
use crate::rules::{Decision, Denial, Moment, Policy, decide};
use crate::spend::Spend;
use farebox_money::BtcUsd;
use farebox_store::StoreError;
use farebox_store::rusqlite::Connection;

/// What a payment is decided by.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) policy: Policy,
    pub(crate) rate: Option<BtcUsd>,
    pub(crate) spend: Spend,
    /// Names the question, where there is one.
    pub(crate) approval_id: String,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed { rule: String, approval: Option<String> },
    Denied(Denial),
    Waiting(Parked),
}

impl Authority {
    fn decide(&self, connection: &Connection, now: u64) -> Result<Decision, StoreError> {
        let rule = self.policy.rule_for(&self.spend, now);
        let history = sums::history(connection, &self.policy, &rule, &self.spend, now)?;
        Ok(decide(&self.policy, &history, &self.spend, Moment { now, rate: self.rate }))
    }

    pub(super) fn authorise(&self, connection: &Connection) -> Result<Verdict, StoreError> {
        let now = now_s();
        let allowed = |approval| Verdict::Allowed {
            rule: self.policy.rule_for(&self.spend, now).name,
            approval,
        };
        let reason = match self.decide(connection, now)? {
            Decision::Allow => return Ok(allowed(None)),
            Decision::Deny(denial) => return Ok(Verdict::Denied(denial)),
            Decision::Ask(reason) => reason,
        };
        if let Some(earlier) = spends::approval_of(connection, &self.spend)? {
            return Ok(allowed(Some(earlier)));
        }
        let (id, timeout) = (&self.approval_id, self.policy.approval_timeout);
        Ok(match approvals::ask(connection, &self.spend, &reason, id, timeout, now)? {
            Asked::Approved(id) => allowed(Some(id)),
            Asked::Waiting(parked) => Verdict::Waiting(parked),
            Asked::Denied(id) => Verdict::Denied(Denial::ByHuman { id }),
            Asked::TooMany => Verdict::Denied(Denial::TooManyQuestions),
        })
    }
}

impl Store {
    /// What would be decided now; nothing is written.
    pub(crate) async fn preview(&self, authority: Authority) -> Result<Decision, StoreError> {
        self.database.read(move |connection| authority.decide(connection, now_s())).await
    }

    /// Decides anew on a payment that is reserved and was never sent.
    pub(crate) async fn authorise_again(
        &self,
        authority: Authority,
    ) -> Result<Verdict, StoreError> {
        let write = move |connection: &Connection| {
            let verdict = authority.authorise(connection)?;
            if let Verdict::Allowed { approval: Some(id), .. } = &verdict {
                spends::approve(connection, &authority.spend.payment_key, id)?;
            }
            Ok(verdict)
        };
        self.database.write(write).await
    }

    /// A payment as it was reserved.
    pub(crate) async fn spend(&self, payment_key: String) -> Result<Spend, StoreError> {
        let query = move |connection: &Connection| {
            spends::find(connection, &payment_key).map(|(spend, _)| spend)
        };
        self.database.read(query).await
    }
}
