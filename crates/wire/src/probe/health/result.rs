//! What a look at an endpoint comes to.

use super::super::{Clients, Offer, Rail};
use super::{Cause, Reason};
use crate::l402::TokenForm;
use serde::Serialize;

/// Whether an endpoint can be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Some offer can be paid now.
    Healthy,
    /// It is alive, and cannot be paid as it is, or should not.
    Degraded,
    /// Nothing is there, or nothing came three times in a row.
    Down,
    /// The look says nothing about it.
    Unknown,
}

impl State {
    /// In lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }

    pub(super) const fn of_payable(is_payable: bool) -> Self {
        if is_payable { Self::Healthy } else { Self::Degraded }
    }
}

/// What a look at an endpoint comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    /// The endpoint's.
    pub state: State,
    /// What the look came to, for a history.
    pub cause: Cause,
    /// The rails that are offered, well or badly.
    pub rails: Vec<RailHealth>,
    /// Why, what matters most first.
    pub reasons: Vec<Reason>,
    /// L402: what its challenge is like; `None` where none is offered.
    pub l402: Option<L402Marks>,
    /// x402: the same.
    pub x402: Option<X402Marks>,
}

impl Classification {
    /// The rails that can be paid.
    #[must_use]
    pub fn payable(&self) -> Vec<Rail> {
        self.rails.iter().filter(|rail| rail.is_payable).map(|rail| rail.rail).collect()
    }
}

/// One rail of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RailHealth {
    /// Which.
    #[serde(serialize_with = "rail_name")]
    pub rail: Rail,
    /// Healthy or degraded.
    #[serde(rename = "health")]
    pub state: State,
    /// Whether some offer of it can be paid.
    #[serde(rename = "payable")]
    pub is_payable: bool,
    /// The ways to pay, in the seller's order.
    pub offers: Vec<OfferHealth>,
    /// Who can pay it; empty when nobody can.
    pub clients: Clients,
}

fn rail_name<S: serde::Serializer>(rail: &Rail, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(rail.name())
}

/// One way to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfferHealth {
    /// As it was read; whether it is payable is judged against the listing as well.
    #[serde(flatten)]
    pub offer: Offer,
    /// Healthy or degraded.
    #[serde(rename = "health")]
    pub state: State,
    /// The codes of what keeps it from being paid.
    pub reasons: Vec<&'static str>,
}

/// What an L402 challenge is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct L402Marks {
    /// How its token is written; `None` without one.
    pub format: Option<TokenForm>,
    /// Whether lnget, and clients that look for the same one form, can read it.
    pub is_lnget_compatible: bool,
    /// Whether it follows the specification to the letter.
    pub is_compliant: bool,
    /// The code of the first reason why not.
    pub degrade_reason: Option<&'static str>,
}

/// What an x402 challenge is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct X402Marks {
    /// Whether some requirement is valid and can be paid, whatever the listing says.
    pub is_payment_valid: bool,
    /// Whether some requirement is in a token that clients know.
    pub is_asset_known: bool,
}
