//! What was spent before, as far as a decision needs it.

use super::limit::Limit;
use super::window::Window;
use crate::spend::{Charge, Spend};
use farebox_money::{MicroUsd, Msat};

/// What several payments come to. What is reserved counts as spent, with its fee at the worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Bitcoin, fees included.
    pub msat: Msat,
    /// What tokens were worth.
    pub usd: MicroUsd,
    /// How many payments.
    pub calls: u64,
}

impl Sum {
    /// What one payment comes to at most; `None` when its worth is not known.
    pub(crate) fn of(spend: &Spend) -> Option<Self> {
        let (msat, usd) = match &spend.charge {
            Charge::Lightning(amount) => (*amount, MicroUsd::new(0)),
            Charge::Token { worth, .. } => (Msat::ZERO, (*worth)?),
        };
        Some(Self { msat: msat.checked_add(spend.fee_max)?, usd, calls: 1 })
    }

    /// Both together; `None` past every amount.
    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        Some(Self {
            msat: self.msat.checked_add(other.msat)?,
            usd: MicroUsd::new(self.usd.get().checked_add(other.usd.get())?),
            calls: self.calls.checked_add(other.calls)?,
        })
    }

    /// The amount of `limit`'s money that it is at least, for messages.
    pub(super) fn shown(&self, limit: Limit) -> Limit {
        match limit {
            Limit::Bitcoin(_) => Limit::Bitcoin(self.msat),
            Limit::Dollars(_) => Limit::Dollars(self.usd),
        }
    }
}

/// What was spent in the current window of each length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// This hour.
    pub hour: Sum,
    /// This day.
    pub day: Sum,
    /// This week.
    pub week: Sum,
    /// This month.
    pub month: Sum,
}

impl Spent {
    /// In the current window of one length.
    #[must_use]
    pub const fn within(&self, window: Window) -> &Sum {
        match window {
            Window::Hour => &self.hour,
            Window::Day => &self.day,
            Window::Week => &self.week,
            Window::Month => &self.month,
        }
    }

    pub(crate) const fn within_mut(&mut self, window: Window) -> &mut Sum {
        match window {
            Window::Hour => &mut self.hour,
            Window::Day => &mut self.day,
            Window::Week => &mut self.week,
            Window::Month => &mut self.month,
        }
    }
}

/// What was spent before one payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// In all.
    pub total: Spent,
    /// Under the rule that the payment falls under.
    pub rule: Spent,
    /// Under that rule, at the payment's host.
    pub host: Spent,
    /// Whether this host was ever paid.
    pub host_is_known: bool,
}
