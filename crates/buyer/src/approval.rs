//! Questions to the human behind a buyer.

use crate::spend::Rail;
use farebox_money::Msat;

/// A question, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Names it.
    pub id: String,
    /// What was answered.
    pub state: ApprovalState,
    /// How it would be paid.
    pub rail: Rail,
    /// The request's method.
    pub method: String,
    /// The address that asks to be paid.
    pub url: String,
    /// Its host.
    pub host: String,
    /// SHA-256 of the request's body.
    pub body_sha256: [u8; 32],
    /// Who would get it.
    pub payee: Option<String>,
    /// The money.
    pub asset: String,
    /// As much of it as an answer is good for, in its smallest unit.
    pub units_max: u128,
    /// As much in fees as an answer is good for.
    pub fee_max: Msat,
    /// The amount for people.
    pub amount: String,
    /// Why it is asked.
    pub reason: String,
    /// Seconds since 1970.
    pub created_at: u64,
    /// From then on no answer is a no, and a yes is used up; in seconds since 1970.
    pub expires_at: u64,
}

/// What was answered to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalState {
    /// Nothing yet.
    Waiting,
    /// Yes, and it was not paid yet.
    Approved,
    /// No.
    Denied,
    /// Yes, and a payment has used it up.
    Used,
}

impl ApprovalState {
    const ALL: [Self; 4] = [Self::Waiting, Self::Approved, Self::Denied, Self::Used];

    /// As stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Used => "used",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Approval {
    /// What is true of it at `now`, in seconds since 1970, in one word.
    #[must_use]
    pub const fn status(&self, now: u64) -> &'static str {
        match self.state {
            ApprovalState::Waiting | ApprovalState::Approved if self.expires_at <= now => "expired",
            state => state.name(),
        }
    }
}

/// A payment that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Names the question.
    pub id: String,
    /// From then on no answer is a no; in seconds since 1970.
    pub expires_at: u64,
    /// Why it is asked.
    pub reason: String,
}
