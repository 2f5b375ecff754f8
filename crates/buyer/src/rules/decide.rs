//! The decision on one payment. Pure.

use super::history::{History, Spent, Sum};
use super::limit::Limit;
use super::policy::{ASK_DEFAULT, ASK_DEFAULT_SATS, CALL_DEFAULT};
use super::policy::{Action, AskAbove, Caps, Policy, Rule};
use super::window::Window;
use crate::spend::{Charge, Spend};
use farebox_money::{BtcUsd, Msat};
use std::fmt;

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

/// Whose sum a limit is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything that is spent.
    Total,
    /// What is spent under one rule.
    Rule(String),
    /// What is spent under a rule at one host.
    Host(String),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Total => f.write_str("everything together"),
            Self::Rule(name) => write!(f, "rule {name:?}"),
            Self::Host(host) => write!(f, "host {host}"),
        }
    }
}

/// Why a policy forbids a payment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The policy is over.
    #[error("the policy has expired")]
    Expired,
    /// A rule says so.
    #[error("rule {rule:?} of the policy denies {host}")]
    Rule {
        /// The rule.
        rule: String,
        /// The host.
        host: String,
    },
    /// Tokens are paid only where a rule says how much.
    #[error("no rule of the policy says what may be paid in {asset}")]
    TokensNotAllowed {
        /// The token.
        asset: String,
    },
    /// No limit could count it.
    #[error("what {asset} is worth in dollars is not known, so that no limit can count it")]
    WorthUnknown {
        /// The token.
        asset: String,
    },
    /// A limit and a payment are in different money, and nothing to convert with.
    #[error(
        "the limit of {limit} on {scope} cannot be held against other money without the price of bitcoin"
    )]
    NoRate {
        /// Whose limit.
        scope: Scope,
        /// The limit.
        limit: Limit,
    },
    /// One call costs too much.
    #[error("it costs {charge}, more than the {limit} that {scope} of the policy allows a call")]
    CallTooExpensive {
        /// Whose limit.
        scope: Scope,
        /// What it costs.
        charge: String,
        /// The limit.
        limit: Limit,
    },
    /// The fee can be too high.
    #[error("its fee may be {fee}, more than the {limit} that rule {rule:?} of the policy allows")]
    FeeTooHigh {
        /// The rule.
        rule: String,
        /// The most that it may cost in fees.
        fee: Msat,
        /// The limit.
        limit: Msat,
    },
    /// Too much was spent before.
    #[error(
        "it costs {charge} and up to {fee} in fees, more than is left of the {limit} a {} on {scope} (spent or reserved: {spent})", .window.name()
    )]
    OverBudget {
        /// Whose limit.
        scope: Scope,
        /// For how long it holds.
        window: Window,
        /// The limit.
        limit: Limit,
        /// What was spent before.
        spent: Limit,
        /// What it costs.
        charge: String,
        /// The most that it may cost in fees.
        fee: Msat,
    },
    /// Too many payments were made before.
    #[error("{scope} has {limit} payments a {} and all are used", .window.name())]
    TooManyCalls {
        /// Whose limit.
        scope: Scope,
        /// For how long it holds.
        window: Window,
        /// The limit.
        limit: u64,
    },
    /// Past every amount.
    #[error("the amount is more than can be counted")]
    TooLarge,
    /// The human was asked and said no.
    #[error("a human has denied it (approval {id})")]
    ByHuman {
        /// The question.
        id: String,
    },
    /// The human was asked and said nothing.
    #[error("nobody approved it in time (approval {id})")]
    Unanswered {
        /// The question.
        id: String,
    },
    /// The human is asked too much already.
    #[error("it needs an approval, and too many others wait for one")]
    TooManyQuestions,
    /// The hook of the policy said no, or did not say yes.
    #[error("the hook of the policy does not allow it: {0}")]
    Hook(String),
}

impl Denial {
    /// Stable, lower case with underscores: what programs compare.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Expired => "policy_expired",
            Self::Rule { .. } => "policy_denied",
            Self::TokensNotAllowed { .. } => "policy_no_rule",
            Self::WorthUnknown { .. } => "worth_unknown",
            Self::NoRate { .. } => "rate_unknown",
            Self::CallTooExpensive { .. } => "payment_too_expensive",
            Self::FeeTooHigh { .. } => "fee_too_high",
            Self::OverBudget { .. } | Self::TooManyCalls { .. } => "over_budget",
            Self::TooLarge => "amount_too_large",
            Self::ByHuman { .. } => "approval_denied",
            Self::Unanswered { .. } => "approval_timeout",
            Self::TooManyQuestions => "too_many_approvals",
            Self::Hook(_) => "hook_denied",
        }
    }
}

/// Why the human is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskReason {
    /// A rule says so.
    Rule(String),
    /// It costs more than goes unasked.
    Above(Limit),
    /// The host was never paid.
    NewHost(String),
}

impl fmt::Display for AskReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => write!(f, "rule {rule:?} asks each time"),
            Self::Above(limit) => write!(f, "it costs more than {limit}"),
            Self::NewHost(host) => write!(f, "{host} was never paid before"),
        }
    }
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
