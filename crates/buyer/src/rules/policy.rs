//! A policy as it is in force.

use super::limit::Limit;
use super::pattern::{HostPattern, PayeePattern};
use super::rates::RateSource;
use super::token::KnownToken;
use super::window::{Calendar, Window};
use crate::spend::{Charge, Rail, Spend};
use farebox_money::{MicroUsd, Msat};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// What one call may cost where nobody said anything else.
pub(super) const CALL_DEFAULT: Msat = Msat::new(1_000_000);
/// What a payment may cost in fees where nobody said anything else.
const FEE_DEFAULT: Msat = Msat::new(100_000);
/// From where on a human is asked who did not say from where.
pub(super) const ASK_DEFAULT: MicroUsd = MicroUsd::new(1_000_000);
/// The same where no rate is known.
pub(super) const ASK_DEFAULT_SATS: Msat = Msat::new(1_000_000);
/// How long an approval is waited for where nobody said anything else.
pub(super) const APPROVAL_TIMEOUT: Duration = Duration::from_secs(600);

/// What a rule does with what it matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Pays within its limits.
    #[default]
    Allow,
    /// Asks the human each time.
    Ask,
    /// Never pays.
    Deny,
}

impl Action {
    /// As written in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// From which cost on the human is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AskAbove {
    /// One dollar, or 1,000 satoshis where no rate is known.
    #[default]
    Default,
    /// Never for the cost.
    Never,
    /// Above any of these.
    Any(Vec<Limit>),
}

/// Limits on what is spent in a stretch of time. All of them hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Amounts.
    pub amounts: Vec<(Window, Limit)>,
    /// Numbers of payments.
    pub calls: Vec<(Window, u64)>,
}

impl Caps {
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.amounts.is_empty() && self.calls.is_empty()
    }
}

/// One rule: what it matches, and what then holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Names it in messages, and its sums.
    pub name: String,
    /// Any of these hosts; any host where there are none.
    pub hosts: Vec<HostPattern>,
    /// Any of these payees; any payee where there are none.
    pub payees: Vec<PayeePattern>,
    /// Any of these rails; any rail where there are none.
    pub rails: Vec<Rail>,
    /// Any of these methods; any method where there are none.
    pub methods: Vec<String>,
    /// In force until then, in seconds since 1970.
    pub until: Option<u64>,
    /// What it does.
    pub action: Action,
    /// What one call may cost, the fee aside; all of them hold. Where there are none, an allowing
    /// rule allows [`CALL_DEFAULT`] over Lightning and no tokens.
    pub call: Vec<Limit>,
    /// What one call may cost in fees.
    pub fee: Option<Msat>,
    /// The same in percent of the amount.
    pub fee_percent: Option<u32>,
    /// On what this rule spends.
    pub caps: Caps,
    /// On what this rule spends at each host.
    pub each_host: Caps,
    /// From where on the human is asked.
    pub ask_above: AskAbove,
    /// Whether the human is asked for a host that was never paid.
    pub ask_new_hosts: bool,
}

impl Rule {
    /// What holds where no rule matches.
    pub(crate) fn fallback() -> Self {
        Self {
            name: "default".to_owned(),
            hosts: Vec::new(),
            payees: Vec::new(),
            rails: Vec::new(),
            methods: Vec::new(),
            until: None,
            action: Action::Allow,
            call: Vec::new(),
            fee: None,
            fee_percent: None,
            caps: Caps::default(),
            each_host: Caps::default(),
            ask_above: AskAbove::Default,
            ask_new_hosts: false,
        }
    }

    fn matches(&self, spend: &Spend, now: u64) -> bool {
        let in_force = self.until.is_none_or(|until| now < until);
        let host = self.hosts.is_empty() || self.hosts.iter().any(|host| host.matches(&spend.url));
        let is_payee = |payee: &str| self.payees.iter().any(|pattern| pattern.matches(payee));
        let payee = self.payees.is_empty() || spend.payee.as_deref().is_some_and(is_payee);
        let rail = self.rails.is_empty() || self.rails.contains(&spend.rail);
        let method = self.methods.is_empty() || self.methods.contains(&spend.method);
        in_force && host && payee && rail && method
    }

    /// The most that a payment may cost in fees.
    pub(super) fn fee_ceiling(&self, charge: &Charge) -> Msat {
        let fee = self.fee.unwrap_or(FEE_DEFAULT);
        let (Some(percent), Charge::Lightning(amount)) = (self.fee_percent, charge) else {
            return fee;
        };
        let share = u128::from(amount.get()) * u128::from(percent) / 100;
        fee.min(Msat::new(u64::try_from(share).unwrap_or(u64::MAX)))
    }
}

/// Somebody who is asked before each payment.
#[derive(Clone, PartialEq, Eq)]
pub struct Hook {
    /// Gets a POST before each payment.
    pub url: Url,
    /// Sent as `Authorization: Bearer …`.
    pub secret: Option<String>,
    /// How long the answer is waited for.
    pub timeout: Duration,
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hook").field("url", &self.url.origin().ascii_serialization()).finish()
    }
}

/// The rules of one human. Without a file, what [`Policy::default`] says holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// How the clock is read.
    pub calendar: Calendar,
    /// Nothing is paid from then on, in seconds since 1970.
    pub expires: Option<u64>,
    /// On everything together.
    pub total: Caps,
    /// The first that matches decides.
    pub rules: Vec<Rule>,
    /// How long an approval is waited for, and how long a given one is good.
    pub approval_timeout: Duration,
    /// Where the price of a bitcoin comes from.
    pub rate: Option<RateSource>,
    /// Who is asked before each payment.
    pub hook: Option<Hook>,
    /// Tokens that may be paid in beside those that the program knows.
    pub tokens: Vec<KnownToken>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            calendar: Calendar::default(),
            expires: None,
            total: Caps::default(),
            rules: Vec::new(),
            approval_timeout: APPROVAL_TIMEOUT,
            rate: None,
            hook: None,
            tokens: Vec::new(),
        }
    }
}

impl Policy {
    /// The rule that a payment falls under at `now`, in seconds since 1970.
    #[must_use]
    pub fn rule_for(&self, spend: &Spend, now: u64) -> Rule {
        let matching = self.rules.iter().find(|rule| rule.matches(spend, now));
        matching.cloned().unwrap_or_else(Rule::fallback)
    }

    /// The most that a payment may cost in fees at `now`: what its caller allows is narrowed to
    /// this before anything is decided.
    #[must_use]
    pub fn fee_ceiling(&self, spend: &Spend, now: u64) -> Msat {
        self.rule_for(spend, now).fee_ceiling(&spend.charge)
    }

    /// The longest that a sum goes back, in seconds since 1970.
    pub(crate) fn first_second(&self, now: u64) -> u64 {
        let starts = Window::ALL.map(|window| self.calendar.start(window, now));
        starts.into_iter().min().unwrap_or(0)
    }
}
