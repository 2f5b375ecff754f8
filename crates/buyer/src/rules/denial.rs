//! Why a payment is refused, or asked about.

use super::limit::Limit;
use super::window::Window;
use farebox_money::Msat;
use std::fmt;

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
    /// Whether it follows from what was spent or reserved before.
    #[must_use]
    pub const fn is_about_the_past(&self) -> bool {
        matches!(self, Self::OverBudget { .. } | Self::TooManyCalls { .. })
    }

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
