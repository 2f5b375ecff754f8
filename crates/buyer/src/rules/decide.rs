//! The decision on one payment. Pure.

use super::denial::{AskReason, Denial, Scope};
use super::history::{History, Spent, Sum};
use super::limit::Limit;
use super::policy::{ASK_DEFAULT, ASK_DEFAULT_SATS, CALL_DEFAULT};
use super::policy::{Action, AskAbove, Caps, Policy, Rule};
use crate::spend::{Charge, Spend};
use farebox_money::{BtcUsd, Msat};

/// What the outside world is at the time of a decision.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Seconds since 1970.
    pub now: u64,
    /// The price of a bitcoin, where it is known.
    pub rate: Option<BtcUsd>,
}

/// What follows from a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may be paid.
    Allow,
    /// It is not paid, whatever anybody answers.
    Deny(Denial),
    /// The human is asked.
    Ask(AskReason),
}

/// Whether `policy` allows `spend` after `history`. What is forbidden stays forbidden, whatever
/// the human would answer: a refusal comes before a question.
#[must_use]
pub fn decide(policy: &Policy, history: &History, spend: &Spend, moment: Moment) -> Decision {
    let rule = policy.rule_for(spend, moment.now);
    let verdict = Checker { policy, rule: &rule, history, spend, moment }.check();
    match verdict {
        Err(denial) => Decision::Deny(denial),
        Ok(Some(reason)) => Decision::Ask(reason),
        Ok(None) => Decision::Allow,
    }
}

struct Checker<'a> {
    policy: &'a Policy,
    rule: &'a Rule,
    history: &'a History,
    spend: &'a Spend,
    moment: Moment,
}

impl Checker<'_> {
    fn check(&self) -> Result<Option<AskReason>, Denial> {
        if self.policy.expires.is_some_and(|expires| self.moment.now >= expires) {
            return Err(Denial::Expired);
        }
        if self.rule.action == Action::Deny {
            return Err(Denial::Rule { rule: self.rule.name.clone(), host: self.spend.host() });
        }
        let cost = self.cost()?;
        self.check_call()?;
        self.check_fee()?;
        let rule = Scope::Rule(self.rule.name.clone());
        self.check_caps(&self.policy.total, &self.history.total, &cost, &Scope::Total)?;
        self.check_caps(&self.rule.caps, &self.history.rule, &cost, &rule)?;
        let host = Scope::Host(self.spend.host());
        self.check_caps(&self.rule.each_host, &self.history.host, &cost, &host)?;
        self.reason_to_ask()
    }

    /// With the fee at its worst: what windows count.
    fn cost(&self) -> Result<Sum, Denial> {
        if let Charge::Token { asset, worth: None, .. } = &self.spend.charge {
            return Err(Denial::WorthUnknown { asset: asset.clone() });
        }
        Sum::of(self.spend).ok_or(Denial::TooLarge)
    }

    /// Without the fee: what a price is compared with.
    fn price(&self) -> Result<Sum, Denial> {
        let spend = Spend { fee_max: Msat::ZERO, ..self.spend.clone() };
        Sum::of(&spend).ok_or(Denial::TooLarge)
    }

    fn check_call(&self) -> Result<(), Denial> {
        let price = self.price()?;
        let scope = || Scope::Rule(self.rule.name.clone());
        let default = [Limit::Bitcoin(CALL_DEFAULT)];
        let limits = match (&self.rule.call, self.rule.action) {
            (limits, _) if !limits.is_empty() => limits.as_slice(),
            (_, Action::Ask) => &[],
            _ => match &self.spend.charge {
                Charge::Lightning(_) => &default,
                Charge::Token { asset, .. } => {
                    return Err(Denial::TokensNotAllowed { asset: asset.clone() });
                }
            },
        };
        for limit in limits.iter().copied() {
            let measured = self.measure(limit, &price, scope)?;
            if limit.is_below(measured) {
                let charge = self.spend.charge.to_string();
                return Err(Denial::CallTooExpensive { scope: scope(), charge, limit });
            }
        }
        Ok(())
    }

    fn check_fee(&self) -> Result<(), Denial> {
        let (fee, limit) = (self.spend.fee_max, self.rule.fee_ceiling(&self.spend.charge));
        if fee > limit {
            return Err(Denial::FeeTooHigh { rule: self.rule.name.clone(), fee, limit });
        }
        Ok(())
    }

    fn check_caps(
        &self,
        caps: &Caps,
        spent: &Spent,
        cost: &Sum,
        scope: &Scope,
    ) -> Result<(), Denial> {
        for (window, limit) in caps.calls.iter().copied() {
            if spent.within(window).calls >= limit {
                return Err(Denial::TooManyCalls { scope: scope.clone(), window, limit });
            }
        }
        for (window, limit) in caps.amounts.iter().copied() {
            let before = spent.within(window);
            let after = before.plus(cost).ok_or(Denial::TooLarge)?;
            let measured = self.measure(limit, &after, || scope.clone())?;
            if limit.is_below(measured) {
                let spent = limit.spent(before, self.moment.rate);
                return Err(Denial::OverBudget {
                    scope: scope.clone(),
                    window,
                    limit,
                    spent: spent.unwrap_or_else(|| before.shown(limit)),
                    charge: self.spend.charge.to_string(),
                    fee: self.spend.fee_max,
                });
            }
        }
        Ok(())
    }

    fn measure(
        &self,
        limit: Limit,
        sum: &Sum,
        scope: impl FnOnce() -> Scope,
    ) -> Result<Option<Limit>, Denial> {
        let measured = limit.measure(sum, self.moment.rate);
        measured.map_err(|_| Denial::NoRate { scope: scope(), limit })
    }

    fn reason_to_ask(&self) -> Result<Option<AskReason>, Denial> {
        if self.rule.action == Action::Ask {
            return Ok(Some(AskReason::Rule(self.rule.name.clone())));
        }
        let price = self.price()?;
        for limit in self.unasked() {
            let measured = self.measure(limit, &price, || Scope::Rule(self.rule.name.clone()))?;
            if limit.is_below(measured) {
                return Ok(Some(AskReason::Above(limit)));
            }
        }
        let is_new = self.rule.ask_new_hosts && !self.history.host_is_known;
        Ok(is_new.then(|| AskReason::NewHost(self.spend.host())))
    }

    /// What goes without a question.
    fn unasked(&self) -> Vec<Limit> {
        let is_token = matches!(self.spend.charge, Charge::Token { .. });
        match &self.rule.ask_above {
            AskAbove::Never => Vec::new(),
            AskAbove::Any(limits) => limits.clone(),
            AskAbove::Default if is_token || self.moment.rate.is_some() => {
                vec![Limit::Dollars(ASK_DEFAULT)]
            }
            AskAbove::Default => vec![Limit::Bitcoin(ASK_DEFAULT_SATS)],
        }
    }
}

#[cfg(test)]
mod tests;
